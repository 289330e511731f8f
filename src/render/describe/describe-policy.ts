import { formatCidr } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { matchSelector, type NetworkPolicy, type PolicyPeer, type PolicyRule } from '../../k8s/index.ts';
import { formatSelector } from '../columns-workload.ts';
import { metadataFields } from './metadata.ts';
import { formatFields, formatSection } from './page.ts';

const ALL = '<any> (traffic not restricted by';

/** What `kubectl describe networkpolicy` says, then the pods that the policy is about. */
export function describePolicy(policy: NetworkPolicy, cluster: Cluster): string {
  const { meta, podSelector, policyTypes } = policy;
  const chosen = cluster.objects.pods.filter(
    (pod) => pod.meta.namespace === meta.namespace && matchSelector(podSelector, pod.meta.labels),
  );
  const selector =
    formatSelector(podSelector) || '<none> (Allowing the specific traffic to all pods in this namespace)';
  const spec = [
    formatFields([['PodSelector', selector]]),
    direction(policy, 'Ingress'),
    direction(policy, 'Egress'),
    formatFields([['Policy Types', policyTypes.join(', ')]]),
  ];
  return [
    formatFields(metadataFields(meta)),
    formatSection('Spec', spec.join('')),
    formatSection(
      'Pods',
      chosen
        .map(({ meta, hostNetwork }) =>
          hostNetwork ? `${meta.name} (on the host network: no NetworkPolicy protects it)` : meta.name,
        )
        .sort()
        .join('\n'),
    ),
  ].join('');
}

function direction(policy: NetworkPolicy, type: 'Ingress' | 'Egress'): string {
  const word = type.toLowerCase();
  if (!policy.policyTypes.includes(type)) return `Not affecting ${word} traffic\n`;
  const rules = type === 'Ingress' ? policy.ingress : policy.egress;
  const body =
    rules.length === 0
      ? `<none> (Selected pods are isolated for ${word} connectivity)\n`
      : rules.map((rule) => ruleText(rule, type)).join('----------\n');
  return formatSection(`Allowing ${word} traffic`, body);
}

function ruleText({ peers, ports }: PolicyRule, type: 'Ingress' | 'Egress'): string {
  const side = type === 'Ingress' ? 'From' : 'To';
  const portLines =
    ports.length === 0
      ? `To Port: ${ALL} port)\n`
      : ports.map(({ protocol, port, endPort }) => {
          const range = endPort === undefined ? `${port ?? '<any>'}` : `${port}-${endPort}`;
          return `To Port: ${range}/${protocol}\n`;
        });
  const peerLines =
    peers.length === 0
      ? `${side}: ${ALL} ${type === 'Ingress' ? 'source' : 'destination'})\n`
      : peers.map((peer) => formatSection(side, peerText(peer)));
  return [portLines, peerLines].flat().join('');
}

function peerText(peer: PolicyPeer): string {
  if (peer.kind === 'ipBlock') {
    return formatFields([
      ['IPBlock CIDR', formatCidr(peer.cidr)],
      ['Except', peer.except.map(formatCidr).join(', ')],
    ]);
  }
  const { podSelector, namespaceSelector } = peer;
  return formatFields([
    ...(namespaceSelector === undefined
      ? []
      : [['NamespaceSelector', formatSelector(namespaceSelector)] as const]),
    ...(podSelector === undefined ? [] : [['PodSelector', formatSelector(podSelector)] as const]),
  ]);
}
