import { type Chooser, type Fraction, fraction, ONE } from '../chance.ts';
import { destinationHash, type HashInput, maglevHash, sourceHash } from './hashing.ts';
import type { RealServer, VirtualServer } from './model.ts';
import { after, countOf, newRound, type Place, placesOf, type Round } from './round.ts';
import { greatestCommonDivisor, listOrder } from './server-list.ts';

/**
 * The schedulers of IPVS (net/netfilter/ipvs/ip_vs_{rr,wrr,lc,wlc,sed,nq,sh,dh,mh}.c). A machine that has been running
 * for a while may stand anywhere in its round, and nobody knows how many connections each server has: the first choice
 * of a session is therefore drawn, and every later one follows from it exactly.
 */

/** Connections of one real server in this session. */
export interface ServerLoad {
  active: number;
  inactive: number;
}

/** What a scheduler keeps between the connections of a session. */
export interface SchedulerState {
  /** rr, wrr: the places of the round where it may stand; undefined: anywhere. */
  places: readonly Place[] | undefined;
  /** By real server. */
  readonly loads: Map<RealServer, ServerLoad>;
  /** Nothing was chosen yet. */
  fresh: boolean;
}

export function newSchedulerState(): SchedulerState {
  return { places: undefined, loads: new Map(), fresh: true };
}

/** A real server, and how likely the draw was that gave it. */
export interface Choice {
  readonly server: RealServer;
  readonly odds: Fraction;
}

/** The real server of a new connection: undefined when none takes it, `unknown` for a scheduler that is not modelled. */
export function schedule(
  service: VirtualServer,
  state: SchedulerState,
  input: HashInput,
  chooser: Chooser,
): Choice | 'unknown' | undefined {
  const choice = choose(service, state, input, chooser);
  state.fresh = false;
  return choice;
}

function choose(
  service: VirtualServer,
  state: SchedulerState,
  input: HashInput,
  chooser: Chooser,
): Choice | 'unknown' | undefined {
  switch (service.scheduler) {
    case 'rr':
    case 'wrr':
      return nextInRound(service, state, chooser);
    case 'lc':
      return leastLoaded(service, state, chooser, LEAST.lc);
    case 'wlc':
      return leastLoaded(service, state, chooser, LEAST.wlc);
    case 'sed':
      return leastLoaded(service, state, chooser, LEAST.sed);
    case 'nq':
      return idle(service, state) ?? leastLoaded(service, state, chooser, LEAST.sed);
    case 'sh':
      return certain(sourceHash(service, input));
    case 'dh':
      return certain(destinationHash(service, input));
    case 'mh':
      return certain(maglevHash(service, input));
    default:
      return 'unknown';
  }
}

function certain(server: RealServer | undefined): Choice | undefined {
  return server === undefined ? undefined : { server, odds: ONE };
}

/** One of several, each as likely as its share of all shares; undefined when all are 0. */
function draw(shares: readonly number[], chooser: Chooser): { at: number; odds: Fraction } | undefined {
  const total = shares.reduce((sum, share) => sum + share, 0);
  let left = total;
  for (const [at, share] of shares.entries()) {
    if (share === 0) continue;
    if (share === left || chooser.chance(fraction(BigInt(share), BigInt(left))))
      return { at, odds: fraction(BigInt(share), BigInt(total)) };
    left -= share;
  }
  return undefined;
}

const rounds = new WeakMap<
  VirtualServer,
  { readonly servers: readonly RealServer[]; readonly round: Round }
>();

/** Of rr every server with weight counts once (ip_vs_rr_schedule). */
function roundOf(service: VirtualServer): {
  readonly servers: readonly RealServer[];
  readonly round: Round;
} {
  let known = rounds.get(service);
  if (known === undefined) {
    const servers = listOrder(service);
    const weights = servers.map(({ weight }) => (service.scheduler === 'rr' ? Math.min(weight, 1) : weight));
    known = { servers, round: newRound(weights, weights.reduce(greatestCommonDivisor, 0)) };
    rounds.set(service, known);
  }
  return known;
}

/**
 * The next server of a round. Where it stands is known only as far as earlier choices tell: of the places that it may
 * stand at, those whose server is drawn remain.
 */
function nextInRound(service: VirtualServer, state: SchedulerState, chooser: Chooser): Choice | undefined {
  const { servers, round } = roundOf(service);
  const byServer = new Map<number, Place[]>();
  for (const place of state.places ?? placesOf(round)) {
    const known = byServer.get(place.at);
    if (known === undefined) byServer.set(place.at, [place]);
    else known.push(place);
  }
  const candidates = [...byServer];
  const drawn = draw(
    candidates.map(([, places]) => countOf(places)),
    chooser,
  );
  const chosen = drawn === undefined ? undefined : candidates[drawn.at];
  if (drawn === undefined || chosen === undefined) return undefined;
  const [at, places] = chosen;
  const server = servers[at];
  if (server === undefined) return undefined;
  state.places = places.flatMap((place) => after(round, place));
  return { server, odds: drawn.odds };
}

/** How a scheduler weighs the connections of a server, and whether weights count. */
interface Measure {
  readonly overhead: (load: ServerLoad) => number;
  readonly weighted: boolean;
}

const LEAST: Readonly<Record<'lc' | 'wlc' | 'sed', Measure>> = {
  // ip_vs_dest_conn_overhead: an active connection costs as much as 256 inactive ones.
  lc: { overhead: ({ active, inactive }) => active * 256 + inactive, weighted: false },
  wlc: { overhead: ({ active, inactive }) => active * 256 + inactive, weighted: true },
  // ip_vs_sed_dest_overhead, ip_vs_nq_dest_overhead: active ones alone, the new one among them.
  sed: { overhead: ({ active }) => active + 1, weighted: true },
};

const NO_LOAD: ServerLoad = { active: 0, inactive: 0 };

function loadOf(state: SchedulerState, server: RealServer): ServerLoad {
  return state.loads.get(server) ?? NO_LOAD;
}

/** The least overhead for its weight; of several the first in the list, but the first choice of all is drawn. */
function leastLoaded(
  service: VirtualServer,
  state: SchedulerState,
  chooser: Chooser,
  { overhead, weighted }: Measure,
): Choice | undefined {
  const servers = listOrder(service).filter((server) => server.weight > 0);
  if (state.fresh) {
    const drawn = draw(
      servers.map(({ weight }) => (weighted ? weight : 1)),
      chooser,
    );
    const server = drawn === undefined ? undefined : servers[drawn.at];
    return drawn === undefined || server === undefined ? undefined : { server, odds: drawn.odds };
  }
  let best: RealServer | undefined;
  for (const server of servers) {
    if (best === undefined) {
      best = server;
      continue;
    }
    const mine = overhead(loadOf(state, server)) * (weighted ? best.weight : 1);
    const theirs = overhead(loadOf(state, best)) * (weighted ? server.weight : 1);
    if (mine < theirs) best = server;
  }
  return certain(best);
}

/** ip_vs_nq_schedule: a server without active connections at once, the first in the list. */
function idle(service: VirtualServer, state: SchedulerState): Choice | undefined {
  if (state.fresh) return undefined;
  return certain(
    listOrder(service).find((server) => server.weight > 0 && loadOf(state, server).active === 0),
  );
}
