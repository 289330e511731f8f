import { formatIp, type Ip, parseIp } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { type DnsAnswer, rcodeName, type Transport } from '../../controllers/dns/index.ts';
import { nameSettings, podResolvConf } from '../../controllers/kubelet/index.ts';
import { commitReversible, type Operation, type Serve, seededRandom } from '../../kernel/index.ts';
import { emitDns, parseDns } from '../../wire/dns/index.ts';
import type { Path, Trace } from '../model.ts';
import { resolveSource, type Source } from '../resolve-source.ts';
import { runTrace } from '../run-trace.ts';
import { type DnsProgram, type Speaker, serveDns } from './serve-dns.ts';

const DNS_PORT = 53;

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

/** What a walked query came to. */
export interface WalkedQuery {
  readonly trace?: Trace;
  /** Undefined: no answer came, for `reason`. */
  readonly answer?: DnsAnswer;
  readonly truncated?: boolean;
  /** Who answered. */
  readonly by?: string;
  readonly reason?: string;
  readonly fix?: string;
  /** An ICMP error came back, or the send failed. */
  readonly closed?: boolean;
}

/**
 * Runs something while the gateways of the LANs answer DNS, as the routers of most LANs do: they are what the nodes ask
 * unless a Topology says otherwise.
 */
export function withGatewayResolvers<T>({ world }: Cluster, run: () => T): T {
  const operations: Operation[] = [...world.netns.values()]
    .filter(({ kind }) => kind === 'router')
    .map(({ id, label }) => ({
      op: 'listen',
      netns: id,
      socket: {
        protocol: 'udp',
        port: DNS_PORT,
        owner: { kind: 'host', name: label },
        origin: { program: 'underlay' },
      },
    }));
  const committed = commitReversible(world, operations);
  if (!('undo' in committed)) throw new Error(committed.message);
  try {
    return run();
  } finally {
    committed.undo();
  }
}

/** Bytes on their way to a nameserver. */
export interface WalkedMessage extends Omit<WalkedQuestion, 'name' | 'type'> {
  readonly data: Uint8Array;
}

/** What a walked message came to; without `bytes` nothing came back, for `reason`. */
export interface WalkedBytes {
  readonly trace?: Trace;
  readonly bytes?: Uint8Array;
  readonly by?: string;
  readonly reason?: string;
  readonly fix?: string;
  /** An ICMP error or RST came back, or the send failed. */
  readonly closed?: boolean;
}

/** Sends one message to a nameserver, there and back; of several branches the first says what came of it. */
export function walkMessage(
  cluster: Cluster,
  source: Source,
  message: WalkedMessage,
  options: WalkOptions,
): WalkedBytes {
  const ip = parseIp(message.server);
  if (ip === undefined) return { reason: `nameserver ${message.server} is no address` };
  if (typeof ip === 'bigint')
    return { reason: `nameserver ${message.server}: IPv6 walking is not modelled yet` };
  const said = new Map<string, DnsAnswer>();
  const program = serveDns(cluster, (pod) => reachUpstream(cluster, pod, message));
  const trace = send(cluster, source, ip, message, options, (owner, data, transport) => {
    const served = program(owner, data, transport);
    if (served?.answer !== undefined) said.set(hexOf(served.bytes), served.answer);
    return served;
  });
  const [path] = trace.paths;
  if (path === undefined) throw new Error('a trace without a path');
  const by = endpointName(path);
  const who = { trace, ...(by === undefined ? {} : { by }) };
  if (path.verdict !== 'delivered') {
    const { verdict, reason, explanation, fix } = path;
    return {
      ...who,
      reason: `${verdict}, ${reason}: ${explanation}`,
      ...(fix === undefined ? {} : { fix }),
      closed: verdict !== 'timeout' && verdict !== 'unknown',
    };
  }
  const bytes =
    message.transport === 'UDP'
      ? bytesOf(path.payload?.answer ?? '')
      : program(speakerOf(path), message.data, 'TCP')?.bytes;
  if (bytes === undefined || parseDns(bytes) === undefined)
    return { ...who, reason: `what ${by ?? 'the server'} answers to DNS queries is not modelled` };
  const reason = said.get(hexOf(bytes))?.reason;
  return { ...who, bytes, ...(reason === undefined ? {} : { reason }) };
}

