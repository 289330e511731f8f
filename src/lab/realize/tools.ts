import { rulesetOf, virtualServersOf, type World } from '../../kernel/index.ts';

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
  | 'ipvsadm'
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
  ipvsadm: { command: 'ipvsadm', debian: 'ipvsadm' },
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
  if (balances(world)) tools.push(TOOLS.ipvsadm);
  if (listeners) tools.push(TOOLS.python3);
  return tools;
}

/** Whether some namespace has virtual servers. */
export function balances(world: World): boolean {
  return [...world.netns.values()].some((netns) => virtualServersOf(netns).size > 0);
}

/** A part of the kernel: its module, a file that is there once it is, and what it is called. */
export interface KernelPart {
  readonly module: string;
  readonly file: string;
  readonly what: string;
}

export const BRIDGE_NETFILTER: KernelPart = {
  module: 'br_netfilter',
  file: '/proc/sys/net/bridge/bridge-nf-call-iptables',
  what: 'bridge netfilter',
};
export const IPVS: KernelPart = { module: 'ip_vs', file: '/proc/net/ip_vs', what: 'IPVS' };

/** What the kernel must have for a world, beside devices and namespaces. */
export function neededParts(world: World): KernelPart[] {
  return balances(world) ? [BRIDGE_NETFILTER, IPVS] : [BRIDGE_NETFILTER];
}
