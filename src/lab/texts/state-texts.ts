import {
  formatIpNeigh,
  printBridgeFdb,
  printBridgeLink,
  printIpAddr,
  printIpLink,
  printIpNeigh,
  printIpRoute,
  printIpRule,
  printIpsetSave,
  printIptablesSave,
  printIpvsadm,
  printSysctl,
  sysctlEntries,
} from '../../formats/index.ts';
import { type Netns, rulesetOf, virtualServersOf, type World } from '../../kernel/index.ts';
import { announcedNeighbours } from '../realize/announcements.ts';

/** A text of a tool that shows state, and what of it can be compared. */
export interface StateText {
  /** The tool's command in a namespace. */
  readonly command: (netns: Netns) => readonly string[];
  /** Namespaces that have it; default all. */
  readonly of?: (netns: Netns) => boolean;
  /** It also shows how the kernel was configured when it was built, not only what is set up. */
  readonly ofTheBuild?: true;
  /** What podwalk prints for it. */
  readonly print: (netns: Netns, world: World) => string;
  /** Lines of either side as they are compared. */
  readonly canon: (lines: readonly string[]) => readonly string[];
}

const asIs = (lines: readonly string[]): readonly string[] => lines;
/** What a hash orders. */
const sorted = (lines: readonly string[]): readonly string[] => [...lines].sort();
const command =
  (...words: readonly string[]): StateText['command'] =>
  () =>
    words;

/**
 * The texts. What traffic has taught is left out here: IPv6 talks as soon as a device is up (routers are asked for,
 * groups are joined), and podwalk does not.
 */
export const STATE_TEXTS: readonly StateText[] = [
  { command: command('ip', 'addr'), print: (netns, world) => printIpAddr(netns, { world }), canon: asIs },
  {
    command: command('ip', '-d', 'link'),
    print: (netns, world) => printIpLink(netns, { world, details: true }),
    canon: withoutTimers,
    ofTheBuild: true,
  },
  {
    command: command('ip', '-4', 'route', 'show', 'table', 'all'),
    print: (netns, world) => printIpRoute(netns, { world, table: 'all', family: 4 }),
    canon: asIs,
  },
  {
    command: command('ip', '-6', 'route', 'show', 'table', 'all'),
    print: (netns, world) => printIpRoute(netns, { world, table: 'all', family: 6 }),
    canon: sorted,
  },
  { command: command('ip', 'rule'), print: (netns) => printIpRule(netns), canon: asIs },
  {
    command: command('ip', 'neigh'),
    print: neighbours,
    canon: written(/ (PERMANENT|NOARP) $/),
  },
  {
    command: command('bridge', 'fdb'),
    print: (netns, world) => printBridgeFdb(netns, { world }),
    canon: written(/ (permanent|static)$/),
    ofTheBuild: true,
  },
  {
    command: command('bridge', '-d', 'link'),
    print: (netns, world) => printBridgeLink(netns, { world, details: true }),
    canon: withoutTimers,
  },
  {
    command: command('iptables-save'),
    print: (netns) => printIptablesSave(rulesetOf(netns, 4)),
    canon: withoutDatesAndCounters,
  },
  {
    command: command('ip6tables-save'),
    print: (netns) => printIptablesSave(rulesetOf(netns, 6)),
    canon: withoutDatesAndCounters,
  },
  {
    command: command('ipset', 'save'),
    print: (netns) => printIpsetSave(netns.sets.values(), { initval: false }),
    canon: (lines) => sorted(lines.map((line) => line.replace(/ initval 0x[0-9a-f]+/, ''))),
  },
  {
    command: command('ipvsadm', '-Ln'),
    print: (netns) => printIpvsadm(netns),
    canon: asIs,
    of: (netns) => virtualServersOf(netns).size > 0,
  },
  {
    command: (netns) => ['sysctl', ...sysctlEntries(netns).map(({ key }) => key)],
    print: (netns) => printSysctl(netns),
    canon: asIs,
  },
];

/** What the lab tells machines in place of the program that announces addresses is in their tables as well. */
function neighbours(netns: Netns, world: World): string {
  const announced = announcedNeighbours(netns, world)
    .filter(({ device, ip }) => netns.neighbours.get(device)?.has(ip) !== true)
    .map((one) => ({ ...one, state: 'PERMANENT' as const }));
  return printIpNeigh(netns) + formatIpNeigh(announced);
}

function written(pattern: RegExp): StateText['canon'] {
  return (lines) => sorted(lines.filter((line) => pattern.test(line)));
}

function withoutTimers(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(/(?<=_timer) +\d+\.\d\d/g, '    0.00'));
}

function withoutDatesAndCounters(lines: readonly string[]): readonly string[] {
  return lines
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.replace(/^(:\S+ \S+) \[\d+:\d+\]$/, '$1 [0:0]'));
}
