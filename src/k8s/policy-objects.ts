import type { Cidr } from '../addr/index.ts';
import type { LabelSelector, Meta, Protocol } from './object-meta.ts';

export type PolicyType = 'Ingress' | 'Egress';

/** Pods of the policy's own namespace, or of the namespaces that are selected; or addresses. */
export type PolicyPeer =
  | {
      readonly kind: 'pods';
      /** Undefined: every pod of the selected namespaces. */
      readonly podSelector?: LabelSelector;
      /** Undefined: the policy's own namespace. */
      readonly namespaceSelector?: LabelSelector;
    }
  | { readonly kind: 'ipBlock'; readonly cidr: Cidr; readonly except: readonly Cidr[] };

export interface PolicyPort {
  readonly protocol: Protocol;
  /** Undefined: every port of the protocol. Text: the name of a container port of the destination. */
  readonly port?: number | string;
  /** The last port of a range that begins at `port`; undefined: `port` alone. */
  readonly endPort?: number;
}

export interface PolicyRule {
  /** `from` or `to`; empty: everybody, also outside the cluster. */
  readonly peers: readonly PolicyPeer[];
  /** Empty: every port and protocol. */
  readonly ports: readonly PolicyPort[];
}

export interface NetworkPolicy {
  readonly kind: 'NetworkPolicy';
  readonly meta: Meta;
  /** Of the policy's own namespace; an empty one selects all of its pods. */
  readonly podSelector: LabelSelector;
  /** Defaulted: Ingress, and Egress where the policy has egress rules. */
  readonly policyTypes: readonly PolicyType[];
  readonly ingress: readonly PolicyRule[];
  readonly egress: readonly PolicyRule[];
}

/** Who enforces NetworkPolicies. flannel does not; `kube-router` is its controller beside flannel, as k3s ships it. */
export const POLICY_ENFORCEMENTS = ['kube-router', 'none'] as const;
export type PolicyEnforcement = (typeof POLICY_ENFORCEMENTS)[number];
