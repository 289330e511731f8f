import { rulesetOf, type World } from '../../kernel/index.ts';

/** A command, and the Debian package that has it. */
export interface Tool {
  readonly command: string;
  readonly debian: string;
}

export type ToolName =
  | 'ip'
  | 'bridge'
  | 'python3'
  | 'sysctl'
  | 'iptables'
  | 'ip6tables'
  | 'ipset'
  | 'nft'
  | 'conntrack'
  | 'tcpdump'
  | 'ping';

export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  ip: { command: 'ip', debian: 'iproute2' },
  bridge: { command: 'bridge', debian: 'iproute2' },
  python3: { command: 'python3', debian: 'python3-minimal' },
  sysctl: { command: 'sysctl', debian: 'procps' },
  iptables: { command: 'iptables-restore', debian: 'iptables' },
  ip6tables: { command: 'ip6tables-restore', debian: 'iptables' },
  ipset: { command: 'ipset', debian: 'ipset' },
  nft: { command: 'nft', debian: 'nftables' },
  conntrack: { command: 'conntrack', debian: 'conntrack' },
  tcpdump: { command: 'tcpdump', debian: 'tcpdump' },
  ping: { command: 'ping', debian: 'iputils-ping' },
};

/** What a script needs to build a world. */
export function neededTools(world: World, listeners: boolean): Tool[] {
  const all = [...world.netns.values()];
  const tools: Tool[] = [TOOLS.ip, TOOLS.bridge, TOOLS.sysctl];
  if (all.some((netns) => rulesetOf(netns, 4).tables.size > 0)) tools.push(TOOLS.iptables);
  if (all.some((netns) => rulesetOf(netns, 6).tables.size > 0)) tools.push(TOOLS.ip6tables);
  if (all.some((netns) => netns.sets.size > 0)) tools.push(TOOLS.ipset);
  if (listeners) tools.push(TOOLS.python3);
  return tools;
}
