import type { Cluster } from '../../cluster/index.ts';
import { type Netns, rulesetOf, type World } from '../../kernel/index.ts';
import type { AgentAnswer, AgentProbe } from '../agent/agent.ts';
import { type RealRules, readRules } from '../observe/nft-trace.ts';
import { socketSpecs } from '../realize/listener-lines.ts';
import { type ExtraSettings, realizeScript } from '../realize/realize-script.ts';
import { children, output, shell } from './children.ts';
import { openStation, type Station } from './station.ts';

/** A cluster in the real kernel, with something in every namespace that asks, answers and watches. */
export interface Lab {
  readonly stations: ReadonlyMap<string, Station>;
  /** The name under /run/netns of a namespace of the world. */
  readonly realName: (netns: Netns) => string;
  /** Sends a probe and waits until everything that it caused has been told. */
  readonly probe: (netnsId: string, probe: AgentProbe) => Promise<AgentAnswer>;
  /** Where each rule stands, of a namespace with rules. */
  readonly rules: (netnsId: string) => Promise<RealRules>;
  /** Runs a command in a namespace. */
  readonly run: (netnsId: string, command: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Waiting is not modelled: errors are sent as fast as they come, and ARP gives up soon. */
const HASTE: ExtraSettings = {
  namespace: [['net/ipv4/icmp_ratelimit', '0']],
  device: [['net/ipv4/neigh/%/retrans_time_ms', '60']],
};

/**
 * Nobody is told a shorter way: with observers what was told is forgotten before each probe, without them the routes of one
 * probe would be those of the next.
 */
const UNTOLD: ExtraSettings = {
  ...HASTE,
  namespace: [
    ...HASTE.namespace,
    ['net/ipv4/conf/all/send_redirects', '0'],
    ['net/ipv4/conf/default/send_redirects', '0'],
  ],
};

/** Milliseconds: longer than a machine under load needs to tell of a packet that has passed. */
const PATIENCE = 20_000;

/** What somebody does by hand to a lab, once it is built and before anybody looks. */
export interface Handiwork {
  readonly commands: readonly { readonly netns: string; readonly run: string }[];
  /** The world as it must be then. */
  readonly world: World;
}

export interface LabOptions {
  readonly handiwork?: Handiwork;
  /** Ends the building; the lab that there is is taken away. */
  readonly signal?: AbortSignal;
  /** Whether captures and traces run; without them only answers are seen, and much faster. Default true. */
  readonly watch?: boolean;
}

/**
 * Builds the cluster and opens a station in every namespace. When it cannot be built, or is aborted, nothing of it
 * stays. Without `watch`, probes may be sent at the same time.
 *
 * @param prefix of the namespaces; nothing else may have it
 */
export async function openLab(cluster: Cluster, prefix: string, options: LabOptions = {}): Promise<Lab> {
  const { signal, handiwork, watch = true } = options;
  const { world } = cluster;
  const script = realizeScript(world, { prefix, listeners: false, settings: watch ? HASTE : UNTOLD });
  const kids = children();
  const close = async (): Promise<void> => {
    await kids.endAll();
    await shell(script, ['down'], { apart: true });
  };
  try {
    await shell(script, ['up'], { signal });
    signal?.throwIfAborted();
    for (const { netns, run } of handiwork?.commands ?? []) {
      const { name } = netnsOf(world, netns);
      await output('ip', ['netns', 'exec', `${prefix}${name}`, 'sh', '-c', run]);
    }
    return await withStations(handiwork?.world ?? world, prefix, watch, kids, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function netnsOf({ netns }: World, id: string): Netns {
  const found = netns.get(id);
  if (found === undefined) throw new Error(`the lab has no namespace ${id}`);
  return found;
}

/** As the sockets of the emulator are bound, and most programs'. */
const EVERY_ADDRESS: readonly string[] = ['0.0.0.0'];

async function withStations(
  world: World,
  prefix: string,
  watch: boolean,
  kids: ReturnType<typeof children>,
  close: () => Promise<void>,
): Promise<Lab> {
  const realName = ({ name }: Netns): string => `${prefix}${name}`;
  const ports = vxlanPorts(world);
  const stations = new Map<string, Station>();
  await Promise.all(
    [...world.netns.values()].map(async (netns) => {
      const traced = rulesetOf(netns, 4).tables.size > 0;
      if (traced && watch)
        await output('ip', ['netns', 'exec', realName(netns), 'iptables-restore', '--noflush'], {
          input: TRACE_RULES,
        });
      const station = await openStation(kids, netns, realName(netns), traced, ports, watch);
      await station.ask({ do: 'listen', sockets: socketSpecs(netns), addresses: EVERY_ADDRESS });
      stations.set(netns.id, station);
    }),
  );
  const settle = settler([...stations.values()].filter(({ unwatched }) => !unwatched));
  await settle();
  const stationOf = (id: string): Station => {
    const station = stations.get(id);
    if (station === undefined) throw new Error(`the lab has no namespace ${id}`);
    return station;
  };
  return {
    stations,
    realName,
    probe: async (id, probe) => {
      if (!watch) return (await stationOf(id).ask(probe)) ?? { kind: 'silence' };
      const all = [...stations.values()];
      await Promise.all(all.map((s) => s.ask({ do: 'forget', connections: s.traced })));
      await settle();
      for (const station of all) station.clear();
      const answer = await stationOf(id).ask(probe);
      await settle();
      return answer ?? { kind: 'silence' };
    },
    rules: async (id) =>
      readRules(
        await output('ip', [
          'netns',
          'exec',
          realName(stationOf(id).netns),
          'nft',
          '-a',
          '-j',
          'list',
          'ruleset',
        ]),
      ),
    run: (id, command) => output('ip', ['netns', 'exec', realName(stationOf(id).netns), 'sh', '-c', command]),
    close,
  };
}

/**
 * In front of everything: marks for the capture pass untraced, everything else is traced, marks for the trace end
 * here.
 */
const TRACE_RULES = `*raw
-I PREROUTING -j TRACE
-I PREROUTING -s 127.127.127.128/32 -j ACCEPT
-I PREROUTING -d 127.127.127.128/32 -j ACCEPT
-I OUTPUT -d 127.127.127.127/32 -j DROP
-I OUTPUT -j TRACE
-I OUTPUT -d 127.127.127.128/32 -j ACCEPT
COMMIT
`;
/** How many rules of ours stand before the cluster's own in the chains of table raw. */
export const TRACE_RULE_COUNT = 3;

function vxlanPorts(world: World): ReadonlySet<number> {
  const ports = new Set<number>();
  for (const netns of world.netns.values()) {
    for (const link of netns.links.values()) if (link.kind === 'vxlan') ports.add(link.dstPort);
  }
  return ports;
}

/** Marks are ports of a datagram. */
const LAST_MARK = 60_000;

/**
 * Sends a mark in every namespace and waits until every observer has shown it. Observers that lag are asked again
 * with further marks: one that has just been started has not seen the first.
 */
function settler(stations: readonly Station[]): () => Promise<void> {
  let number = 0;
  const shown = ({ seen, traced }: Station, mark: number): boolean =>
    seen.capture >= mark && (!traced || seen.trace >= mark);
  const reach = async (first: number): Promise<void> => {
    const until = performance.now() + PATIENCE;
    for (let round = 0; ; round++) {
      const late = stations.filter((station) => !shown(station, first));
      if (late.length === 0) return;
      if (performance.now() > until) {
        const who = late.map(({ netns, seen }) => `${netns.id} (${seen.capture}, ${seen.trace} of ${first})`);
        throw new Error(`no sign of a mark from ${who.join(', ')}`);
      }
      const mark = ++number;
      await Promise.all(late.map((s) => s.ask({ do: 'mark', number: mark, traced: s.traced })));
      const pause = performance.now() + Math.min(5 * 2 ** round, 200);
      while (performance.now() < pause && !late.every((station) => shown(station, mark))) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  };
  return async () => {
    await reach(number + 1);
    if (number < LAST_MARK) return;
    // Everybody shows one last mark, so that none of these marks comes after the first of the next.
    await reach(number + 1);
    number = 0;
    for (const { seen } of stations) Object.assign(seen, { capture: 0, trace: 0 });
  };
}
