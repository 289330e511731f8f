import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { Transport } from '../controllers/dns/index.ts';
import { answerStream, STREAM_LIMITS, type StreamLimits } from './dns-stream.ts';

/** Gives the bytes that go back for the bytes of a message; undefined: nothing does. */
export type Respond = (bytes: Uint8Array, transport: Transport) => Uint8Array | undefined;

/** Sockets that answer, until they are closed. */
export interface DnsSockets {
  readonly address: string;
  /** The same for UDP and TCP. */
  readonly port: number;
  /** Ends all connections, whatever they are at. */
  readonly close: () => Promise<void>;
}

export interface SocketLimits extends StreamLimits {
  /** Open TCP connections; with one more the one that has been silent the longest is ended. */
  readonly connections: number;
}

export const SOCKET_LIMITS: SocketLimits = { ...STREAM_LIMITS, connections: 256 };

/** Tries to find a port that is free for both, where any port will do. */
const TRIES = 20;

/**
 * Answers DNS on UDP and TCP of one port; port 0 takes one that is free. Rejects with what `bind` says: EADDRINUSE,
 * EACCES, EADDRNOTAVAIL. What a client sends, or does not read, never ends it and keeps it from nobody else.
 */
export async function openDnsSockets(
  address: string,
  port: number,
  respond: Respond,
  limits: SocketLimits = SOCKET_LIMITS,
): Promise<DnsSockets> {
  for (let tries = 1; ; tries++) {
    const udp = await bindUdp(address, port, respond);
    const chosen = udp.address().port;
    try {
      const tcp = await listenTcp(address, chosen, respond, limits);
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
        // Nothing can be sent to port 0, from which a raw socket can send.
        if (at === 0) return;
        const answer = respond(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), 'UDP');
        if (answer !== undefined) udp.send(answer, at, to, () => undefined);
      });
      done(udp);
    });
  });
}

interface TcpServer {
  readonly server: Server;
  /** The one that was silent the longest first. */
  readonly connections: Set<Socket>;
}

function listenTcp(
  address: string,
  port: number,
  respond: Respond,
  limits: SocketLimits,
): Promise<TcpServer> {
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const [oldest] = connections;
    if (oldest !== undefined && connections.size >= limits.connections) {
      connections.delete(oldest);
      oldest.destroy();
    }
    connections.add(socket);
    socket.on('close', () => void connections.delete(socket));
    const answered = (bytes: Uint8Array): Uint8Array | undefined => {
      // Now the one that spoke last.
      connections.delete(socket);
      connections.add(socket);
      return respond(bytes, 'TCP');
    };
    answerStream(socket, answered, limits);
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

/** No connection is taken once the listening socket is closed; those that were are ended, not waited for. */
async function closeBoth(udp: UdpSocket, { server, connections }: TcpServer): Promise<void> {
  const closed = [
    new Promise<void>((done) => void server.close(() => done())),
    new Promise<void>((done) => void udp.close(() => done())),
  ];
  for (const socket of connections) socket.destroy();
  await Promise.all(closed);
}
