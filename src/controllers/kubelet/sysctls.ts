import type { Node } from '../../k8s/index.ts';
import type { Operation, Origin } from '../../kernel/index.ts';

const NODE_SYSCTLS: readonly (readonly [key: string, value: string])[] = [
  ['net.ipv4.ip_forward', '1'],
  ['net.bridge.bridge-nf-call-iptables', '1'],
  ['net.bridge.bridge-nf-call-ip6tables', '1'],
  ['net.ipv4.conf.all.rp_filter', '0'],
  ['net.ipv4.conf.default.rp_filter', '0'],
];

/** The sysctls of a node; `dualStack` nodes also forward IPv6. */
export function kubeletOperations(node: Node, dualStack: boolean): Operation[] {
  const origin: Origin = { program: 'kubelet', object: { kind: 'Node', name: node.meta.name } };
  const netns = `node/${node.meta.name}`;
  const keys = dualStack ? [...NODE_SYSCTLS, ['net.ipv6.conf.all.forwarding', '1'] as const] : NODE_SYSCTLS;
  return keys.map(([key, value]) => ({ op: 'sysctl', netns, key, value, origin }));
}
