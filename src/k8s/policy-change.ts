import { contains, formatCidr, hostCidr } from '../addr/index.ts';
import { type PolicyQuestion, type PolicyRuleMiss, policyRules } from './policy-miss.ts';
import type { NetworkPolicy, PolicyPeer, PolicyPort, PolicyRule } from './policy-objects.ts';
import type { PolicyParty } from './policy-text.ts';

/** One edit of a policy after which it allows a connection. */
export interface PolicyChange {
  readonly policy: NetworkPolicy;
  /** What it touches: `spec.ingress[0].from`. */
  readonly field: string;
  /** `add { port: 5432, protocol: TCP } to spec.ingress[0].ports`. */
  readonly text: string;
  readonly apply: (policy: NetworkPolicy) => NetworkPolicy;
}

/**
 * The edits that would allow a connection that `misses` are about, the nearest first: a rule that lacks one half
 * only gets that half, then the first policy gets a rule of its own.
 */
export function changesThatAllow(
  policies: readonly NetworkPolicy[],
  misses: readonly PolicyRuleMiss[],
  question: PolicyQuestion,
): PolicyChange[] {
  const changes = misses.flatMap((miss) => changeOf(miss, question) ?? []);
  const [first] = policies;
  return first === undefined ? changes : [...changes, addRule(first, question)];
}

function changeOf(
  { policy, rule, failed }: PolicyRuleMiss,
  question: PolicyQuestion,
): PolicyChange | undefined {
  const own = policyRules(policy, question.direction)[rule];
  if (own === undefined) return undefined;
  if (failed === 'port') return portChange(policy, own, rule, question);
  return failed === 'peer' ? addPeer(policy, own, rule, question) : undefined;
}

function portChange(
  policy: NetworkPolicy,
  { ports }: PolicyRule,
  rule: number,
  question: PolicyQuestion,
): PolicyChange | undefined {
  const { port, asked } = question;
  if (port === undefined) return undefined;
  const path = `${rulePath(question, rule)}.ports`;
  // The Service's port where the pod's was meant: that is one number to change.
  const wrong = ports.findIndex(
    (one) =>
      asked?.port !== undefined &&
      asked.port !== port.port &&
      one.port === asked.port &&
      one.endPort === undefined &&
      one.protocol === port.protocol,
  );
  if (wrong >= 0) {
    return {
      policy,
      field: `${path}[${wrong}].port`,
      text: `write ${port.port} in place of ${asked?.port} in ${path}[${wrong}].port`,
      apply: editRule(question, rule, (one) => ({
        ...one,
        ports: one.ports.map((own, i) => (i === wrong ? { ...own, port: port.port } : own)),
      })),
    };
  }
  return {
    policy,
    field: path,
    text: `add ${portYaml(port)} to ${path}`,
    apply: editRule(question, rule, (one) => ({ ...one, ports: [...one.ports, port] })),
  };
}

function addPeer(
  policy: NetworkPolicy,
  { peers }: PolicyRule,
  rule: number,
  question: PolicyQuestion,
): PolicyChange | undefined {
  const peer = peerFor(question.other, policy.meta.namespace, peers);
  if (peer === undefined) return undefined;
  const path = `${rulePath(question, rule)}.${keyOf(question)}`;
  return {
    policy,
    field: path,
    text: `add ${peerYaml(peer)} to ${path}`,
    apply: editRule(question, rule, (one) => ({ ...one, peers: [...one.peers, peer] })),
  };
}

function addRule(policy: NetworkPolicy, question: PolicyQuestion): PolicyChange {
  const peer = peerFor(question.other, policy.meta.namespace, []);
  const peers = peer === undefined ? [] : [peer];
  const ports: PolicyPort[] = question.port === undefined ? [] : [question.port];
  const field = `spec.${question.direction.toLowerCase()}`;
  const parts = [
    ...peers.map((one) => `${keyOf(question)}: [${peerYaml(one)}]`),
    ...ports.map((one) => `ports: [${portYaml(one)}]`),
  ];
  const key = question.direction === 'Ingress' ? 'ingress' : 'egress';
  return {
    policy,
    field,
    text: `add { ${parts.join(', ')} } to ${field}`,
    apply: (one) => ({ ...one, [key]: [...one[key], { peers, ports }] }),
  };
}

function keyOf({ direction }: PolicyQuestion): 'from' | 'to' {
  return direction === 'Ingress' ? 'from' : 'to';
}

function rulePath({ direction }: PolicyQuestion, rule: number): string {
  return `spec.${direction.toLowerCase()}[${rule}]`;
}

function editRule(
  { direction }: PolicyQuestion,
  rule: number,
  edit: (rule: PolicyRule) => PolicyRule,
): (policy: NetworkPolicy) => NetworkPolicy {
  const key = direction === 'Ingress' ? 'ingress' : 'egress';
  return (policy) => ({ ...policy, [key]: policy[key].map((one, i) => (i === rule ? edit(one) : one)) });
}

const NAME_LABEL = 'kubernetes.io/metadata.name';
/** Labels that controllers give pods, another at each rollout or for each pod. */
const FLEETING: ReadonlySet<string> = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
]);

/** The peer that holds one end and as little else as labels can say. */
function peerFor(
  { pod, ips }: PolicyParty,
  namespace: string,
  beside: readonly PolicyPeer[],
): PolicyPeer | undefined {
  const [ip] = ips;
  if (pod === undefined) {
    if (ip === undefined) return undefined;
    // A block that leaves the address out and another that holds it: of two that are the same the later counts.
    return { kind: 'ipBlock', cidr: hostCidr(ip), except: [] };
  }
  const blocks = beside.some(
    (peer) => peer.kind === 'ipBlock' && ip !== undefined && contains(peer.cidr, ip),
  );
  const labels = new Map([...pod.labels].filter(([key]) => !FLEETING.has(key)));
  if (labels.size === 0 && blocks && ip !== undefined)
    return { kind: 'ipBlock', cidr: hostCidr(ip), except: [] };
  return {
    kind: 'pods',
    podSelector: { matchLabels: labels, matchExpressions: [] },
    ...(pod.namespace === namespace
      ? {}
      : {
          namespaceSelector: {
            matchLabels: new Map([[NAME_LABEL, pod.namespace]]),
            matchExpressions: [],
          },
        }),
  };
}

function portYaml({ port, protocol }: PolicyPort): string {
  return `{ port: ${port}, protocol: ${protocol} }`;
}

function peerYaml(peer: PolicyPeer): string {
  if (peer.kind === 'ipBlock') return `{ ipBlock: { cidr: ${formatCidr(peer.cidr)} } }`;
  const parts = [
    ...(peer.namespaceSelector === undefined
      ? []
      : [`namespaceSelector: { matchLabels: ${labelsYaml(peer.namespaceSelector.matchLabels)} }`]),
    ...(peer.podSelector === undefined ? [] : [podSelectorYaml(peer.podSelector.matchLabels)]),
  ];
  return `{ ${parts.join(', ')} }`;
}

function podSelectorYaml(labels: ReadonlyMap<string, string>): string {
  return labels.size === 0 ? 'podSelector: {}' : `podSelector: { matchLabels: ${labelsYaml(labels)} }`;
}

function labelsYaml(labels: ReadonlyMap<string, string>): string {
  return `{ ${[...labels].map(([key, value]) => `${yamlWord(key)}: ${yamlWord(value)}`).join(', ')} }`;
}

/** Quoted where YAML would read a number, a truth value or nothing. */
function yamlWord(text: string): string {
  return /^[A-Za-z][\w./-]*$/.test(text) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
