import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DnsSockets, openDnsSockets } from '../../../src/cli/dns-sockets.ts';
import { main } from '../../../src/cli/index.ts';
import { buildCluster } from '../../../src/cluster/index.ts';
import { answer, dnsServer, respond, withDns } from '../../../src/controllers/dns/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';
import { seededRandom } from '../../../src/kernel/index.ts';
import { type DnsMessage, emitDns, parseDns } from '../../../src/wire/dns/index.ts';
import { podwalk } from '../../fixtures/cli.ts';

const CLUSTER = 'test/golden/dns/cluster.yaml';

function query(name: string, type: string, more: Partial<DnsMessage> = {}): Uint8Array {
  return emitDns({
    id: 7,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    rcode: 0,
    question: { name, type, class: 1 },
    answer: [],
    authority: [],
    additional: [],
    ...more,
  });
}

const WEB = query('web.default.svc.cluster.local.', 'A');

/** Sends datagrams and gives what comes back, in the order in which it comes; ends when `last` has an answer. */
function askUdp(port: number, datagrams: readonly Uint8Array[], last: Uint8Array): Promise<Uint8Array[]> {
  return new Promise((done, failed) => {
    const socket = createSocket('udp4');
    const got: Uint8Array[] = [];
    socket.on('error', failed);
    socket.on('message', (bytes) => {
      got.push(new Uint8Array(bytes));
      if (bytes[0] !== last[0] || bytes[1] !== last[1]) return;
      socket.close(() => done(got));
    });
    const all = [...datagrams, last];
    const sendFrom = (i: number): void => {
      const datagram = all[i];
      // A few at a time: what no buffer takes is lost on UDP.
      if (datagram !== undefined)
        socket.send(datagram, port, '127.0.0.1', () =>
          i % 50 === 49 ? setImmediate(() => sendFrom(i + 1)) : sendFrom(i + 1),
        );
    };
    sendFrom(0);
  });
}

function framed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(message.length + 2);
  bytes.set([message.length >> 8, message.length & 0xff]);
  bytes.set(message, 2);
  return bytes;
}

/** Writes bytes to one connection and gives the messages that come back, until there are `count`. */
function askTcp(port: number, pieces: readonly Uint8Array[], count: number): Promise<Uint8Array[]> {
  return new Promise((done, failed) => {
    const socket: Socket = connect(port, '127.0.0.1', () => {
      for (const piece of pieces) socket.write(piece);
    });
    const got: Uint8Array[] = [];
    let waiting: number[] = [];
    socket.on('error', failed);
    socket.on('data', (chunk) => {
      waiting = [...waiting, ...chunk];
      for (;;) {
        const length = ((waiting[0] ?? 0) << 8) | (waiting[1] ?? 0);
        if (waiting.length < 2 || waiting.length < length + 2) break;
        got.push(Uint8Array.from(waiting.slice(2, length + 2)));
        waiting = waiting.slice(length + 2);
      }
      if (got.length < count) return;
      socket.destroy();
      done(got);
    });
  });
}

/** Queries that were good once: bytes changed, cut off, put in. */
function mutated(count: number, seed: number): Uint8Array[] {
  const random = seededRandom(seed);
  const good = [
    WEB,
    query('_postgres._tcp.db.shop.svc.cluster.local.', 'SRV', { edns: { udpSize: 1232, version: 0 } }),
    query('20.0.96.10.in-addr.arpa.', 'PTR'),
    query('cluster.local.', 'NS', {
      edns: { udpSize: 0, version: 0, options: [{ code: 10, data: '00ff' }] },
    }),
    query('outside.shop.svc.cluster.local.', 'TYPE65280'),
  ];
  return Array.from({ length: count }, () => {
    const bytes = [...(good[random() % good.length] ?? WEB)];
    for (let changes = 1 + (random() % 6); changes > 0; changes--) {
      const at = random() % Math.max(1, bytes.length);
      switch (random() % 4) {
        case 0:
          bytes[at] = random() & 0xff;
          break;
        case 1:
          bytes.length = at;
          break;
        case 2:
          bytes.splice(at, 0, random() & 0xff, random() & 0xff);
          break;
        case 3:
          // A pointer, perhaps to itself.
          bytes.splice(at, 2, 0xc0 | (random() & 0x3f), random() & 0xff);
          break;
      }
    }
    // Not the id of the query that ends it all.
    if (bytes[0] === 0xff) bytes[0] = 0;
    return Uint8Array.from(bytes);
  });
}

