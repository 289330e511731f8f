import { type Netns, rulesetOf, type World } from '../../kernel/index.ts';
import type { AgentAnswer } from '../agent/agent.ts';
import type { PacketRole } from '../observe/headers.ts';
import { type RealRules, ruleKey, type TracedPacket, type TracedWalk } from '../observe/nft-trace.ts';
import { TRACE_RULE_COUNT } from './open-lab.ts';
import type { Sighting, Station } from './station.ts';
import type { Crossing, Leg, Outcome, TableWalk, Ways } from './way.ts';

/** What the kernel showed of one probe. */
export interface Observed extends Ways {
  readonly outcome: Outcome;
}

/**
 * @param world what the kernel is held against: a table raw that it has not is only there for the trace
 * @param rules of each namespace that has some
 */
export function observedOf(
  stations: Iterable<Station>,
  world: World,
  rules: ReadonlyMap<string, RealRules>,
  answer: AgentAnswer,
): Observed {
  const all = [...stations];
  const roles = rolesById(all);
  const walks = all.flatMap((station) =>
    tableWalks(
      station.walks,
      world.netns.get(station.netns.id) ?? station.netns,
      rules.get(station.netns.id)?.positions ?? new Map(),
      roles,
    ),
  );
  const of = (leg: Leg): TableWalk[] => walks.filter((walk) => walk.leg === leg).map(({ walk }) => walk);
  return {
    outcome: outcomeOf(answer),
    crossings: { request: crossings(all, 'request'), back: crossings(all, 'back') },
    walks: { request: of('request'), back: of('back') },
  };
}

export function outcomeOf(answer: AgentAnswer): Outcome {
  if (answer.kind !== 'answer') return answer;
  const [who, sees, port] = answer.text.split('|');
  return {
    kind: 'answer',
    ...(who === undefined || who === '' ? {} : { who }),
    ...(sees === undefined ? {} : { sees }),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(answer.from === undefined ? {} : { from: answer.from }),
  };
}

/** The packets of a leg on every device, in the order of time. */
function crossings(stations: readonly Station[], leg: Leg): Crossing[] {
  const seen = stations.flatMap(({ netns, sightings }) => {
    const names = new Map([...netns.links.values()].map((link) => [link.index, link.name]));
    return sightings
      .filter(({ headers }) => headers.role === leg && !headers.fragment)
      .map((sighting) => ({ time: sighting.time, crossing: crossingOf(netns.id, names, sighting) }));
  });
  // The sort is stable: what a namespace shows with one time stamp stays in its order.
  const sorted = seen.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const bridges = bridgePorts(stations);
  return sorted
    .map(({ crossing }) => crossing)
    .filter((crossing, i, all) => !isBridgedDnatDetour(crossing, all[i - 1], bridges));
}

/** `NETNS PORT` -> the bridge that it is a port of. */
function bridgePorts(stations: readonly Station[]): Map<string, string> {
  const ports = new Map<string, string>();
  for (const { netns } of stations) {
    for (const { name, port } of netns.links.values()) {
      if (port !== undefined) ports.set(`${netns.id} ${name}`, port.bridge);
    }
  }
  return ports;
}

/**
 * A bridged packet whose destination NAT changed leaves by its bridge device once, when the neighbour's header is not
 * cached yet (br_nf_pre_routing_finish_bridge hands it to the neighbour's output); later ones do not. In from a port
 * and out by the bridge, without having come in by the bridge, is that and nothing else.
 */
function isBridgedDnatDetour(
  { netns, device, direction }: Crossing,
  before: Crossing | undefined,
  bridges: ReadonlyMap<string, string>,
): boolean {
  return (
    direction === 'out' &&
    before?.direction === 'in' &&
    before.netns === netns &&
    bridges.get(`${netns} ${before.device}`) === device
  );
}

function crossingOf(netns: string, names: ReadonlyMap<number, string>, sighting: Sighting): Crossing {
  const { device, direction, headers } = sighting;
  const { src, dst, sport, dport, ttl } = headers;
  return {
    netns,
    device: names.get(device) ?? `#${device}`,
    direction,
    addresses: {
      src,
      dst,
      ...(sport === undefined ? {} : { sport }),
      ...(dport === undefined ? {} : { dport }),
      ttl,
    },
  };
}

/** What captures know of packets whose trace does not tell: outer packets of tunnels, ICMP errors. */
function rolesById(stations: readonly Station[]): Map<string, PacketRole> {
  const roles = new Map<string, PacketRole>();
  for (const { sightings } of stations) {
    for (const { headers } of sightings) {
      // Later fragments have the id, and do not tell whose they are.
      if (!headers.fragment) roles.set(`${headers.protocol} ${headers.id}`, headers.role);
    }
  }
  return roles;
}

interface WalkOfLeg {
  readonly leg: Leg;
  readonly walk: TableWalk;
}

function tableWalks(
  walks: readonly TracedWalk[],
  netns: Netns,
  positions: RealRules['positions'],
  roles: ReadonlyMap<string, PacketRole>,
): WalkOfLeg[] {
  const raw = rulesetOf(netns, 4).tables.get('raw');
  const out: WalkOfLeg[] = [];
  let last: PacketRole = 'other';
  for (const walk of walks) {
    const role = roleOf(walk.packet, roles, last);
    last = role;
    if (role === 'other' || (walk.table === 'raw' && raw?.chains.has(walk.hook) !== true)) continue;
    out.push({ leg: role, walk: tableWalk(netns.id, walk, positions) });
  }
  return out;
}

function roleOf(packet: TracedPacket, roles: ReadonlyMap<string, PacketRole>, last: PacketRole): PacketRole {
  switch (packet.protocol) {
    case 'tcp': {
      const flags = flagBits(packet.info ?? '');
      if ((flags & 0x12) === 0x02) return 'request';
      return (flags & 0x12) === 0x12 || (flags & 0x14) === 0x14 ? 'back' : 'other';
    }
    case 'udp':
      // The bytes of VXLAN's header, its first digit left out.
      if (packet.payload?.startsWith('8000000') === true) return roles.get(`udp ${packet.id}`) ?? last;
      return packet.payload === undefined || packet.payload.startsWith('71') ? 'request' : 'back';
    case 'icmp':
      if (packet.info === 'echo-request') return 'request';
      if (packet.info === 'echo-reply') return 'back';
      if (packet.info !== 'destination-unreachable' && packet.info !== 'time-exceeded') return 'other';
      return roles.get(`icmp ${packet.id}`) ?? 'back';
    default:
      return 'other';
  }
}

const FLAGS: Readonly<Record<string, number>> = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 };

/** `syn`, `syn | ack` or `0x12`. */
function flagBits(text: string): number {
  if (text.startsWith('0x')) return Number.parseInt(text, 16);
  return text.split('|').reduce((bits, name) => bits | (FLAGS[name.trim()] ?? 0), 0);
}

function tableWalk(netns: string, walk: TracedWalk, positions: RealRules['positions']): TableWalk {
  const rules = walk.rules.flatMap(({ chain, handle }) => {
    const position = positions.get(ruleKey(walk.table, chain, handle));
    if (position === undefined) return [`${chain}:handle ${handle}`];
    const number = walk.table === 'raw' && chain === walk.hook ? position - TRACE_RULE_COUNT : position;
    return number < 1 ? [] : [`${chain}:${number}`];
  });
  return {
    netns,
    hook: walk.hook,
    table: walk.table,
    rules,
    verdict: walk.verdict ?? 'accept',
    policy: walk.policy,
  };
}
