import {
  type Cidr,
  cidrFamily,
  contains,
  containsCidr,
  familyOf,
  formatCidr,
  formatIp,
  type Ip,
  overlaps,
} from '../../addr/index.ts';
import type { Draft } from '../draft.ts';
import { at, child, isPresent } from '../field.ts';
import type { Settled } from '../settle.ts';
import { claim, sentence } from './claim.ts';

/** Ranges and addresses of Nodes: each its own, and inside what is stated for them. */
export function checkNodes(
  draft: Draft,
  { flannel, networkStated, topology, networksStated }: Settled,
): void {
  const addresses = new Map<Ip, string>();
  const ranges: { readonly name: string; readonly cidr: Cidr }[] = [];
  for (const { object, field } of draft.nodes) {
    const { name } = object.meta;
    const spec = child(field, 'spec');
    const podCidrField = isPresent(child(spec, 'podCIDRs'))
      ? child(spec, 'podCIDRs')
      : child(spec, 'podCIDR');
    for (const cidr of object.podCIDRs) {
      const other = ranges.find((range) => overlaps(range.cidr, cidr));
      if (other !== undefined) {
        sentence(
          podCidrField,
          'error',
          'PW304',
          `podCIDR ${formatCidr(cidr)} of Node "${name}" overlaps ${formatCidr(other.cidr)} of Node "${other.name}"`,
          'give every Node a range of its own',
        );
      }
      ranges.push({ name, cidr });
      const network = cidrFamily(cidr) === 4 ? flannel.network : flannel.ipv6Network;
      if (network !== undefined && networkStated && !containsCidr(network, cidr)) {
        sentence(
          podCidrField,
          'error',
          'PW309',
          `podCIDR ${formatCidr(cidr)} of Node "${name}" is outside flannel's Network ${formatCidr(network)}`,
          "change the Node's podCIDR, or Network in net-conf.json",
        );
      }
    }
    const addressField = at(field, 'status', 'addresses');
    for (const ip of object.internalIPs) {
      claim(addresses, ip, name, (first) => {
        sentence(
          addressField,
          'error',
          'PW306',
          `InternalIP ${formatIp(ip)} of Node "${name}" is also that of Node "${first}"`,
          'give every Node an address of its own',
        );
      });
      const lans = topology.networks.filter((lan) => cidrFamily(lan.cidr) === familyOf(ip));
      if (networksStated && lans.length > 0 && !lans.some((lan) => contains(lan.cidr, ip))) {
        const list = lans.map((lan) => `${lan.name} ${formatCidr(lan.cidr)}`).join(', ');
        sentence(
          addressField,
          'error',
          'PW309',
          `InternalIP ${formatIp(ip)} of Node "${name}" is in no network of the Topology (${list})`,
          'add its network to the Topology',
        );
      }
    }
  }
}
