import type { Family } from '../addr/index.ts';
import {
  commit,
  deferRules,
  type IpSet,
  type Netns,
  type Operation,
  type Program,
  type RestoreTable,
  type World,
} from '../kernel/index.ts';
import type { BuildOptions } from './cluster.ts';
import { onFirstRead, type Watched } from './first-read.ts';

/** Has flannel write its peers once somebody looks at the node's routes, neighbours or overlay FDB. */
export function deferPeers(world: World, netns: Netns, peers: () => readonly Operation[]): void {
  const overlays = [...netns.links.values()].filter((link) => link.kind === 'vxlan');
  const watched: Watched[] = [
    [netns, 'routes'],
    [netns, 'neighbours'],
    ...overlays.map((link): Watched => [link, 'fdb']),
  ];
  onFirstRead(watched, () => {
    const error = commit(world, peers());
    // Every replacement succeeds when the device is there, which it is.
    if (error !== undefined) throw new Error(`flannel on ${netns.label}: ${error.message}`);
  });
}

/** Has the network policy controller fill its sets once somebody looks at the node's sets. */
export function deferSets(world: World, netns: Netns, sets: () => readonly IpSet[]): void {
  onFirstRead([[netns, 'sets']], () => {
    const error = commit(world, [{ op: 'ipset-share', netns: netns.id, sets: sets() }]);
    // Sets that are put in whole are never refused.
    if (error !== undefined) throw new Error(`network-policy on ${netns.label}: ${error.message}`);
  });
}

/** The programs that write rules, in the order in which they do. */
const RULE_WRITERS = ['kubelet', 'kube-proxy', 'flannel', 'cni', 'dns', 'network-policy'] as const;

/** Has each program write its rules once the node's rules are first needed. */
export function deferTables(
  world: World,
  netns: Netns,
  families: readonly Family[],
  options: BuildOptions,
  tablesOf: (program: Program) => ((family: Family) => RestoreTable[]) | undefined,
): void {
  for (const program of RULE_WRITERS) {
    if (options.programs !== undefined && !options.programs.has(program)) continue;
    const tables = tablesOf(program);
    if (tables === undefined) continue;
    deferRules(netns, () => {
      for (const family of families) {
        const sections = tables(family);
        if (sections.length === 0) continue;
        const error = commit(world, [{ op: 'iptables-restore', netns: netns.id, family, tables: sections }]);
        // Rules are ours from end to end: a refusal is no fault of the input.
        if (error !== undefined) throw new Error(`${program} on ${netns.label}: ${error.message}`);
      }
    });
  }
}
