import { parseIp } from '../addr/index.ts';
import { buildCluster, type Cluster } from '../cluster/index.ts';
import { formatOperation } from '../formats/index.ts';
import { commitReversible, formatOrigin, type Origin } from '../kernel/index.ts';
import {
  type AnswerOptions,
  answer,
  type Culprit,
  type Destination,
  type Diagnosis,
  type Mend,
  type PacketView,
  type Path,
  parseDestination,
  parseSource,
  type Question,
  resolveDestination,
  resolveSource,
  type Trace,
} from '../trace/index.ts';
import { agrees } from './agree.ts';
import { faultsOf, resolverLoop } from './conflicts/index.ts';
import type { Difference } from './difference.ts';
import { differences } from './differences.ts';
import { given } from './given.ts';
import type { ObjectFault } from './object-fault.ts';
import { objectFaults } from './object-faults.ts';
import { namespaceFaults, policyFaults } from './policy-faults.ts';
import { policyPromise } from './policy-promise.ts';
import { type Asked, promise } from './promise.ts';
import { quirk } from './quirk.ts';

/** A walk, and what it was the answer to. */
export interface Walked {
  readonly question: Question;
  readonly options: AnswerOptions;
  readonly trace: Trace;
}

/**
 * Holds a walk against what the objects promise. Of one that is not delivered, or not to whom it should be, it names
 * the first piece of state on the way that is not as the programs left it, or else the object that is at fault, and
 * one change that mends it: the walk is walked again with the change applied. The cluster is the same afterwards.
 * Undefined when the question cannot be resolved.
 */
export function diagnose(cluster: Cluster, walked: Walked): Diagnosis | undefined {
  const asked = resolve(cluster, walked);
  if (asked === undefined) return unanswered(cluster, walked);
  const { trace } = walked;
  const { promised, denies } = policyPromise(cluster.objects, asked, promise(cluster.objects, asked));
  const kept = agrees(promised, trace, denies);
  // What is not as promised is what has to be explained; else what did not get through.
  const wrong = kept
    ? undefined
    : trace.paths.find((path) => !agrees(promised, { ...trace, paths: [path] }, denies));
  const failed = wrong ?? trace.paths.find((path) => path.verdict !== 'delivered') ?? trace.paths[0];
  if (failed === undefined) return undefined;
  const found: Diagnosis = {
    promised,
    walked: { verdict: trace.verdict, reason: failed.reason },
    agrees: kept,
  };
  if (kept && trace.verdict === 'delivered') return found;
  if (kept && failed.reason === 'POLICY') return { ...found, ...policyMend(cluster, walked) };
  // A failure that was promised is mended when it is none any more; and what was promised of a nameserver says nothing
  // of what its answer leads to.
  const keeps = (again: Trace): boolean =>
    kept || again.resolution !== undefined ? again.verdict === 'delivered' : agrees(promised, again, denies);
  return {
    ...found,
    ...(stateFault(cluster, walked, keeps, failed) ?? objectFault(cluster, walked, asked) ?? quirk(failed)),
  };
}

/** A name that nobody resolved, where CoreDNS is its own nameserver. */
function unanswered(cluster: Cluster, walked: Walked): Diagnosis | undefined {
  const { trace } = walked;
  const failed = trace.paths.find(({ reason }) => reason === 'NAME_SERVER_FAILURE');
  const [loop] = failed === undefined ? [] : resolverLoop(cluster.objects);
  if (failed === undefined || loop === undefined) return undefined;
  return {
    promised: { kind: 'nothing', why: 'CoreDNS asks itself for what it does not know' },
    walked: { verdict: trace.verdict, reason: failed.reason },
    agrees: true,
    ...foundIn(cluster, walked, faultsOf(loop)),
  };
}

/** A policy that denies is no fault: there is no culprit, only what would let the sender through. */
function policyMend(cluster: Cluster, walked: Walked): Partial<Found> {
  // A selector that fits no Namespace is one: nobody writes it to allow nothing.
  const unfit = foundIn(cluster, walked, namespaceFaults(cluster.objects, walked.trace));
  if (unfit?.mend?.verified === true) return unfit;
  const faults = policyFaults(cluster.objects, walked.trace);
  const { mend } = foundIn(cluster, walked, faults) ?? {};
  return mend === undefined ? {} : { mend };
}

