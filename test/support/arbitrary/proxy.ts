import fc, { type Arbitrary } from 'fast-check';
import { mostly } from './mostly.ts';

/** Settings of kube-proxy. */
export interface ProxySketch {
  readonly clusterCIDR: string;
  readonly masqueradeAll: boolean;
  readonly localhostNodePorts: boolean;
  readonly detectLocal: 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';
  readonly nodePortAddresses: readonly string[];
}

export const proxySketch: Arbitrary<ProxySketch> = fc.record({
  clusterCIDR: mostly('10.244.0.0/16', ''),
  masqueradeAll: mostly(false, true),
  localhostNodePorts: mostly(true, false),
  detectLocal: mostly('ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'),
  nodePortAddresses: mostly([], ['192.168.56.0/24'], ['127.0.0.0/8']),
});

export function proxyManifest(sketch: ProxySketch): object {
  const { clusterCIDR, masqueradeAll, localhostNodePorts, detectLocal, nodePortAddresses } = sketch;
  const interfaces: Partial<Record<ProxySketch['detectLocal'], object>> = {
    BridgeInterface: { detectLocal: { bridgeInterface: 'cni0' } },
    InterfaceNamePrefix: { detectLocal: { interfaceNamePrefix: 'veth' } },
  };
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clusterCIDR,
    detectLocalMode: detectLocal,
    ...interfaces[detectLocal],
    nodePortAddresses,
    iptables: { masqueradeAll, localhostNodePorts },
  };
}