describe('dns-serve', () => {
  const { objects: loaded } = loadCluster([{ file: CLUSTER, text: readFileSync(CLUSTER, 'utf8') }]);
  const server = dnsServer(buildCluster(withDns(loaded)).objects);
  let sockets: DnsSockets;
  beforeAll(async () => {
    sockets = await openDnsSockets('127.0.0.1', 0, (bytes, transport) =>
      respond((asked) => answer(server, asked), bytes, transport),
    );
  });
  afterAll(() => sockets.close());

  const last = query('web.default.svc.cluster.local.', 'A', { id: 0xffff });

  it('answers over UDP and TCP alike, on one port', async () => {
    const [udp] = await askUdp(sockets.port, [], last);
    const [tcp] = await askTcp(sockets.port, [framed(last)], 1);
    expect(udp).toEqual(tcp);
    expect(parseDns(udp ?? WEB)).toMatchObject({ id: 0xffff, rcode: 0, answer: [{ data: '10.96.0.20' }] });
  });

  it('answers several queries of one connection in their order, however their bytes come', async () => {
    const many = Array.from({ length: 20 }, (_, id) =>
      query(`db-${id % 3}.db.shop.svc.cluster.local.`, 'A', { id }),
    );
    const stream = Uint8Array.from(many.flatMap((one) => [...framed(one)]));
    const pieces = Array.from({ length: Math.ceil(stream.length / 7) }, (_, i) =>
      stream.slice(i * 7, i * 7 + 7),
    );
    const got = await askTcp(sockets.port, pieces, many.length);
    expect(got.map((bytes) => parseDns(bytes)?.id)).toEqual(many.map((_, id) => id));
  });

  it('is alive and answering after 10,000 mutated queries', async () => {
    const udp = await askUdp(sockets.port, mutated(5000, 1), last);
    const rcodes = new Set(udp.map((bytes) => (bytes[3] ?? 0) & 0xf));
    // Some were still good, most were not: NOERROR, FORMERR, NXDOMAIN, NOTIMP, REFUSED.
    expect([...rcodes].sort()).toEqual([0, 1, 3, 4, 5]);
    expect(parseDns(udp.at(-1) ?? WEB)?.answer).toMatchObject([{ data: '10.96.0.20' }]);
    const pieces = [...mutated(5000, 2), last].map(framed);
    const answered = pieces.filter((one) =>
      respond((asked) => answer(server, asked), one.slice(2), 'TCP'),
    ).length;
    const tcp = await askTcp(sockets.port, pieces, answered);
    expect(parseDns(tcp.at(-1) ?? WEB)?.answer).toMatchObject([{ data: '10.96.0.20' }]);
  });

  it('is not stopped by connections that end in the middle, or say nothing', async () => {
    await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) =>
          new Promise<void>((done) => {
            const socket = connect(sockets.port, '127.0.0.1', () => {
              if (i % 2 === 0) socket.write(Uint8Array.of(0xff, 0xff, 1, 2, 3));
              socket.resetAndDestroy();
            });
            socket.on('error', () => undefined);
            socket.on('close', () => done());
          }),
      ),
    );
    expect(await askTcp(sockets.port, [framed(last)], 1)).toHaveLength(1);
  });

  it('takes what CoreDNS takes: each other message is answered by its header', () => {
    const asked = (bytes: Uint8Array): DnsMessage | undefined => {
      const got = respond((one) => answer(server, one), bytes, 'UDP');
      return got === undefined ? undefined : parseDns(got);
    };
    const changed = (at: number, ...values: number[]): Uint8Array => {
      const bytes = WEB.slice();
      bytes.set(values, at);
      return bytes;
    };
    expect(asked(WEB)).toMatchObject({ rcode: 0, answer: [{ data: '10.96.0.20' }] });
    // A response, and less than a header, get nothing.
    expect(asked(changed(2, 0x81))).toBeUndefined();
    expect(asked(WEB.slice(0, 11))).toBeUndefined();
    // STATUS is not implemented, NOTIFY is taken for a query.
    expect(asked(changed(2, 0x11))).toMatchObject({ opcode: 2, rcode: 4, response: true, id: 7 });
    expect(asked(changed(2, 0x21))).toMatchObject({ opcode: 4, rcode: 0 });
    // None or two questions, two answers, cut off: errors of form.
    for (const wrong of [
      changed(5, 0),
      changed(5, 2),
      changed(7, 2),
      changed(9, 2),
      changed(11, 3),
      WEB.slice(0, 20),
    ])
      expect(asked(wrong)).toMatchObject({ opcode: 0, rcode: 1, response: true, id: 7 });
    // Class CH.
    expect(asked(changed(WEB.length - 1, 3))).toMatchObject({ rcode: 5 });
    // EDNS of a version that there is not: BADVERS.
    const edns = query('web.default.svc.cluster.local.', 'A', { edns: { udpSize: 1232, version: 1 } });
    expect(asked(edns)).toMatchObject({ rcode: 16, answer: [], edns: { version: 0 } });
  });

  it('cuts an answer to what the client takes, and says so', () => {
    const slices = Array.from({ length: 100 }, (_, i) => `  - { addresses: [198.51.100.${i}] }`).join('\n');
    const text = `
apiVersion: v1
kind: Service
metadata: { name: big, namespace: default }
spec: { clusterIP: None, ports: [{ name: http, port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: big-1, namespace: default, labels: { kubernetes.io/service-name: big } }
addressType: IPv4
ports: [{ name: http, port: 80, protocol: TCP }]
endpoints:
${slices}
`;
    const { objects } = buildCluster(withDns(loadCluster([{ file: 'big.yaml', text }]).objects));
    const big = dnsServer(objects);
    const ask = (size: number | undefined, transport: 'UDP' | 'TCP'): [number, DnsMessage | undefined] => {
      const edns = size === undefined ? {} : { edns: { udpSize: size, version: 0 } };
      const bytes = query('big.default.svc.cluster.local.', 'A', edns);
      const got = respond((one) => answer(big, one), bytes, transport) ?? WEB;
      return [got.length, parseDns(got)];
    };
    for (const [size, limit] of [
      [undefined, 512],
      [100, 512],
      [1232, 1232],
    ] as const) {
      const [length, message] = ask(size, 'UDP');
      expect(message?.truncated).toBe(true);
      expect(length).toBeLessThanOrEqual(limit);
      expect(length).toBeGreaterThan(limit - 16);
    }
    // A hundred names as pointers are shorter than 4096 bytes; and TCP has room for all.
    expect(ask(4096, 'UDP')[1]).toMatchObject({ truncated: false });
    expect(ask(4096, 'UDP')[1]?.answer).toHaveLength(100);
    expect(ask(undefined, 'TCP')[1]?.answer).toHaveLength(100);
  });
});