interface Found {
  readonly culprit: Culprit;
  readonly mend?: Mend;
}

/** Who asked whom, looked up as the walk did; of several addresses of a name the one that failed. */
function resolve(cluster: Cluster, { question, trace }: Walked): Asked | undefined {
  const { namespace, via, protocol } = question;
  const from = parseSource(question.source, namespace);
  const to = parseDestination(question.destination, namespace);
  const source = from.ok ? resolveSource(from.value, cluster) : undefined;
  if (!to.ok || source?.ok !== true) return undefined;
  const failed = trace.paths.find((path) => path.verdict !== 'delivered') ?? trace.paths[0];
  const first = failed?.hops[0]?.steps[0];
  const packet = first?.type === 'originate' ? first.packet : undefined;
  if (trace.resolution !== undefined) {
    const destination = packet === undefined ? undefined : sentTo(trace, packet);
    return destination === undefined ? undefined : { source: source.value, destination };
  }
  const destinations = resolveDestination(to.value, cluster, {
    source: source.value,
    ...(protocol === undefined ? {} : { protocol }),
    ...(via === undefined ? {} : { via }),
  });
  if (!destinations.ok) return undefined;
  const destination = destinations.value.find((d) => d.end.ip === packet?.dst) ?? destinations.value[0];
  if (destination === undefined) return undefined;
  return { source: source.value, destination, ...(via === undefined ? {} : { via }) };
}

/** What a name stood for when the packet was sent; of a lookup that failed, the nameserver. */
function sentTo({ flow, paths }: Trace, { protocol, dst, dport }: PacketView): Destination | undefined {
  const ip = parseIp(dst);
  const answered = paths[0]?.reason === 'NAME_NOT_FOUND' || paths[0]?.reason === 'NAME_SERVER_FAILURE';
  if (ip === undefined || answered) return undefined;
  const known = protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp' || protocol === 'icmp';
  if (!known) return undefined;
  const port = dport === undefined ? {} : { port: dport };
  return { ip, protocol, ...port, end: { ...flow.destination, ip: dst, ...port } };
}

function delivers(cluster: Cluster, { question, options }: Walked): boolean {
  const again = answer(cluster, question, { ...options, summary: false });
  return again.ok && again.value.trace.verdict === 'delivered';
}

/** Whether the walk, walked again, is what was promised. */
type Keeps = (trace: Trace) => boolean;

function isKept(cluster: Cluster, { question, options }: Walked, keeps: Keeps): boolean {
  const again = answer(cluster, question, { ...options, summary: false });
  return again.ok && keeps(again.value.trace);
}

/**
 * What somebody broke by hand: the state that the programs would have left is built again, and the namespaces that
 * either walk met are compared. A difference that mends the walk alone is the culprit; else as few as it takes.
 */
function stateFault(cluster: Cluster, walked: Walked, keeps: Keeps, failed: Path): Found | undefined {
  if (cluster.breaks.length === 0) return undefined;
  const should = buildCluster(given(cluster.objects));
  const right = answer(should, walked.question, { ...walked.options, summary: false });
  const lost = walked.trace.paths.filter((path) => path !== failed && path.verdict !== 'delivered');
  const ids = visited([failed, ...lost, ...(right.ok ? right.value.trace.paths : [])]);
  const all = differences(cluster.world, should.world, ids);
  const mends = (some: readonly Difference[]): boolean => {
    const done = commitReversible(
      cluster.world,
      some.flatMap((d) => d.operations),
    );
    if (!('undo' in done)) return false;
    try {
      return isKept(cluster, walked, keeps);
    } finally {
      done.undo();
    }
  };
  const one = all.flatMap((d) => [...(d.parts ?? []), d]).find((d) => mends([d]));
  if (one !== undefined) return { culprit: culpritOf(one), mend: mendOf([one], true) };
  const [first] = all;
  if (first === undefined || !mends(all)) return undefined;
  let needed: readonly Difference[] = all;
  for (const each of all) {
    const fewer = needed.filter((d) => d !== each);
    if (mends(fewer)) needed = fewer;
  }
  return { culprit: culpritOf(needed[0] ?? first), mend: mendOf(needed, true) };
}

