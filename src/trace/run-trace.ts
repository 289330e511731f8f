import type { Cluster } from '../cluster/index.ts';
import {
  add,
  ask,
  type Chooser,
  complement,
  formatOdds,
  fraction,
  newSession,
  type Request,
  type SeenFrame,
  type Serve,
  type Session,
  seededRandom,
  toNumber,
} from '../kernel/index.ts';
import { captureOf } from './capture.ts';
import { commonVerdict } from './combine.ts';
import type { Destination } from './destination.ts';
import { allBranches, type Branch, drawn, FIRST, walkBranch } from './explore.ts';
import { type Judgement, judge } from './judge.ts';
import type { OtherBranch, Path, Trace } from './model.ts';
import { withOutsideWorld } from './outside.ts';
import { endpointOf, pathOf, type Walked } from './path.ts';
import type { Source } from './resolve-source.ts';

/** What is sent, from where, to where. Source and destination come from resolveSource and resolveDestination. */
export interface TraceRequest {
  readonly source: Source;
  readonly destination: Destination;
  /** Source port; undefined: drawn from the seed. */
  readonly sport?: number;
  /** Undefined: the sender's net.ipv4.ip_default_ttl. */
  readonly ttl?: number;
  /** Bytes of payload. */
  readonly size?: number;
  readonly df?: boolean;
  /** The payload of a UDP datagram, in place of `size`. */
  readonly data?: Uint8Array;
  /** The node that announces a LoadBalancer address to a client outside. */
  readonly via?: string;
}

export interface TraceOptions {
  /** List every branch. */
  readonly all: boolean;
  /** Source ports and ids, and without `all` the branch. Undefined: seed 1, and the first branch. */
  readonly seed?: number;
  /** Without `all` and `seed`: which branch, counted from 0, and from the front again after the last. */
  readonly branch?: number;
  /** Without `all`: walk the other branches too, to say what they come to. */
  readonly summary?: boolean;
  /** Keep every frame (`Path.capture`). */
  readonly capture?: boolean;
  /** What programs answer to datagrams. */
  readonly serve?: Serve;
}

/** More branches than this are counted, not walked. */
export const BRANCH_LIMIT = 4096;
const SUMMARY_LIMIT = 256;

/** Walks a request through the cluster and back. The cluster's state is the same afterwards. */
export function runTrace(cluster: Cluster, request: TraceRequest, options: TraceOptions): Trace {
  return withOutsideWorld(cluster, request, () => explored(cluster, request, options));
}

/**
 * The branches that `runTrace` would put into words. What they hold stays true after later walks, but for what exists
 * only for a walk from outside.
 */
export function runBranches(
  cluster: Cluster,
  request: TraceRequest,
  options: Pick<TraceOptions, 'all' | 'seed'>,
  shared: { readonly warm?: Session; readonly oneWay?: boolean } = {},
): readonly Branch<Walked>[] {
  return withOutsideWorld(cluster, request, () => {
    const walk = walkOf(cluster, request, options, shared);
    return options.all ? [...allBranches(walk, BRANCH_LIMIT)] : [oneBranch(walk, options)];
  });
}

function explored(cluster: Cluster, request: TraceRequest, options: TraceOptions): Trace {
  const walk = walkOf(cluster, request, options);
  if (options.all) {
    const branches = [...allBranches(walk, BRANCH_LIMIT)];
    return traceOf(
      request,
      branches.map((branch) => pathOf(cluster, branch)),
      restOf(branches),
    );
  }
  const one = oneBranch(walk, options);
  const paths = [pathOf(cluster, one)];
  if (one.decisions.length === 0) return traceOf(request, paths, undefined);
  if (options.summary !== true) return traceOf(request, paths, restOf([one]));
  const others: OtherBranch[] = [];
  for (const branch of allBranches(walk, SUMMARY_LIMIT)) {
    if (!sameDecisions(branch, one)) others.push(otherOf(branch));
  }
  const probability = toNumber(complement(one.odds));
  return traceOf(request, paths, { branches: others.length, probability, others });
}