/** Sends one query as a packet, there and back. */
export function walkQuery(
  cluster: Cluster,
  source: Source,
  { name, type, ...question }: WalkedQuestion,
  options: WalkOptions,
): WalkedQuery {
  const data = queryBytes(idOf(question.socket, type), name, type);
  const { bytes, ...found } = walkMessage(cluster, source, { ...question, data }, options);
  const message = bytes === undefined ? undefined : parseDns(bytes);
  if (message === undefined) return found;
  const { reason, ...rest } = found;
  return {
    ...rest,
    ...(message.truncated ? { truncated: true } : {}),
    answer: {
      rcode: rcodeName(message.rcode) as DnsAnswer['rcode'],
      authoritative: message.authoritative,
      answer: message.answer as DnsAnswer['answer'],
      authority: message.authority as DnsAnswer['authority'],
      additional: message.additional as DnsAnswer['additional'],
      ...(reason === undefined ? {} : { reason }),
    },
  };
}

function queryBytes(id: number, name: string, type: string): Uint8Array {
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

function send(
  cluster: Cluster,
  source: Source,
  ip: Ip,
  { data, transport, socket, attempt }: WalkedMessage,
  { all, seed, capture = false }: WalkOptions,
  program: DnsProgram,
): Trace {
  const end = { kind: 'ip', ip: formatIp(ip), port: DNS_PORT } as const;
  const protocol = transport === 'UDP' ? 'udp' : 'tcp';
  const destination = { ip, port: DNS_PORT, protocol, end } as const;
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

/** One socket, one port, and with it the same branch. */
function portOf(socket: number, seed = 1): number {
  return 32768 + (seededRandom(seed + socket)() % 28232);
}

/** Any number does; the queries of one socket must differ. */
function idOf(socket: number, type: string): number {
  return (socket * 2 + (type === 'AAAA' ? 1 : 0) + 1) & 0xffff;
}

/** Who answered, as text. */
function endpointName({ endpoint }: Path): string | undefined {
  if (endpoint === null) return undefined;
  const { namespace, pod, node, host } = endpoint;
  return host ?? (pod === undefined ? node : `${namespace}/${pod}`);
}

function speakerOf({ endpoint }: Path): Speaker {
  const { namespace = '', pod, host } = endpoint ?? {};
  if (pod !== undefined) return { kind: 'pod', namespace, name: pod };
  return { kind: host === undefined ? 'node' : 'host' };
}

/** Whether a CoreDNS pod reaches a resolver of its own; a string is why it does not. */
function reachUpstream(
  cluster: Cluster,
  pod: { readonly namespace: string; readonly name: string },
  message: WalkedMessage,
): string | undefined {
  const { objects } = cluster;
  const own = objects.pods.find(({ meta }) => meta.name === pod.name && meta.namespace === pod.namespace);
  const source = resolveSource({ kind: 'pod', ...pod }, cluster);
  if (own === undefined || !source.ok) return undefined;
  const node = objects.nodes.find(({ meta }) => meta.name === own.nodeName);
  const { nameservers } = podResolvConf(own, nameSettings(objects, node)).conf;
  let lost = 'its resolv.conf names no nameserver';
  for (const server of nameservers) {
    const ip = parseIp(server);
    if (ip === undefined || typeof ip === 'bigint') continue;
    const program = serveDns(cluster, () => 'the query comes back to CoreDNS');
    const asked = { ...message, transport: 'UDP', attempt: 0 } as const;
    const [path] = send(cluster, source.value, ip, asked, { all: false }, program).paths;
    if (path?.payload?.answer !== undefined && path.payload.answer !== '') return undefined;
    lost = `${server}: ${path?.verdict}, ${path?.reason}: ${path?.explanation}`;
  }
  return lost;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
