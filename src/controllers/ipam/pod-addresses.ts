import { type Cidr, formatIp, type Ip, lastIp, nthIp } from '../../addr/index.ts';
import { type ClusterObjects, type Diagnostic, isFinished, isUnstarted, type Pod } from '../../k8s/index.ts';
import { at, type Completion } from './completion.ts';

/**
 * Gives every placed pod its addresses: those of its node with hostNetwork, else for each pod CIDR of the node the
 * next address that host-local would give, in input order. Error PW407: the range is used up.
 */
export function completePods(objects: ClusterObjects): Completion {
  const diagnostics: Diagnostic[] = [];
  const { flannel } = objects;
  const nodes = new Map(objects.nodes.map((node) => [node.meta.name, node]));
  const taken = new Set<Ip>();
  for (const pod of objects.pods) {
    if (!pod.hostNetwork && !isFinished(pod)) for (const address of pod.podIPs) taken.add(address);
  }
  const ranges = new Map<string, HostLocal[]>();
  const pods = objects.pods.map((pod) => {
    const node = nodes.get(pod.nodeName);
    if (node === undefined || isFinished(pod) || isUnstarted(pod)) return pod;
    if (pod.podIPs.length > 0) return pod;
    if (pod.hostNetwork) return { ...pod, podIPs: onePerFamily(node.internalIPs) };
    let locals = ranges.get(node.meta.name);
    if (locals === undefined) {
      locals = node.podCIDRs
        .filter((c) => (typeof c.base === 'number' ? flannel.enableIPv4 : flannel.enableIPv6))
        .map((range) => ({ range, last: nthIp(range, 1) }));
      ranges.set(node.meta.name, locals);
    }
    const podIPs: Ip[] = [];
    for (const local of locals) {
      const address = nextAddress(local, taken);
      if (address === undefined) {
        diagnostics.push(exhausted(pod, local.range));
        continue;
      }
      taken.add(address);
      podIPs.push(address);
    }
    return { ...pod, podIPs };
  });
  return { objects: { ...objects, pods }, diagnostics };
}

/** host-local's memory of one range (last_reserved_ip). */
interface HostLocal {
  readonly range: Cidr;
  last: Ip;
}

/**
 * The first free address after the last one given, wrapping round to .2: .1 is the gateway, and the last address
 * of an IPv4 range is its broadcast address. Undefined when a whole round finds none.
 */
function nextAddress(local: HostLocal, taken: ReadonlySet<Ip>): Ip | undefined {
  const first = nthIp(local.range, 2);
  const last = lastIp(local.range);
  const end: Ip = typeof last === 'number' ? last : last + 1n;
  if (first >= end) return undefined;
  const after = (ip: Ip): Ip => {
    const next: Ip = typeof ip === 'number' ? ip + 1 : ip + 1n;
    return next >= end ? first : next;
  };
  const start = after(local.last);
  let candidate = start;
  while (taken.has(candidate)) {
    candidate = after(candidate);
    if (candidate === start) return undefined;
  }
  local.last = candidate;
  return candidate;
}

/** kubelet reports the first address of each family. */
function onePerFamily(addresses: readonly Ip[]): Ip[] {
  const v4 = addresses.find((a) => typeof a === 'number');
  const v6 = addresses.find((a) => typeof a === 'bigint');
  return [v4, v6].filter((a) => a !== undefined);
}

function exhausted(pod: Pod, range: Cidr): Diagnostic {
  const end = lastIp(range);
  const bounds = `${formatIp(nthIp(range, 1))}-${formatIp(typeof end === 'number' ? end - 1 : end)}`;
  return {
    severity: 'error',
    code: 'PW407',
    message: `Pod ${nameOf(pod)}: no IP addresses available in range set: ${bounds}`,
    fix: `place fewer pods on Node ${pod.nodeName}, or give it a larger podCIDR`,
    ...at(pod.meta, 'spec', 'nodeName'),
  };
}

function nameOf(pod: Pod): string {
  return `${pod.meta.namespace}/${pod.meta.name}`;
}