/** The ids of the namespaces that paths went through, in that order. */
function visited(paths: readonly Path[]): Set<string> {
  const ids = new Set<string>();
  for (const { hops, reply, returned } of paths)
    for (const hop of [...hops, ...(reply ?? returned ?? { hops: [] }).hops])
      ids.add(`${hop.kind}/${hop.place}`);
  return ids;
}

function culpritOf({ place, what, origin }: Difference): Culprit {
  return { place, what, ...(origin === undefined ? {} : { origin: viewOf(origin) }) };
}

function viewOf({ program, object, field }: Origin): NonNullable<Culprit['origin']> {
  return {
    program,
    ...(object === undefined ? {} : { kind: object.kind, name: object.name }),
    ...(object?.namespace === undefined ? {} : { namespace: object.namespace }),
    ...(field === undefined ? {} : { field }),
  };
}

/** More commands than this are counted, not shown. */
const MOST_SHOWN = 3;

function mendOf(some: readonly Difference[], verified: boolean): Mend {
  const commands = some.flatMap(({ operations }) =>
    operations.flatMap((operation) => {
      const command = formatOperation(operation);
      const id = 'netns' in operation ? operation.netns : operation.ends[0].netns;
      return command === undefined ? [] : [`${id.replace(/^node\//, '')}: ${command}`];
    }),
  );
  const shown = commands.slice(0, MOST_SHOWN).join('; ');
  const more = commands.length - MOST_SHOWN;
  return { text: more > 0 ? `${shown}; and ${more} more` : shown, commands, verified };
}

/** So many objects may be wrong at once: a selector that finds pods brings to light that none of them listens. */
const MOST_FAULTS = 3;

/** What is wrong with the objects, tried out on a cluster of their own: one change alone, or what it then takes. */
function objectFault(cluster: Cluster, walked: Walked, asked: Asked): Found | undefined {
  return foundIn(cluster, walked, objectFaults(cluster.objects, asked, walked.trace));
}

function foundIn(cluster: Cluster, walked: Walked, faults: readonly ObjectFault[]): Found | undefined {
  const needed = mendingFaults(cluster, walked, faults, MOST_FAULTS);
  const [fault] = needed ?? faults;
  if (fault === undefined) return undefined;
  const { object, field, what } = fault;
  const { kind, namespace, name } = object;
  const program = formatOrigin({ program: 'user' });
  const edits = (needed ?? [fault]).flatMap(({ object, edit }) =>
    edit === undefined ? [] : [`${placeOf(object)}: ${edit.text}`],
  );
  return {
    culprit: {
      place: placeOf(object),
      what: `${field} ${what}`,
      origin: { program, kind, name, ...(namespace === undefined ? {} : { namespace }), field },
    },
    ...(edits.length === 0 ? {} : { mend: { text: edits.join('; '), verified: needed !== undefined } }),
  };
}

function placeOf({ kind, namespace, name }: ObjectFault['object']): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** The faults whose edits, all applied, make the walk deliver; undefined when no edit leads there. */
function mendingFaults(
  cluster: Cluster,
  walked: Walked,
  faults: readonly ObjectFault[],
  most: number,
): readonly ObjectFault[] | undefined {
  const tried: { readonly fault: ObjectFault; readonly edited: Cluster }[] = [];
  for (const fault of faults) {
    if (fault.edit === undefined) continue;
    const edited = buildCluster(fault.edit.apply(given(cluster.objects)), { breaks: cluster.breaks });
    if (edited.diagnostics.some((d) => d.severity === 'error')) continue;
    if (delivers(edited, walked)) return [fault];
    tried.push({ fault, edited });
  }
  if (most <= 1) return undefined;
  for (const { fault, edited } of tried.slice(0, MOST_FAULTS)) {
    const again = answer(edited, walked.question, { ...walked.options, summary: false });
    if (!again.ok) continue;
    const rewalked = { ...walked, trace: again.value.trace };
    const asked = resolve(edited, rewalked);
    if (asked === undefined) continue;
    // An edit that changed nothing of what is at fault leads nowhere.
    const left = objectFaults(edited.objects, asked, rewalked.trace).filter(
      ({ what }) => what !== fault.what,
    );
    const rest = mendingFaults(edited, rewalked, left, most - 1);
    if (rest !== undefined) return [fault, ...rest];
  }
  return undefined;
}
