import type { AddressFamilyWords } from './cni-conditions.ts';
import type { SourceRef } from './object-meta.ts';

/** An object, or a file, that says how pods are connected. */
export interface ConfigOrigin {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** The portmap plugin's part of a CNI configuration (plugins/meta/portmap). */
export interface PortmapConfig {
  /** Whether what comes from the node's own pods and from 127.0.0.1 is masqueraded, so that it is answered. */
  readonly snat: boolean;
  /** What comes from anywhere is. */
  readonly masqAll: boolean;
  /** The bit of the mark that asks for it. */
  readonly markBit: number;
  /** A chain of others that sets such a mark: kube-proxy's KUBE-MARK-MASQ. */
  readonly setMarkChain?: string;
  /** What else a packet must be, as words of iptables. */
  readonly conditions: AddressFamilyWords;
}

/** How the plugins that kubelet runs connect a pod: /etc/cni/net.d, which flannel's manifests fill from cni-conf.json. */
export interface CniConfig {
  /** The network's name, from which chains have theirs. */
  readonly name: string;
  readonly bridge: string;
  readonly hairpin: boolean;
  readonly promisc: boolean;
  /** The bridge has the first address of the node's range. */
  readonly isGateway: boolean;
  /** Pods route everything there. */
  readonly isDefaultGateway: boolean;
  /** The bridge plugin masquerades what leaves the node's range. */
  readonly ipMasq: boolean;
  /** Of the bridge and of pods' devices; 0: flannel's (FLANNEL_MTU of subnet.env). */
  readonly mtu: number;
  /** Undefined: host ports are not opened. */
  readonly portmap?: PortmapConfig;
  /** Where it is written; undefined: it is assumed. */
  readonly origin?: ConfigOrigin;
  readonly source?: SourceRef;
}

export const DEFAULT_PORTMAP: PortmapConfig = {
  snat: true,
  masqAll: false,
  // Kubernetes has 14 and 15.
  markBit: 13,
  conditions: { 4: [], 6: [] },
};

/** What kube-flannel.yml brings. */
export const DEFAULT_CNI: CniConfig = {
  name: 'cbr0',
  bridge: 'cni0',
  hairpin: true,
  promisc: false,
  isGateway: true,
  isDefaultGateway: true,
  ipMasq: false,
  mtu: 0,
  portmap: DEFAULT_PORTMAP,
};
