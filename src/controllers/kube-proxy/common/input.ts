import type { Family, Ip } from '../../../addr/index.ts';
import type { EndpointSlice, KubeProxyConfig, Node, Service } from '../../../k8s/index.ts';

/** Everything that kube-proxy on one node reads. */
export interface KubeProxyInput {
  readonly node: Node;
  /** The addresses of the node's interfaces, 127.0.0.1 and ::1 included. */
  readonly nodeLocalAddresses: (family: Family) => readonly Ip[];
  /** All Services and EndpointSlices of the cluster. Pass the same arrays for every node: what follows from them alone is kept with them. */
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly config: KubeProxyConfig;
}

/** The name under which kube-proxy looks for its own endpoints (GetHostname: hostnameOverride, else the host's name). */
export function proxyNodeName({ node, config }: Pick<KubeProxyInput, 'node' | 'config'>): string {
  const override = config.hostnameOverride.trim().toLowerCase();
  return override === '' ? node.meta.name : override;
}
