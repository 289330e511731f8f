import { type Expected, LEGS } from './expected.ts';
import type { Observed } from './observed.ts';
import {
  type Addresses,
  type Crossing,
  crossingText,
  type Leg,
  outcomeText,
  seenAt,
  type TableWalk,
  walkText,
} from './way.ts';

/** The first place where a path and the kernel part. */
export interface Divergence {
  /** `outcome`, `devices of the request`, `rules of node/node1 for what came back`. */
  readonly what: string;
  /** Both sides as lines, and the line at which they part. */
  readonly expected: readonly string[];
  readonly observed: readonly string[];
  readonly at: number;
}

/** What was observed, without the copies of flooded frames that the path does not follow. */
export function withoutCopies({ crossings, copies }: Expected, observed: Observed): Observed {
  const of = (leg: Leg): readonly Crossing[] => {
    if (copies[leg].size === 0) return observed.crossings[leg];
    const followed = new Set(crossings[leg].map(seenAt));
    return observed.crossings[leg].filter(
      (one) => followed.has(seenAt(one)) || !copies[leg].has(seenAt(one)),
    );
  };
  return { ...observed, crossings: { request: of('request'), back: of('back') } };
}

/** Undefined when the kernel showed what the path says. */
export function compare(expected: Expected, observed: Observed): Divergence | undefined {
  return compareLegs(expected, observed) ?? compareOutcome(expected, observed);
}

function compareOutcome(expected: Expected, observed: Observed): Divergence | undefined {
  const a = expected.outcome;
  const b = observed.outcome;
  const text = { expected: [outcomeText(a)], observed: [outcomeText(b)] };
  if (a.kind === 'answer' && b.kind === 'answer') {
    const random = a.port !== undefined && expected.randomPorts.has(a.port);
    const differs =
      (b.who !== undefined && a.who !== b.who) ||
      (b.sees !== undefined && a.sees !== b.sees) ||
      (b.port !== undefined && a.port !== b.port && !random) ||
      (b.from !== undefined && a.from !== b.from);
    return differs ? { what: 'outcome', ...text, at: 0 } : undefined;
  }
  return outcomeText(a) === outcomeText(b) ? undefined : { what: 'outcome', ...text, at: 0 };
}

function compareLegs(expected: Expected, observed: Observed): Divergence | undefined {
  const ports = portMap(expected.randomPorts);
  for (const leg of LEGS) {
    const name = leg === 'request' ? 'the request' : 'what came back';
    const devices = diverge(
      expected.crossings[leg],
      observed.crossings[leg],
      sameCrossing(ports),
      crossingText,
    );
    if (devices !== undefined) return { what: `devices of ${name}`, ...devices };
    const rules = compareWalks(expected.walks[leg], observed.walks[leg], expected.copies[leg], name);
    if (rules !== undefined) return rules;
  }
  return undefined;
}

/** Namespace by namespace: their traces have no common clock. */
function compareWalks(
  expected: readonly TableWalk[],
  observed: readonly TableWalk[],
  copies: ReadonlySet<string>,
  name: string,
): Divergence | undefined {
  for (const netns of new Set([...expected, ...observed].map((walk) => walk.netns))) {
    const mine = (walks: readonly TableWalk[]): TableWalk[] => walks.filter((walk) => walk.netns === netns);
    const flooded = [...copies].some((seen) => seen.startsWith(`${netns} `));
    const seen = flooded ? ofOneCopy(mine(expected), mine(observed)) : mine(observed);
    const found = diverge(mine(expected), seen, sameWalk, walkText);
    if (found !== undefined) return { what: `rules of ${netns} for ${name}`, ...found };
  }
  return undefined;
}

function sameWalk(a: TableWalk, b: TableWalk): boolean {
  return walkText(a) === walkText(b);
}

/** Each copy of a flooded frame walks the tables: of what was observed, the walks that are the expected ones in order. */
function ofOneCopy(expected: readonly TableWalk[], observed: readonly TableWalk[]): readonly TableWalk[] {
  let next = 0;
  for (const walk of observed) {
    const wanted = expected[next];
    if (wanted !== undefined && sameWalk(wanted, walk)) next++;
  }
  return next === expected.length ? expected : observed;
}

function diverge<T>(
  expected: readonly T[],
  observed: readonly T[],
  same: (a: T, b: T) => boolean,
  text: (one: T) => string,
): Omit<Divergence, 'what'> | undefined {
  const length = Math.max(expected.length, observed.length);
  for (let at = 0; at < length; at++) {
    const a = expected[at];
    const b = observed[at];
    if (a !== undefined && b !== undefined && same(a, b)) continue;
    return { expected: expected.map(text), observed: observed.map(text), at };
  }
  return undefined;
}

type PortMap = (expected: number, observed: number) => boolean;

/** A port that was drawn at random stands for one port of the kernel, the same wherever it is seen. */
function portMap(random: ReadonlySet<number>): PortMap {
  const known = new Map<number, number>();
  return (expected, observed) => {
    if (expected === observed) return true;
    if (!random.has(expected)) return false;
    const before = known.get(expected);
    if (before !== undefined) return before === observed;
    known.set(expected, observed);
    return true;
  };
}

function sameCrossing(ports: PortMap): (a: Crossing, b: Crossing) => boolean {
  return (a, b) =>
    a.netns === b.netns &&
    a.device === b.device &&
    a.direction === b.direction &&
    (a.addresses === undefined ||
      b.addresses === undefined ||
      sameAddresses(a.addresses, b.addresses, ports));
}

function sameAddresses(a: Addresses, b: Addresses, ports: PortMap): boolean {
  const samePort = (x: number | undefined, y: number | undefined): boolean =>
    x === undefined || y === undefined ? x === y : ports(x, y);
  return (
    a.src === b.src &&
    a.dst === b.dst &&
    a.ttl === b.ttl &&
    samePort(a.sport, b.sport) &&
    samePort(a.dport, b.dport)
  );
}

/** How far two sides agree, to find the branch that a packet took among those that differ. */
export function agreement(expected: Expected, observed: Observed): number {
  const count = <T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean): number => {
    const end = a.findIndex((one, i) => {
      const other = b[i];
      return other === undefined || !same(one, other);
    });
    return end < 0 ? a.length : end;
  };
  const ports = portMap(expected.randomPorts);
  const leg = (of: Leg): number =>
    count(expected.crossings[of], observed.crossings[of], sameCrossing(ports)) +
    count(expected.walks[of], observed.walks[of], (a, b) => walkText(a) === walkText(b));
  return leg('request') + leg('back');
}
