import { formatIp, type Ip, parseIp } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import type { DnsAnswer } from '../../controllers/dns/index.ts';
import { nameSettings, podResolvConf } from '../../controllers/kubelet/index.ts';
import { commitReversible, type Operation, type Serve, seededRandom } from '../../kernel/index.ts';
import { emitDns, parseDns } from '../../wire/dns/index.ts';
import type { Path, Trace } from '../model.ts';
import { resolveSource, type Source } from '../resolve-source.ts';
import { runTrace } from '../run-trace.ts';
import { rcodeName, serveDns } from './serve-dns.ts';

const DNS_PORT = 53;

export interface WalkedQuestion {
  readonly server: string;
  readonly name: string;
  readonly type: string;
  /** Queries of one number share a socket: the source port, and what conntrack decided for it. */
  readonly socket: number;
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

/** Sends one query as a packet, there and back; of several branches the first says what the resolver goes on with. */
export function walkQuery(
  cluster: Cluster,
  source: Source,
  question: WalkedQuestion,
  options: WalkOptions,
): WalkedQuery {
  const ip = parseIp(question.server);
  if (ip === undefined) return { reason: `nameserver ${question.server} is no address` };
  if (typeof ip === 'bigint')
    return { reason: `nameserver ${question.server}: IPv6 walking is not modelled yet` };
  const answers = new Map<string, DnsAnswer>();
  const serve = serveDns(
    cluster,
    (pod) => reachUpstream(cluster, pod, question),
    (bytes, answer) => void answers.set(hexOf(bytes), answer),
  );
  const trace = send(cluster, source, ip, question, options, serve);
  const [path] = trace.paths;
  if (path === undefined) throw new Error('a trace without a path');
  return { trace, ...resultOf(path, answers) };
}

function send(
  cluster: Cluster,
  source: Source,
  ip: Ip,
  { name, type, socket, attempt }: WalkedQuestion,
  options: WalkOptions,
  serve: Serve,
): Trace {
  const data = emitDns({
    id: idOf(socket, type),
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
  const end = { kind: 'ip', ip: formatIp(ip), port: DNS_PORT } as const;
  const destination = { ip, port: DNS_PORT, protocol: 'udp', end } as const;
  const { all, seed, capture = false } = options;
  return runTrace(
    cluster,
    { source, destination, data, sport: portOf(socket, seed) },
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

function resultOf(path: Path, answers: ReadonlyMap<string, DnsAnswer>): WalkedQuery {
  const { endpoint, payload, verdict } = path;
  const by =
    endpoint === null
      ? undefined
      : (endpoint.host ??
        (endpoint.pod === undefined ? endpoint.node : `${endpoint.namespace}/${endpoint.pod}`));
  const who = by === undefined ? {} : { by };
  if (verdict !== 'delivered') {
    const { reason, explanation, fix } = path;
    return {
      ...who,
      reason: `${verdict}, ${reason}: ${explanation}`,
      ...(fix === undefined ? {} : { fix }),
      closed: verdict !== 'timeout' && verdict !== 'unknown',
    };
  }
  const bytes = payload?.answer ?? '';
  const message = parseDns(bytesOf(bytes));
  if (message === undefined)
    return { ...who, reason: `what ${by ?? 'the server'} answers to DNS queries is not modelled` };
  const full = answers.get(bytes);
  return {
    ...who,
    ...(message.truncated ? { truncated: true } : {}),
    answer: {
      rcode: rcodeName(message.rcode) as DnsAnswer['rcode'],
      authoritative: message.authoritative,
      answer: message.answer as DnsAnswer['answer'],
      authority: message.authority as DnsAnswer['authority'],
      additional: message.additional as DnsAnswer['additional'],
      ...(full?.reason === undefined ? {} : { reason: full.reason }),
    },
  };
}

/** Whether a CoreDNS pod reaches a resolver of its own; a string is why it does not. */
function reachUpstream(
  cluster: Cluster,
  pod: { readonly namespace: string; readonly name: string },
  question: WalkedQuestion,
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
    const serve = serveDns(
      cluster,
      () => 'the query comes back to CoreDNS',
      () => {},
    );
    const [path] = send(cluster, source.value, ip, question, { all: false }, serve).paths;
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
