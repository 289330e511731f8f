import { formatIp, type Ip } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { type DnsAnswer, rcodeName, type Transport } from '../../controllers/dns/index.ts';
import { type Serve, seededRandom } from '../../kernel/index.ts';
import { type DnsMessage, emitDns } from '../../wire/dns/index.ts';
import type { Path, Trace } from '../model.ts';
import type { Source } from '../resolve-source.ts';
import { runTrace } from '../run-trace.ts';
import type { DnsProgram, Speaker } from './serve-dns.ts';

export const DNS_PORT = 53;

export interface WalkedQuestion {
  readonly server: string;
  readonly name: string;
  readonly type: string;
  /** Queries of one number share a socket: the source port, and what conntrack decided for it. */
  readonly socket: number;
  /** Over TCP it is the handshake that is walked; what is said behind it is taken from the server. */
  readonly transport: Transport;
  /** How often it was asked before. Without a seed each attempt takes another branch. */
  readonly attempt: number;
}

export interface WalkOptions {
  readonly all: boolean;
  readonly seed?: number;
  readonly capture?: boolean;
}

/** Bytes on their way to a nameserver. */
export interface WalkedMessage extends Omit<WalkedQuestion, 'name' | 'type'> {
  readonly data: Uint8Array;
}

/** Bytes, and where they go. */
export interface Sent extends Omit<WalkedMessage, 'server'> {
  readonly ip: Ip;
  readonly port: number;
}

export function send(
  cluster: Cluster,
  source: Source,
  { ip, port, data, transport, socket, attempt }: Sent,
  { all, seed, capture = false }: WalkOptions,
  program: DnsProgram,
): Trace {
  const end = { kind: 'ip', ip: formatIp(ip), port } as const;
  const protocol = transport === 'UDP' ? 'udp' : 'tcp';
  const destination = { ip, port, protocol, end } as const;
  const serve: Serve = ({ owner }, bytes) => program(owner, bytes, 'UDP')?.bytes;
  return runTrace(
    cluster,
    { source, destination, sport: portOf(socket, seed), ...(transport === 'UDP' ? { data } : {}) },
    {
      all,
      summary: true,
      capture,
      serve,
      ...(seed === undefined ? { branch: attempt } : { seed: seed + socket }),
    },
  );
}

export function queryBytes(id: number, name: string, type: string): Uint8Array {
  return emitDns({
    id,
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
  });
}

/** One socket, one port, and with it the same branch. */
export function portOf(socket: number, seed = 1): number {
  return 32768 + (seededRandom(seed + socket)() % 28232);
}

/** Any number does; the queries of one socket must differ. */
export function idOf(socket: number, type: string): number {
  return (socket * 2 + (type === 'AAAA' ? 1 : 0) + 1) & 0xffff;
}

/** Who answered, as text. */
export function endpointName({ endpoint }: Path): string | undefined {
  if (endpoint === null) return undefined;
  const { namespace, pod, node, host } = endpoint;
  return host ?? (pod === undefined ? node : `${namespace}/${pod}`);
}

export function speakerOf({ endpoint }: Path): Speaker {
  const { namespace = '', pod, host } = endpoint ?? {};
  if (pod !== undefined) return { kind: 'pod', namespace, name: pod };
  return { kind: host === undefined ? 'node' : 'host' };
}

export function answerOf(message: DnsMessage, reason: string | undefined): DnsAnswer {
  return {
    rcode: rcodeName(message.rcode) as DnsAnswer['rcode'],
    authoritative: message.authoritative,
    answer: message.answer as DnsAnswer['answer'],
    authority: message.authority as DnsAnswer['authority'],
    additional: message.additional as DnsAnswer['additional'],
    ...(reason === undefined ? {} : { reason }),
  };
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
