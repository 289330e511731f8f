import { formatIp } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import type { World } from '../../kernel/index.ts';
import { runTrace, type Trace } from '../../trace/index.ts';
import { expectedOf } from './expected.ts';
import { outcomeOf } from './observed.ts';
import type { Lab } from './open-lab.ts';
import { type Probe, probeOptions } from './probe.ts';
import { agentProbeOf } from './send.ts';
import { type Outcome, outcomeText } from './way.ts';

/** What a client saw in several connections, and what the walks say that it can see. */
export interface OutcomeDifference {
  readonly probe: Probe;
  readonly what: string;
  /** `an answer of default/web-0, which sees 10.244.2.2` and how often, or how likely. */
  readonly expected: readonly string[];
  readonly observed: readonly string[];
}

export interface OutcomeConformance {
  readonly probes: number;
  /** Connections that were opened, datagrams and pings that were sent. */
  readonly sent: number;
  /** Answers by different servers, counted for each probe. */
  readonly endpoints: number;
  readonly differences: readonly OutcomeDifference[];
}

/** What was seen of one probe, without ports: `default/web-0 sees 10.244.2.2`. */
export interface SeenOutcomes {
  readonly probe: Probe;
  readonly trace: Trace;
  readonly counts: ReadonlyMap<string, number>;
}

export interface OutcomeOptions {
  readonly signal?: AbortSignal;
  /** Connections of a probe for each branch that its walk has. Default 4. */
  readonly perBranch?: number;
}

/** Probes whose walks end in silence wait at the same time; this many. */
const WAITING = 24;
/** Milliseconds. */
const SILENCE = 2200;
const ANSWER = 8000;

const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;

/**
 * Sends every probe as many times as its walk has branches, several times over, and tells what the clients saw. Needs
 * no observers, so that the lab may be opened without `watch`.
 */
export async function seeOutcomes(
  cluster: Cluster,
  lab: Lab,
  probes: readonly Probe[],
  { signal, perBranch = 4 }: OutcomeOptions = {},
): Promise<SeenOutcomes[]> {
  let sport = FIRST_PORT;
  const nextPort = (): number => {
    sport = sport === LAST_PORT ? FIRST_PORT : sport + 1;
    return sport;
  };
  const seen = new Map<Probe, SeenOutcomes>();
  const once = async (probe: Probe, trace: Trace, times: number, wait: number): Promise<void> => {
    const { request } = probe;
    const answers = await Promise.all(
      Array.from({ length: times }, () =>
        lab.probe(request.source.netnsId, agentProbeOf({ ...request, sport: nextPort() }, wait)),
      ),
    );
    const counts = new Map<string, number>();
    for (const answer of answers) {
      const text = outcomeText(withoutPort(outcomeOf(answer)));
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    seen.set(probe, { probe, trace, counts });
  };
  const traced = probes.map((probe) => ({
    probe,
    trace: runTrace(cluster, probe.request, { all: true, seed: 1 }),
  }));
  const silent = traced.filter(({ trace }) => trace.paths.some(({ verdict }) => verdict === 'timeout'));
  const loud = traced.filter((one) => !silent.includes(one));
  for (const { probe, trace } of loud) {
    signal?.throwIfAborted();
    await once(probe, trace, trace.paths.length === 1 ? 1 : trace.paths.length * perBranch, ANSWER);
  }
  for (let at = 0; at < silent.length; at += WAITING) {
    signal?.throwIfAborted();
    const some = silent.slice(at, at + WAITING);
    await Promise.all(
      some.map(({ probe, trace }) =>
        once(probe, trace, trace.paths.length === 1 ? 1 : trace.paths.length * perBranch, SILENCE),
      ),
    );
  }
  return probes.flatMap((probe) => seen.get(probe) ?? []);
}

/** What one client saw, connection after connection. */
export async function seeSeries(lab: Lab, { request }: Probe, count: number): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < count; i++) {
    const probe = agentProbeOf({ ...request, sport: LAST_PORT + 1 + i }, ANSWER);
    const answer = await lab.probe(request.source.netnsId, probe);
    seen.push(outcomeText(withoutPort(outcomeOf(answer))));
  }
  return seen;
}

