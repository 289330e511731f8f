import { type Cidr, cidrFamily, compareIp, contains, type Family, type Ip } from '../../../addr/index.ts';
import type { KubeProxyConfig } from '../../../k8s/index.ts';

/** On which of its addresses a node takes NodePort traffic (NodePortAddresses). */
export interface NodePortAddresses {
  /** Every address: no prefix of the family is configured, or one of them holds all. */
  readonly matchAll: boolean;
  readonly cidrs: readonly Cidr[];
  /** Is 127.0.0.0/8 among them? */
  readonly containsIpv4Loopback: boolean;
}

const LOOPBACK4: Ip = 0x7f000000;

export function nodePortAddresses(config: KubeProxyConfig, family: Family): NodePortAddresses {
  const cidrs = config.nodePortAddresses.filter((cidr) => cidrFamily(cidr) === family);
  if (cidrs.length === 0) return { matchAll: true, cidrs, containsIpv4Loopback: family === 4 };
  return {
    matchAll: cidrs.some((cidr) => cidr.length === 0),
    cidrs,
    containsIpv4Loopback: cidrs.some(
      ({ base, length }) =>
        typeof base === 'number' && (base >>> 24 === 127 || contains({ base, length }, LOOPBACK4)),
    ),
  };
}

/** The node's addresses inside the prefixes, sorted (the real order is random); 127.0.0.1 may be among them. */
export function nodePortIps(addresses: NodePortAddresses, local: readonly Ip[]): Ip[] {
  const inside = local.filter((ip) => addresses.cidrs.some((cidr) => contains(cidr, ip)));
  return [...new Set(inside)].sort(compareIp);
}

/** Whether NodePorts on 127.0.0.1 work: IPv4 only, wanted, and loopback is among the NodePort addresses. */
export function servesLocalhost(config: KubeProxyConfig, family: Family): boolean {
  return (
    family === 4 && config.iptables.localhostNodePorts && nodePortAddresses(config, 4).containsIpv4Loopback
  );
}
