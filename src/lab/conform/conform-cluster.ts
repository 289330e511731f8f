import type { Cluster } from '../../cluster/index.ts';
import { runTrace, type Trace, type TraceRequest } from '../../trace/index.ts';
import type { AgentAnswer } from '../agent/agent.ts';
import type { RealRules } from '../observe/nft-trace.ts';
import { agreement, compare, type Divergence, withoutCopies } from './compare.ts';
import { type Expected, expectedOf, LEGS } from './expected.ts';
import { type Observed, observedOf } from './observed.ts';
import type { Lab } from './open-lab.ts';
import type { Probe } from './probe.ts';
import { agentProbeOf } from './send.ts';
import { lastPlace, type Outcome, type TableWalk, type Ways } from './way.ts';

/** A probe whose walk and whose real way differ. */
export interface Difference {
  readonly probe: Probe;
  readonly divergence: Divergence;
}

export interface Conformance {
  readonly probes: number;
  /** Rules that matched, on every way that was compared. */
  readonly rules: number;
  /** Devices crossed, on every way that was compared. */
  readonly devices: number;
  /** Flows that were sent again since an earlier try had shown something else. */
  readonly repeated: number;
  readonly differences: readonly Difference[];
  /** What was seen once and then no more: a machine under load sends again, and is late. */
  readonly unsteady: readonly Difference[];
  /** What the kernel showed of each probe, in their order. */
  readonly shown: readonly Shown[];
}

/** What became of a probe in the kernel. */
export interface Shown {
  readonly probe: Probe;
  readonly outcome: Outcome;
  /** The last device that the flow was seen on, `node/node1 cni0 in`; undefined when no device saw it. */
  readonly last: string | undefined;
  /** The devices that it crossed and the rules that it matched. */
  readonly ways: Ways;
}

export interface ConformOptions {
  readonly signal?: AbortSignal;
  /** The kernel's trace does not name rules that return (Linux 6.1): they are left out of the comparison. */
  readonly untracedReturns?: boolean;
}

/** Milliseconds until nothing is called silence; below the second after which TCP sends its SYN again. */
const QUICK = 350;
const SLOW = 900;
const PATIENT = 2500;

/** A probe that differs this often is a difference ... */
const TRIES = 3;
/** ... and one that has differed is none when it then agrees this often in a row, or as often as it has branches. */
const AGREEING = 4;

/** Source ports in turn, so that no flow meets the connection of another. */
const FIRST_PORT = 33_000;
const LAST_PORT = 60_000;

/** Sends probes one after the other and holds what the kernel shows against the walk. */
export async function conformCluster(
  cluster: Cluster,
  lab: Lab,
  probes: readonly Probe[],
  { signal, untracedReturns = false }: ConformOptions = {},
): Promise<Conformance> {
  const real = await allRules(lab);
  const differences: Difference[] = [];
  const unsteady: Difference[] = [];
  const shown: Shown[] = [];
  let rules = 0;
  let devices = 0;
  let repeated = 0;
  let sport = FIRST_PORT;
  const once = async (probe: Probe, patient: boolean): Promise<Try> => {
    signal?.throwIfAborted();
    sport = sport === LAST_PORT ? FIRST_PORT : sport + 1;
    const request = { ...probe.request, sport };
    const trace = runTrace(cluster, request, { all: true, seed: 1 });
    const answer = await send(lab, request, trace, patient);
    const observed = observedOf(lab.stations.values(), cluster.world, real, answer);
    return {
      branches: trace.paths.length,
      ...nearest(cluster, real, trace, observed, request, untracedReturns),
    };
  };
  for (const probe of probes) {
    const { tries, last, divergence, steady } = await sure((patient) => once(probe, patient));
    repeated += tries - 1;
    shown.push({ probe, outcome: last.outcome, last: lastPlace(last), ways: last });
    if (divergence !== undefined) (steady ? differences : unsteady).push({ probe, divergence });
    if (divergence !== undefined && steady) continue;
    for (const leg of LEGS) {
      devices += last.crossings[leg].length;
      for (const walk of last.walks[leg]) rules += walk.rules.length;
    }
  }
  return { probes: probes.length, rules, devices, repeated, differences, unsteady, shown };
}

