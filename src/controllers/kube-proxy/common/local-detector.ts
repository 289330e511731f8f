import { type Cidr, cidrFamily, type Family } from '../../../addr/index.ts';
import type { KubeProxyConfig, Node } from '../../../k8s/index.ts';

/** How kube-proxy tells traffic of its own node's or cluster's pods apart (LocalTrafficDetector). */
export type LocalTraffic =
  | { readonly by: 'source'; readonly cidr: Cidr; readonly field: string }
  /** An interface name, or with a `+` at its end a prefix. */
  | { readonly by: 'interface'; readonly name: string; readonly field: string };

/**
 * The detector of a node in a family; undefined is the no-op detector: no masquerading of ClusterIP traffic from outside, no
 * short circuit for pods. Of several prefixes of a family the first counts (getLocalDetectors in server_linux.go).
 */
export function localTraffic(config: KubeProxyConfig, node: Node, family: Family): LocalTraffic | undefined {
  switch (config.detectLocalMode) {
    case 'ClusterCIDR': {
      const cidr = config.clusterCIDR.find((one) => cidrFamily(one) === family);
      return cidr && { by: 'source', cidr, field: 'clusterCIDR' };
    }
    case 'NodeCIDR': {
      const cidr = node.podCIDRs.find((one) => cidrFamily(one) === family);
      return cidr && { by: 'source', cidr, field: 'detectLocalMode' };
    }
    case 'BridgeInterface': {
      const name = config.bridgeInterface;
      return name === '' ? undefined : { by: 'interface', name, field: 'detectLocal.bridgeInterface' };
    }
    case 'InterfaceNamePrefix': {
      const name = config.interfaceNamePrefix;
      return name === ''
        ? undefined
        : { by: 'interface', name: `${name}+`, field: 'detectLocal.interfaceNamePrefix' };
    }
  }
}
