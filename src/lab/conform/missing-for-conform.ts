import { spawnSync } from 'node:child_process';
import type { World } from '../../kernel/index.ts';
import { hasPart, hasTool, type Missing, missingFor } from '../realize/missing.ts';
import { balances, IPVS } from '../realize/tools.ts';

/** What a kernel must be able to do in a namespace of ours, and how it is called when it cannot. */
const ABILITIES: readonly (readonly [command: string, what: Missing])[] = [
  ['ip link add v0 type veth peer name v1', 'veth devices in the kernel'],
  ['ip link add b0 type bridge', 'bridges in the kernel'],
  ['ip link add x0 type vxlan id 1 dstport 8472', 'vxlan devices in the kernel'],
  ['iptables -t raw -A PREROUTING -j TRACE', 'tables of iptables-nft and its TRACE target in the kernel'],
  ['iptables -t nat -A POSTROUTING -j MASQUERADE', 'NAT in the kernel'],
  ['nft list ruleset', 'nf_tables in the kernel'],
  [
    'test -e /proc/sys/net/bridge/bridge-nf-call-iptables',
    'bridge netfilter in the kernel (modprobe br_netfilter)',
  ],
];

/**
 * Everything that a lab with observers needs and this machine lacks: root, tools, and what its kernel refuses to do in
 * a namespace without a name, which is gone with the command that tries. Empty when it can be done.
 */
export function missingForConform(): Missing[] {
  const missing = missingFor('conform');
  if (missing.length > 0) return missing;
  const canDo = (command: string): boolean =>
    spawnSync('unshare', ['--net', 'sh', '-c', command], { stdio: 'ignore' }).status === 0;
  if (!canDo('true')) return ['the right to make network namespaces (unshare of Debian package util-linux)'];
  spawnSync('modprobe', ['-q', 'br_netfilter'], { stdio: 'ignore' });
  return ABILITIES.filter(([command]) => !canDo(command)).map(([, what]) => what);
}

/** What a lab of a world with virtual servers needs besides; empty for any other. */
export function missingForIpvs(world: World): Missing[] {
  if (!balances(world)) return [];
  return [
    ...(hasTool('ipvsadm') ? [] : ['ipvsadm (Debian package ipvsadm)']),
    ...(hasPart(IPVS) ? [] : [`${IPVS.what} in the kernel (modprobe ${IPVS.module})`]),
  ];
}
