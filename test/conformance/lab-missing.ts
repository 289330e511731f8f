import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { missingFor, type Purpose } from '../../src/lab/index.ts';

/** Why no lab can be built here, in one line; undefined when it can. */
export function whatTheLabLacks(purpose: Purpose): string | undefined {
  const missing = missingFor(purpose);
  if (missing.length > 0) return `needs ${missing.join(', ')}`;
  spawnSync('modprobe', ['-q', 'br_netfilter']);
  if (!existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables')) return 'needs br_netfilter in the kernel';
  // Both ends of a tunnel, a bridge and a cable: kernels for containers lack some of them.
  const links =
    'ip link add br0 type bridge && ip link add v0 type veth peer name v1 && ip link add x0 type vxlan id 1 dstport 8472';
  if (spawnSync('unshare', ['--net', 'sh', '-c', links]).status !== 0) {
    return 'needs bridges, veth pairs and vxlan in the kernel';
  }
  return undefined;
}
