import { cidrFamily, contains, familyOf, formatCidr, formatIp, type Ip } from '../../addr/index.ts';
import type { Severity } from '../diagnostics.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { Draft } from '../draft.ts';
import { at } from '../field.ts';
import { podIpField } from '../kinds/pod.ts';
import { isFinished } from '../objects.ts';
import type { Settled } from '../settle.ts';
import { claim, fullName, sentence } from './claim.ts';

/** The nodes that are assumed where no Node object is given. */
export const ASSUMED_NODES: readonly string[] = ['node1', 'node2'];

/** Nodes that Pods name, and their addresses: each its own, and inside the ranges that lead there. */
export function checkPods(draft: Draft, { flannel, networkStated }: Settled): void {
  const nodes = new Map(draft.nodes.map(({ object }) => [object.meta.name, object]));
  const nodeNames = nodes.size > 0 ? [...nodes.keys()] : ASSUMED_NODES;
  const known = new Set(nodeNames);
  const addresses = new Map<Ip, string>();
  for (const { object, field } of draft.pods) {
    const name = fullName(object.meta);
    const { nodeName } = object;
    if (nodeName !== '' && !known.has(nodeName)) {
      const meant = didYouMean(nodeName, nodeNames);
      const fix =
        nodes.size === 0
          ? 'give the Nodes too (kubectl get nodes -o yaml): without any, node1 and node2 are assumed'
          : meant === undefined
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
        sentence(
          ipField,
          'error',
          'PW309',
          `Pod ${name} has ${formatIp(ip)}, outside the podCIDR ${formatCidr(range)} of its Node "${nodeName}"`,
          'no route leads there: correct podIP, nodeName or podCIDR',
        );
      } else if (network !== undefined && !contains(network, ip)) {
        const [severity, code]: [Severity, string] = networkStated
          ? ['error', 'PW309']
          : ['warning', 'PW310'];
        sentence(
          ipField,
          severity,
          code,
          `Pod ${name} has ${formatIp(ip)}, outside the pod network ${formatCidr(network)}`,
        );
      }
    }
  }
}