describe('podwalk dns-serve', () => {
  /** Starts the command; `said` is its first line, `end` gives the exit code after a signal. */
  async function start(
    argv: readonly string[],
  ): Promise<{ said: string; stderr: () => string; end: () => Promise<number> }> {
    let stderr = '';
    let ended: Promise<number> = Promise.resolve(-1);
    const said = await new Promise<string>((done) => {
      ended = main(['dns-serve', ...argv], {
        stdout: done,
        stdoutBytes: () => undefined,
        stderr: (text) => {
          stderr += text;
        },
        stdin: () => '',
        env: {},
        isTTY: false,
      });
      void ended.then((code) => done(`exit ${code}`));
    });
    return {
      said,
      stderr: () => stderr,
      end: () => {
        process.emit('SIGHUP');
        return ended;
      },
    };
  }

  it('takes a free port with --port 0, says which, answers, and ends with a signal', async () => {
    const { said, stderr, end } = await start(['-t', 'two-nodes', '--port', '0', '-v']);
    const [, port = ''] = /^answering on 127\.0\.0\.1:(\d+), UDP and TCP/.exec(said) ?? [];
    const [bytes] = await askUdp(Number(port), [], WEB);
    expect(parseDns(bytes ?? WEB)?.answer).toMatchObject([{ data: '10.96.0.10' }]);
    expect(await end()).toBe(0);
    expect(stderr()).toContain('web.default.svc.cluster.local. A NOERROR\n');
    // Both are free again.
    const again = await openDnsSockets('127.0.0.1', Number(port), () => undefined);
    await again.close();
  });

  it('says when the port is in use, by TCP too, and that an address is not its own', async () => {
    const taken = createServer();
    await new Promise<void>((done) => void taken.listen(0, '127.0.0.1', () => done()));
    const at = taken.address();
    const port = typeof at === 'object' && at !== null ? at.port : 0;
    const ran = await podwalk(['dns-serve', '-t', 'two-nodes', '--port', String(port)]);
    taken.close();
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toBe(
      `error: port ${port} of 127.0.0.1 is in use; choose another with --port, or 0 for any that is free\n`,
    );
    const other = await podwalk(['dns-serve', '-t', 'two-nodes', '--port', '0', '--listen', '192.0.2.1']);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toMatch(/this machine has no address 192\.0\.2\.1/);
    const none = await podwalk(['dns-serve', '-t', 'two-nodes', '--listen', 'localhost']);
    expect(none).toMatchObject({ code: 2, stdout: '' });
  });
});