function oneBranch(walk: (chooser: Chooser) => Walked, { seed, branch = 0 }: TraceOptions): Branch<Walked> {
  if (seed !== undefined) return walkBranch(walk, [], drawn(seededRandom(seed)));
  const first = walkBranch(walk, [], FIRST);
  if (branch === 0 || first.decisions.length === 0) return first;
  const branches = [...allBranches(walk, SUMMARY_LIMIT)];
  return branches[branch % branches.length] ?? first;
}

/** What the sender asks of its kernel. */
export function kernelRequest({ destination, source, sport, ttl, size, df, data }: TraceRequest): Request {
  return {
    netns: source.netnsId,
    protocol: destination.protocol,
    dst: destination.ip,
    dport: destination.port ?? 0,
    ...(source.ip === undefined ? {} : { src: source.ip }),
    ...(sport === undefined ? {} : { sport }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(size === undefined ? {} : { size }),
    ...(df === undefined ? {} : { df }),
    ...(data === undefined ? {} : { data }),
  };
}

function walkOf(
  { world }: Cluster,
  request: TraceRequest,
  { seed = 1, capture = false, serve }: TraceOptions,
  { warm, oneWay }: { readonly warm?: Session; readonly oneWay?: boolean } = {},
): (chooser: Chooser) => Walked {
  const asked = kernelRequest(request);
  const { protocol } = request.destination;
  return (chooser) => {
    const seen: SeenFrame[] | undefined = capture ? [] : undefined;
    const session = newSession(world, chooser, seededRandom(seed), warm, seen, serve, oneWay);
    const judgement = judge(session, ask(session, asked), protocol);
    const payload = payloadOf(request, judgement);
    return {
      ...judgement,
      ...(payload === undefined ? {} : { payload }),
      ...(seen === undefined ? {} : { capture: captureOf(world, seen, judgement) }),
    };
  };
}

function sameDecisions(a: Branch<unknown>, b: Branch<unknown>): boolean {
  return (
    a.decisions.length === b.decisions.length &&
    a.decisions.every((d, i) => d.taken === b.decisions[i]?.taken)
  );
}

/** What was left unwalked: at least one branch for every decision that only went one way. */
function restOf(branches: readonly Branch<unknown>[]): Trace['unexplored'] {
  let walked = fraction(0n, 1n);
  for (const branch of branches) walked = add(walked, branch.odds);
  const rest = complement(walked);
  if (rest.numerator <= 0n) return undefined;
  const last = branches.at(-1);
  return { branches: Math.max(1, last?.decisions.length ?? 1), probability: toNumber(rest) };
}

function traceOf(request: TraceRequest, paths: readonly Path[], unexplored: Trace['unexplored']): Trace {
  return {
    apiVersion: 'podwalk/v1',
    kind: 'Trace',
    flow: {
      protocol: request.destination.protocol,
      source: request.source.end,
      destination: request.destination.end,
    },
    verdict: commonVerdict(paths),
    paths,
    ...(unexplored === undefined ? {} : { unexplored }),
  };
}

/** The trace of one branch, which stands for itself. */
export function singleTrace(cluster: Cluster, request: TraceRequest, branch: Branch<Judgement>): Trace {
  return traceOf(request, [pathOf(cluster, branch)], restOf([branch]));
}

function otherOf(branch: Branch<Judgement>): OtherBranch {
  const { verdict, reason, accepted } = branch.result;
  return {
    probability: toNumber(branch.odds),
    odds: formatOdds(branch.odds),
    verdict,
    reason,
    endpoint: accepted === undefined ? null : endpointOf(accepted),
  };
}

/** What a datagram whose bytes were given carried, and what its answer did. */
function payloadOf({ data }: TraceRequest, { answer }: Judgement): Path['payload'] {
  if (data === undefined) return undefined;
  const transport = answer?.packet.transport;
  return {
    request: hex(data),
    ...(transport?.kind === 'udp' && transport.data instanceof Uint8Array
      ? { answer: hex(transport.data) }
      : {}),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
