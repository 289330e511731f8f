import { formatCidr } from '../addr/index.ts';
import type { LabelSelector, NetworkPolicy, PolicyPeer, PolicyRule } from '../k8s/index.ts';
import { compact, type Manifest, metadata } from './manifest-parts.ts';

export function selectorManifest({ matchLabels, matchExpressions }: LabelSelector): Manifest {
  return compact({
    matchLabels: Object.fromEntries(matchLabels),
    matchExpressions: matchExpressions.map((one) => compact({ ...one })),
  });
}

/** A NetworkPolicy as `kubectl get -o json` would show it; an empty selector or rule stays, for it says "all". */
export function policyManifest({ meta, podSelector, policyTypes, ingress, egress }: NetworkPolicy): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(meta),
    spec: {
      podSelector: selectorManifest(podSelector),
      policyTypes,
      ...(ingress.length === 0 ? {} : { ingress: ingress.map((rule) => ruleManifest(rule, 'from')) }),
      ...(egress.length === 0 ? {} : { egress: egress.map((rule) => ruleManifest(rule, 'to')) }),
    },
  };
}

function ruleManifest({ peers, ports }: PolicyRule, side: 'from' | 'to'): Manifest {
  return {
    ...(peers.length === 0 ? {} : { [side]: peers.map(peerManifest) }),
    ...(ports.length === 0 ? {} : { ports: ports.map((port) => compact({ ...port })) }),
  };
}

function peerManifest(peer: PolicyPeer): Manifest {
  if (peer.kind === 'ipBlock') {
    return { ipBlock: compact({ cidr: formatCidr(peer.cidr), except: peer.except.map(formatCidr) }) };
  }
  const { podSelector, namespaceSelector } = peer;
  return {
    ...(podSelector === undefined ? {} : { podSelector: selectorManifest(podSelector) }),
    ...(namespaceSelector === undefined ? {} : { namespaceSelector: selectorManifest(namespaceSelector) }),
  };
}
