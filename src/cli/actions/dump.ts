import type { Cluster } from '../../cluster/index.ts';
import {
  countConnections,
  printBridgeFdb,
  printBridgeLink,
  printConntrack,
  printIpAddr,
  printIpLink,
  printIpNeigh,
  printIpRoute,
  printIpRule,
  printIpsetSave,
  printIptablesSave,
  printIpvsadm,
  printIpvsadmSave,
  printIpvsConnections,
  printSysctl,
} from '../../formats/index.ts';
import { didYouMean } from '../../k8s/index.ts';
import {
  connectionsOf,
  ipvsConnectionsOf,
  type Netns,
  rulesetOf,
  type Session,
  type World,
  withLearned,
} from '../../kernel/index.ts';
import {
  afterFlows,
  formatTargetError,
  parseSource,
  type Question,
  resolveSource,
  type TraceProtocol,
} from '../../trace/index.ts';
import { type DumpName, isNameDump, type NameDump, type PROGRAMS } from '../dumps.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openCluster } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';
import { writtenBy } from './written-by.ts';

export interface DumpOptions extends ClusterOptions {
  readonly node?: string;
  readonly pod?: string;
  readonly program?: (typeof PROGRAMS)[number];
  readonly dev?: string;
  /** Of ipvsadm: `-Ln` or `-Lnc`. */
  readonly L?: 'n' | 'nc';
  /** `SRC DST [-p PROTOCOL]`, in order. */
  readonly after: readonly string[];
  readonly verbose: boolean;
}

/** `podwalk dump WHAT --node NAME | --pod NS/NAME`. */
export async function dump(what: DumpName, options: DumpOptions, io: Io): Promise<ExitCode> {
  if ((options.node === undefined) === (options.pod === undefined)) {
    io.stderr('error: say of what: --node NAME or --pod [NS/]NAME, one of them\n');
    return EXIT.usage;
  }
  if (options.program !== undefined && (options.break ?? []).length > 0) {
    io.stderr(
      'error: --program shows what one program wrote, --break what was done by hand: use one of them\n',
    );
    return EXIT.usage;
  }
  if (options.L !== undefined && what !== 'ipvsadm') {
    io.stderr(`error: -L${options.L} is an option of ipvsadm: leave it out\n`);
    return EXIT.usage;
  }
  if (isNameDump(what) && (options.dev !== undefined || options.after.length > 0)) {
    const option = options.dev === undefined ? '--after' : '--dev';
    io.stderr(`error: ${option} has nothing to do with ${what}: leave it out\n`);
    return EXIT.usage;
  }
  const build = options.program === undefined ? {} : { programs: new Set([options.program]) };
  const cluster = await openCluster(options, io, options.verbose, build);
  if (cluster === undefined) return EXIT.usage;
  if (isNameDump(what)) return (await import('./dump-names.ts')).dumpNames(what, cluster, options, io);
  const netns = findNetns(cluster, options);
  if (typeof netns === 'string') {
    io.stderr(`error: ${netns}\n`);
    return EXIT.usage;
  }
  const { dev } = options;
  if (dev !== undefined && !netns.links.has(dev)) {
    const near = didYouMean(dev, netns.links.keys());
    io.stderr(`Device "${dev}" does not exist.${near === undefined ? '' : ` (did you mean "${near}"?)`}\n`);
    return EXIT.usage;
  }
  const shown = options.program === undefined ? netns : writtenBy(netns, options.program);
  const flows: Question[] = [];
  for (const text of options.after) {
    const flow = readFlow(text, options.namespace);
    if (typeof flow === 'string') {
      io.stderr(`error: --after: ${flow}\n`);
      return EXIT.usage;
    }
    flows.push(flow);
  }
  const text = afterFlows(cluster, flows, 1, (session) =>
    what === 'conntrack'
      ? printConntrack(shown, connectionsOf(session, shown))
      : what === 'ipvsadm'
        ? ipvsadmText(shown, session, options)
        : textOf(what, withLearned(session, shown), cluster.world, dev),
  );
  if (!text.ok) {
    io.stderr(`error: --after: ${formatTargetError(text.error)}\n`);
    return EXIT.usage;
  }
  io.stdout(text.value);
  return EXIT.yes;
}

/** `ipvsadm -Ln`, with the connections that flows left counted, or `ipvsadm -Lnc`, which lists them. */
function ipvsadmText(netns: Netns, session: Session, { L }: DumpOptions): string {
  const connections = ipvsConnectionsOf(session, netns);
  if (L === 'nc') return printIpvsConnections(netns, connections);
  return printIpvsadm(netns, countConnections(connections));
}

const FLOW = /^\s*(\S+)\s+(\S+)(?:\s+-p\s+(tcp|udp|sctp|icmp))?\s*$/;

/** A flow of `--after`; a string is what is wrong with it. */
function readFlow(text: string, namespace: string): Question | string {
  const [, source, destination, protocol] = FLOW.exec(text) ?? [];
  if (source === undefined || destination === undefined)
    return `expected 'SRC DST' or 'SRC DST -p tcp|udp|sctp|icmp', got ${JSON.stringify(text)}`;
  return {
    source,
    destination,
    namespace,
    ...(protocol === undefined ? {} : { protocol: protocol as TraceProtocol }),
  };
}

/** The namespace that the options name, or what is wrong with the name. */
function findNetns(cluster: Cluster, options: DumpOptions): Netns | string {
  const word = options.node === undefined ? `pod/${options.pod}` : `node/${options.node}`;
  const spec = parseSource(word, options.namespace);
  const source = spec.ok ? resolveSource(spec.value, cluster) : spec;
  if (!source.ok) return formatTargetError(source.error);
  const netns = cluster.world.netns.get(source.value.netnsId);
  if (netns === undefined) throw new Error(`${word} has no network namespace ${source.value.netnsId}`);
  return netns;
}

function textOf(
  what: Exclude<DumpName, 'conntrack' | 'ipvsadm' | NameDump>,
  netns: Netns,
  world: World,
  dev: string | undefined,
): string {
  const device = dev === undefined ? {} : { device: dev };
  switch (what) {
    case 'iptables-save':
      return printIptablesSave(rulesetOf(netns, 4));
    case 'ip6tables-save':
      return printIptablesSave(rulesetOf(netns, 6));
    case 'ip-addr':
      return printIpAddr(netns, { world, ...device });
    case 'ip-link':
      return printIpLink(netns, { world, details: true, ...device });
    case 'ip-route':
      return printIpRoute(netns, { world });
    case 'ip-rule':
      return printIpRule(netns);
    case 'ip-neigh':
      return printIpNeigh(netns, device);
    case 'bridge-fdb':
      return printBridgeFdb(netns, { world, ...device });
    case 'bridge-link':
      return printBridgeLink(netns, { world, details: true });
    case 'ipset-save':
      return printIpsetSave(netns.sets.values());
    case 'ipvsadm-save':
      return printIpvsadmSave(netns);
    case 'sysctl':
      return printSysctl(netns);
  }
}