/**
 * Holds what clients saw against the walks: only what some branch says may be seen, and every branch must be, unless
 * the Service keeps a client with its server.
 */
export async function conformOutcomes(
  cluster: Cluster,
  lab: Lab,
  probes: readonly Probe[],
  options: OutcomeOptions = {},
): Promise<OutcomeConformance> {
  const seen = await seeOutcomes(cluster, lab, probes, options);
  const sticky = cluster.objects.services.some(({ sessionAffinity }) => sessionAffinity === 'ClientIP');
  // What differed is sent again: a machine under load is late.
  const again = seen.filter((one) => differenceOf(cluster, one, sticky) !== undefined);
  const second = await seeOutcomes(
    cluster,
    lab,
    again.map(({ probe }) => probe),
    options,
  );
  let sent = 0;
  let endpoints = 0;
  for (const { counts } of seen) {
    for (const [text, count] of counts) {
      sent += count;
      if (text.startsWith('an answer')) endpoints++;
    }
  }
  return {
    probes: probes.length,
    sent,
    endpoints,
    differences: second.flatMap((one) => differenceOf(cluster, one, sticky) ?? []),
  };
}

/** What a client can see by the walk of a probe, and how likely each is. */
export function walkOutcomes(world: World, probe: Probe, trace: Trace): Map<string, string> {
  const wanted = new Map<string, string>();
  for (const path of trace.paths) {
    const { outcome } = expectedOf(path, world);
    wanted.set(outcomeText(asSeen(outcome, probe)), path.odds);
  }
  return wanted;
}

function differenceOf(
  { world }: Cluster,
  { probe, trace, counts }: SeenOutcomes,
  sticky: boolean,
): OutcomeDifference | undefined {
  const ping = probe.request.destination.protocol === 'icmp';
  const wanted = walkOutcomes(world, probe, trace);
  const strange = [...counts.keys()].find((text) => !wanted.has(text));
  const missing = sticky || ping ? undefined : [...wanted.keys()].find((text) => !counts.has(text));
  if (strange === undefined && missing === undefined) return undefined;
  return {
    probe,
    what: strange === undefined ? `never seen: ${missing}` : `not in the walk: ${strange}`,
    expected: [...wanted].map(([text, odds]) => `${odds}: ${text}`),
    observed: [...counts].map(([text, count]) => `${count}: ${text}`),
  };
}

/** What a client can tell of an outcome: not the port, of a ping not who answered, of a stream not from where. */
function asSeen(outcome: Outcome, { request }: Probe): Outcome {
  if (outcome.kind !== 'answer') return outcome;
  const { who, sees, from } = outcome;
  const { protocol } = request.destination;
  if (protocol === 'icmp') return { kind: 'answer', ...(from === undefined ? {} : { from }) };
  return {
    kind: 'answer',
    ...(who === undefined ? {} : { who }),
    ...(sees === undefined ? {} : { sees }),
    ...(protocol === 'udp' && from !== undefined ? { from } : {}),
  };
}

function withoutPort(outcome: Outcome): Outcome {
  if (outcome.kind !== 'answer') return outcome;
  const { port: _, ...rest } = outcome;
  return rest;
}

export function renderOutcomeDifference(difference: OutcomeDifference): string {
  const { probe, what, expected, observed } = difference;
  const { source, destination, request } = probe;
  const from = request.source.ip === undefined ? source : `external/${formatIp(request.source.ip)}`;
  return [
    `${from} ${destination} ${probeOptions(probe)}: ${what}`,
    ...expected.map((line) => `   walk   ${line}`),
    ...observed.map((line) => `   kernel ${line}`),
    '',
  ].join('\n');
}
