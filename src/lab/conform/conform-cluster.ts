import { formatIp } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { runTrace, type Trace, type TraceRequest } from '../../trace/index.ts';
import type { AgentAnswer, AgentProbe } from '../agent/agent.ts';
import type { RulePositions } from '../observe/nft-trace.ts';
import { agreement, compare, type Divergence } from './compare.ts';
import { type Expected, expectedOf } from './expected.ts';
import { type Observed, observedOf } from './observed.ts';
import type { Lab } from './open-lab.ts';
import type { Probe } from './probe.ts';

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
  /** Probes that were sent again since the first try showed something else. */
  readonly repeated: number;
  readonly differences: readonly Difference[];
}

/** Milliseconds until nothing is called silence; below the second after which TCP sends its SYN again. */
const QUICK = 350;
const SLOW = 900;
const PATIENT = 2500;

export interface ConformOptions {
  readonly signal?: AbortSignal;
}

/** Sends probes one after the other and holds what the kernel shows against the walk. */
export async function conformCluster(
  cluster: Cluster,
  lab: Lab,
  probes: readonly Probe[],
  { signal }: ConformOptions = {},
): Promise<Conformance> {
  const positions = await allPositions(lab);
  const differences: Difference[] = [];
  let rules = 0;
  let devices = 0;
  let repeated = 0;
  let sport = 20_000;
  for (const probe of probes) {
    signal?.throwIfAborted();
    let divergence: Divergence | undefined;
    // A machine under load may keep an answer back for longer than one waits: a second look waits for long.
    for (const patient of [false, true]) {
      const request = { ...probe.request, sport: sport++ };
      const trace = runTrace(cluster, request, { all: true, seed: 1 });
      const answer = await send(lab, request, trace, patient);
      const observed = observedOf(lab.stations.values(), positions, answer);
      divergence = differs(cluster, trace, observed, request);
      if (divergence === undefined) {
        for (const leg of ['request', 'back'] as const) {
          devices += observed.crossings[leg].length;
          for (const walk of observed.walks[leg]) rules += walk.rules.length;
        }
        break;
      }
      if (!patient) repeated++;
    }
    if (divergence !== undefined) differences.push({ probe, divergence });
  }
  return { probes: probes.length, rules, devices, repeated, differences };
}

async function allPositions(lab: Lab): Promise<Map<string, RulePositions>> {
  const positions = new Map<string, RulePositions>();
  for (const { netns, traced } of lab.stations.values()) {
    if (traced) positions.set(netns.id, await lab.positions(netns.id));
  }
  return positions;
}

async function send(lab: Lab, request: TraceRequest, trace: Trace, patient: boolean): Promise<AgentAnswer> {
  const { source, destination, sport, ttl, size, df } = request;
  const silent = trace.paths.some((path) => path.verdict === 'timeout');
  const probe: AgentProbe = {
    do: destination.protocol === 'icmp' ? 'ping' : destination.protocol === 'udp' ? 'udp' : 'tcp',
    host: formatIp(destination.ip),
    port: destination.port ?? 0,
    wait: silent ? (patient ? SLOW : QUICK) : PATIENT,
    ...(source.ip === undefined ? {} : { localAddress: formatIp(source.ip) }),
    ...(sport === undefined ? {} : { localPort: sport }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(size === undefined ? {} : { size }),
    ...(df === undefined ? {} : { df }),
  };
  return lab.probe(source.netnsId, probe);
}

/** Undefined when the kernel went one of the ways; else where it left the one that it followed furthest. */
function differs(
  cluster: Cluster,
  trace: Trace,
  observed: Observed,
  request: TraceRequest,
): Divergence | undefined {
  let best: { divergence: Divergence; score: number } | undefined;
  for (const path of trace.paths) {
    const expected = withoutForeignTtl(expectedOf(path, cluster.world), request);
    const divergence = compare(expected, observed);
    if (divergence === undefined) return undefined;
    const score = agreement(expected, observed);
    if (best === undefined || score > best.score) best = { divergence, score };
  }
  return best?.divergence;
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
