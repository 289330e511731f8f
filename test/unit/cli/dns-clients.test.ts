import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type DnsSockets, openDnsSockets, SOCKET_LIMITS } from '../../../src/cli/dns-sockets.ts';
import { respond } from '../../../src/controllers/dns/index.ts';
import { type DnsMessage, emitDns, parseDns } from '../../../src/wire/dns/index.ts';

const RECORDS = Array.from({ length: 6000 }, (_, i) => ({
  name: 'big.example.',
  ttl: 30,
  type: 'A' as const,
  data: `198.51.${Math.floor(i / 250)}.${i % 250}`,
}));

/** Answers as they were made: the same query has the same id here. */
const made = new Map<string, Uint8Array | undefined>();

function answers(bytes: Uint8Array, transport: 'UDP' | 'TCP'): Uint8Array | undefined {
  const key = `${transport} ${Buffer.from(bytes).toString('hex')}`;
  const known = made.get(key) ?? answerTo(bytes, transport);
  made.set(key, known);
  return known;
}

/** Answers big.example with 6,000 addresses, everything else with one. */
function answerTo(bytes: Uint8Array, transport: 'UDP' | 'TCP'): Uint8Array | undefined {
  return respond(
    ({ name }) => ({
      rcode: 'NOERROR',
      authoritative: true,
      answer: name === 'big.example.' ? RECORDS : [{ name, ttl: 30, type: 'A', data: '192.0.2.1' }],
      authority: [],
      additional: [],
    }),
    bytes,
    transport,
  );
}

function query(name: string, udpSize?: number, version = 0): Uint8Array {
  return emitDns({
    id: 7,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    rcode: 0,
    question: { name, type: 'A', class: 1 },
    answer: [],
    authority: [],
    additional: [],
    ...(udpSize === undefined ? {} : { edns: { udpSize, version } }),
  });
}

function framed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(message.length + 2);
  bytes.set([message.length >> 8, message.length & 0xff]);
  bytes.set(message, 2);
  return bytes;
}

function times(count: number, bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(Array.from({ length: count }, () => [...bytes]).flat());
}

function askUdp(port: number, bytes: Uint8Array): Promise<DnsMessage | undefined> {
  return new Promise((done) => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => {
      socket.close();
      done(undefined);
    }, 3000);
    socket.on('message', (got) => {
      clearTimeout(timer);
      socket.close();
      done(parseDns(new Uint8Array(got)));
    });
    socket.send(bytes, port, '127.0.0.1');
  });
}

/** Asks once over a new connection; false: it was ended without an answer. */
function askTcp(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => void socket.write(framed(query('small.example.'))));
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
    socket.on('data', () => {
      done(true);
      socket.destroy();
    });
  });
}

function connected(port: number): Promise<Socket> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => done(socket));
    socket.on('error', () => undefined);
  });
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((done) => void socket.on('close', () => done()));

describe('clients that take more than their share', () => {
  let sockets: DnsSockets;
  afterEach(() => sockets.close());
  const open = async (limits: Partial<typeof SOCKET_LIMITS> = {}): Promise<number> => {
    sockets = await openDnsSockets('127.0.0.1', 0, answers, { ...SOCKET_LIMITS, ...limits });
    return sockets.port;
  };

  it('one that asks for much and reads nothing is cut off, and others are answered meanwhile', async () => {
    const port = await open({ write: 300 });
    const greedy = await connected(port);
    greedy.pause();
    const many = times(1000, framed(query('big.example.')));
    greedy.write(many);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 5; i++) expect(await askTcp(port)).toBe(true);
    expect((await askUdp(port, query('small.example.')))?.answer).toHaveLength(1);
    // A thousand answers would be 96 MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
    await new Promise((done) => void setTimeout(done, 600));
    greedy.resume();
    await closed(greedy);
  });

  it('one that sends without end has its turn, and others theirs', async () => {
    const port = await open();
    const busy = await connected(port);
    busy.on('data', () => undefined);
    const many = times(2000, framed(query('small.example.')));
    const feed = (): void => {
      if (!busy.destroyed) busy.write(many, feed);
    };
    feed();
    for (let i = 0; i < 10; i++) expect(await askTcp(port)).toBe(true);
    busy.destroy();
  });

  it('one that sends a message byte by byte, for ever, is cut off', async () => {
    const port = await open({ idle: 200 });
    const slow = await connected(port);
    const drip = setInterval(() => void slow.write(Uint8Array.of(1)), 20);
    slow.resume();
    await closed(slow);
    clearInterval(drip);
  });

  it('connections beyond the limit end the one that was silent the longest', async () => {
    const port = await open({ connections: 3 });
    const silent: Socket[] = [];
    for (let i = 0; i < 3; i++) silent.push(await connected(port));
    const [first, second] = silent;
    first?.resume();
    const gone = first === undefined ? Promise.resolve() : closed(first);
    expect(await askTcp(port)).toBe(true);
    await gone;
    expect(second?.destroyed).toBe(false);
    for (const one of silent) one.destroy();
  });

  it('one that says it sends no more still gets all its answers', async () => {
    const port = await open();
    const half = await connected(port);
    let size = 0;
    half.on('data', (chunk) => {
      size += chunk.length;
    });
    half.end(times(100, framed(query('small.example.'))));
    await closed(half);
    expect(size).toBe(100 * framed(answers(query('small.example.'), 'TCP') ?? new Uint8Array(0)).length);
  });

  it('answers every EDNS size over UDP: what fits no datagram is cut', async () => {
    const port = await open();
    for (const size of [0, 1, 511, 512, 4096, 65507, 65508, 65535]) {
      const got = await askUdp(port, query('big.example.', size));
      expect(got?.truncated, String(size)).toBe(true);
      expect(got?.answer.length, String(size)).toBeGreaterThan(10);
    }
    for (const version of [1, 255])
      expect(await askUdp(port, query('big.example.', 65535, version))).toMatchObject({ rcode: 16 });
  });

  it('ends within a second, whatever its connections are at', async () => {
    const port = await open();
    const clients = await Promise.all(Array.from({ length: 5 }, () => connected(port)));
    for (const [i, one] of clients.entries()) {
      one.pause();
      const asked = framed(query('big.example.'));
      if (i > 0) one.write(i === 1 ? asked.subarray(0, 1) : times(100, asked));
    }
    await askTcp(port);
    const before = performance.now();
    await sockets.close();
    expect(performance.now() - before).toBeLessThan(1000);
    for (const one of clients) one.destroy();
    await open();
  });
});
