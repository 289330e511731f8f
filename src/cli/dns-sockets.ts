import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { Transport } from '../controllers/dns/index.ts';

/** Gives the bytes that go back for the bytes of a message; undefined: nothing does. */
export type Respond = (bytes: Uint8Array, transport: Transport) => Uint8Array | undefined;

/** Sockets that answer, until they are closed. */
export interface DnsSockets {
  readonly address: string;
  /** The same for UDP and TCP. */
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** A connection on which nothing comes any more is closed (CoreDNS: 10 s). */
const IDLE = 10_000;
/** Tries to find a port that is free for both, where any port will do. */
const TRIES = 20;

/**
 * Answers DNS on UDP and TCP of one port; port 0 takes one that is free. Rejects with what `bind` says: EADDRINUSE,
 * EACCES, EADDRNOTAVAIL. What a client sends never ends it.
 */
export async function openDnsSockets(address: string, port: number, respond: Respond): Promise<DnsSockets> {
  for (let tries = 1; ; tries++) {
    const udp = await bindUdp(address, port, respond);
    const chosen = udp.address().port;
    try {
      const tcp = await listenTcp(address, chosen, respond);
      return { address, port: chosen, close: () => closeBoth(udp, tcp) };
    } catch (error) {
      await new Promise<void>((done) => void udp.close(() => done()));
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (port !== 0 || !taken || tries === TRIES) throw error;
    }
  }
}

function bindUdp(address: string, port: number, respond: Respond): Promise<UdpSocket> {
  return new Promise((done, failed) => {
    const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    udp.once('error', failed);
    udp.bind({ address, port, exclusive: true }, () => {
      udp.off('error', failed);
      // An ICMP error about an earlier answer: its client has gone.
      udp.on('error', () => undefined);
      udp.on('message', (bytes, { address: to, port: at }) => {
        const answer = respond(bytesOf(bytes), 'UDP');
        if (answer !== undefined) udp.send(answer, at, to, () => undefined);
      });
      done(udp);
    });
  });
}

interface TcpServer {
  readonly server: Server;
  readonly connections: ReadonlySet<Socket>;
}

function listenTcp(address: string, port: number, respond: Respond): Promise<TcpServer> {
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => void connections.delete(socket));
    // ECONNRESET and the like: the client has gone.
    socket.on('error', () => void socket.destroy());
    socket.setTimeout(IDLE, () => void socket.destroy());
    answerStream(socket, respond);
  });
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen({ host: address, port, exclusive: true }, () => {
      server.off('error', failed);
      server.on('error', () => undefined);
      done({ server, connections });
    });
  });
}

/** Messages with their length before them, as many as come (RFC 1035 section 4.2.2, RFC 7766). */
function answerStream(socket: Socket, respond: Respond): void {
  let waiting = new Uint8Array(0);
  socket.on('data', (chunk: Buffer) => {
    waiting = joined(waiting, bytesOf(chunk));
    let at = 0;
    for (;;) {
      const length = ((waiting[at] ?? 0) << 8) | (waiting[at + 1] ?? 0);
      if (waiting.length < at + 2 + length || waiting.length < at + 2) break;
      const answer = respond(waiting.subarray(at + 2, at + 2 + length), 'TCP');
      at += 2 + length;
      if (answer === undefined) continue;
      socket.write(joined(Uint8Array.of(answer.length >> 8, answer.length & 0xff), answer));
    }
    waiting = waiting.slice(at);
  });
}

function bytesOf(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function closeBoth(udp: UdpSocket, { server, connections }: TcpServer): Promise<void> {
  return new Promise((done) => {
    for (const socket of connections) socket.destroy();
    udp.close(() => server.close(() => done()));
  });
}