interface Try {
  readonly branches: number;
  readonly observed: Observed;
  readonly divergence: Divergence | undefined;
}

interface Sure {
  readonly tries: number;
  readonly last: Observed;
  /** The first that was seen. */
  readonly divergence: Divergence | undefined;
  /** It was seen again. */
  readonly steady: boolean;
}

/** Tries again, with a fresh flow, until it is sure that there is a difference or none. */
async function sure(once: (patient: boolean) => Promise<Try>): Promise<Sure> {
  const parted: Divergence[] = [];
  let agreed = 0;
  let wanted = 1;
  for (let tries = 1; ; tries++) {
    const { branches, observed, divergence } = await once(parted.length > 0);
    if (divergence === undefined) agreed++;
    else {
      parted.push(divergence);
      // Of several branches the next try may take another: each must have its chance to differ again.
      wanted = Math.min(branches, AGREEING);
      agreed = 0;
    }
    const steady = parted.length === TRIES;
    if (!steady && agreed < wanted) continue;
    return { tries, last: observed, divergence: parted[0], steady };
  }
}

type AllRules = ReadonlyMap<string, RealRules>;

async function allRules(lab: Lab): Promise<AllRules> {
  const all = new Map<string, RealRules>();
  for (const { netns, traced } of lab.stations.values()) {
    if (traced) all.set(netns.id, await lab.rules(netns.id));
  }
  return all;
}

async function send(lab: Lab, request: TraceRequest, trace: Trace, patient: boolean): Promise<AgentAnswer> {
  const silent = trace.paths.some((path) => path.verdict === 'timeout');
  const wait = silent ? (patient ? SLOW : QUICK) : PATIENT;
  return lab.probe(request.source.netnsId, agentProbeOf(request, wait));
}

/** Without a divergence when the kernel went one of the ways; else where it left the one that it followed furthest. */
function nearest(
  cluster: Cluster,
  real: AllRules,
  trace: Trace,
  seen: Observed,
  request: TraceRequest,
  untracedReturns: boolean,
): Pick<Try, 'observed' | 'divergence'> {
  let best: { observed: Observed; divergence: Divergence; score: number } | undefined;
  for (const path of trace.paths) {
    const said = withoutMissingChains(expectedOf(path, cluster.world, { untracedReturns }), real);
    const expected = withoutForeignTtl(said, request);
    const observed = withoutCopies(expected, seen);
    const divergence = compare(expected, observed);
    if (divergence === undefined) return { observed, divergence };
    const score = agreement(expected, observed);
    if (best === undefined || score > best.score) best = { observed, divergence, score };
  }
  return best ?? { observed: seen, divergence: undefined };
}

/** Without the walks through built-in chains that are empty and that nobody has made yet. */
function withoutMissingChains(expected: Expected, real: AllRules): Expected {
  const isThere = ({ netns, table, hook, rules }: TableWalk): boolean =>
    rules.length > 0 || real.get(netns)?.chains.has(`${table} ${hook}`) !== false;
  const { request, back } = expected.walks;
  return { ...expected, walks: { request: request.filter(isThere), back: back.filter(isThere) } };
}

/**
 * The TTL of a stream is set as its namespace's default, so that what the same namespace answers to itself has it too.
 */
function withoutForeignTtl(expected: Expected, { source, destination, ttl }: TraceRequest): Expected {
  const [first] = expected.crossings.back;
  if (ttl === undefined || destination.protocol !== 'tcp' || first?.netns !== source.netnsId) return expected;
  const back = expected.crossings.back.map(({ addresses: _, ...crossing }) => crossing);
  return { ...expected, crossings: { ...expected.crossings, back } };
}
