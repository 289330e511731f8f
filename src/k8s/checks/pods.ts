import {
  type Cidr,
  cidr,
  cidrFamily,
  contains,
  familyOf,
  formatCidr,
  formatIp,
  type Ip,
} from '../../addr/index.ts';
import { ASSUMED_NODES } from '../assumed-nodes.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { Draft } from '../draft.ts';
import { at, type Field } from '../field.ts';
import { podIpField } from '../kinds/pod.ts';
import { isFinished } from '../objects.ts';
import type { Settled } from '../settle.ts';
import { otherPodNetwork, recogniseNetworks } from '../unmodelled/recognise.ts';
import { claim, fullName, sentence } from './claim.ts';

/** Nodes that Pods name, and their addresses: each its own, and inside the ranges that lead there. */
export function checkPods(draft: Draft, { flannel, networkStated, podRanges }: Settled): void {
  const nodes = new Map(draft.nodes.map(({ object }) => [object.meta.name, object]));
  const nodeNames = nodes.size > 0 ? [...nodes.keys()] : ASSUMED_NODES;
  const known = new Set(nodeNames);
  const addresses = new Map<Ip, string>();
  const strays: Stray[] = [];
  for (const { object, field } of draft.pods) {
    const name = fullName(object.meta);
    const { nodeName } = object;
    if (nodeName !== '' && !known.has(nodeName)) {
      const meant = didYouMean(nodeName, nodeNames);
      const fix =
        meant === undefined
          ? `Nodes are: ${nodeNames.slice(0, 10).join(', ')}${nodeNames.length > 10 ? ', ...' : ''}`
          : `did you mean "${meant}"?`;
      sentence(
        at(field, 'spec', 'nodeName'),
        'error',
        'PW307',
        `Pod ${name} is on Node "${nodeName}", which does not exist`,
        fix,
      );
    }
    // Host-network pods have their node's addresses; those of finished pods are free again.
    if (object.hostNetwork || isFinished(object)) continue;
    const ownCIDRs = nodes.get(nodeName)?.podCIDRs ?? [];
    for (const ip of object.podIPs) {
      const ipField = podIpField(field);
      claim(addresses, ip, name, (first) => {
        sentence(
          ipField,
          'error',
          'PW302',
          `Pod ${name} has the address ${formatIp(ip)} of Pod ${first}`,
          'give every Pod an address of its own',
        );
      });
      const family = familyOf(ip);
      const range = ownCIDRs.find((cidr) => cidrFamily(cidr) === family);
      const network = family === 4 ? flannel.network : flannel.ipv6Network;
      if (range !== undefined) {
        if (contains(range, ip)) continue;
        strays.push({
          field: ipField,
          who: `Pod ${name} has ${formatIp(ip)}`,
          message: `Pod ${name} has ${formatIp(ip)}, outside the podCIDR ${formatCidr(range)} of its Node "${nodeName}"`,
          fix: `no route leads there: correct podIP, nodeName or podCIDR${otherConfiguration(ip)}`,
        });
      } else if (networkStated && network !== undefined && !contains(network, ip)) {
        const message = `Pod ${name} has ${formatIp(ip)}, outside the pod network ${formatCidr(network)}`;
        strays.push({ field: ipField, who: `Pod ${name} has ${formatIp(ip)}`, message });
      } else if (outside(podRanges, ip)) {
        const ranges = podRanges.map(formatCidr).join(', ');
        const message = `Pod ${name} has ${formatIp(ip)}, outside kube-proxy's clusterCIDR ${ranges}`;
        sentence(ipField, 'warning', 'PW310', message);
      }
    }
  }
  if (strays.length > 0) tellStrays(draft, strays);
}

/** A pod's address outside a range that is stated for it. */
interface Stray {
  readonly field: Field;
  readonly who: string;
  readonly message: string;
  readonly fix?: string;
}

/** Errors, unless another network than flannel's is there, which takes addresses from where it likes. */
function tellStrays(draft: Draft, strays: readonly Stray[]): void {
  const other = otherPodNetwork(recogniseNetworks(draft));
  const [first] = strays;
  if (other === undefined || first === undefined) {
    for (const { field, message, fix } of strays) sentence(field, 'error', 'PW309', message, fix);
    return;
  }
  const more = strays.length > 1 ? ` and ${strays.length - 1} more` : '';
  sentence(
    first.field,
    'warning',
    'PW227',
    `addresses outside the podCIDRs of their nodes (${first.who}${more}): ${other.of} gives them as it likes; the walk has flannel's routes, to podCIDRs alone`,
  );
}

/** What container runtimes give pods where they find no configuration but their own, in /etc/cni/net.d. */
const OWN_RANGES: readonly (readonly [Cidr, string])[] = [
  [cidr('10.85.0.0/16'), "CRI-O's"],
  [cidr('10.88.0.0/16'), "containerd's or podman's"],
  [cidr('172.17.0.0/16'), "Docker's"],
];

function otherConfiguration(ip: Ip): string {
  const found = OWN_RANGES.find(([range]) => contains(range, ip));
  return found === undefined
    ? ''
    : `; ${formatCidr(found[0])} is ${found[1]} own range: remove its file from /etc/cni/net.d of the node, and make the pod again`;
}

/** Outside ranges of which at least one is of its family. */
function outside(ranges: readonly Cidr[], ip: Ip): boolean {
  const own = ranges.filter((range) => cidrFamily(range) === familyOf(ip));
  return own.length > 0 && !own.some((range) => contains(range, ip));
}
