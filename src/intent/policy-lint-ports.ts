import { type Diagnostic, matchLabels, type Pod, type PolicyPort, type Service } from '../k8s/index.ts';
import type { PlacedRule } from './policy-lint.ts';
import { policyWarning } from './policy-lint-warning.ts';
import { isolates, peerMatches } from './policy-match.ts';
import type { PolicyModel, Subject } from './policy-model.ts';

/**
 * Ports of a rule that none of its destinations has: names (PW335), and numbers that are a Service's where its pods
 * have another (PW334).
 */
export function checkPorts(
  { policy, direction, rule, path }: PlacedRule,
  model: PolicyModel,
  subjects: readonly Subject[],
  pods: readonly Pod[],
  services: readonly Service[],
): Diagnostic[] {
  const isDestination = (subject: Subject): boolean => {
    if (direction === 'Ingress') return isolates(policy, direction, subject);
    if (rule.peers.length === 0) return subject.namespace !== undefined;
    return rule.peers.some((peer) => peerMatches(model, policy, peer, subject));
  };
  const destinations = pods.filter((_, i) => isDestination(subjects[i] as Subject));
  const outside = direction === 'Egress' && rule.peers.some(({ kind }) => kind === 'ipBlock');
  return rule.ports.flatMap((port, i) => {
    const at = [...path, 'ports', i, 'port'];
    if (typeof port.port === 'string') return unknownName(port, port.port, destinations, outside, policy, at);
    if (port.port === undefined || port.endPort !== undefined || destinations.length === 0) return [];
    const other = servicePort(port, port.port, destinations, services);
    if (other === undefined) return [];
    const { service, targetPort } = other;
    const name = `${service.meta.namespace}/${service.meta.name}`;
    const message = `port ${port.port} is that of Service ${name}; its pods are reached on ${targetPort}, and policies judge that`;
    return [policyWarning(policy, at, 'PW334', message, `write port: ${targetPort}`)];
  });
}

function unknownName(
  { protocol }: PolicyPort,
  name: string,
  destinations: readonly Pod[],
  outside: boolean,
  policy: PlacedRule['policy'],
  at: readonly (string | number)[],
): Diagnostic[] {
  const has = (pod: Pod): boolean => pod.ports.some((own) => own.name === name && own.protocol === protocol);
  if (destinations.some(has)) return [];
  if (destinations.length === 0) {
    if (!outside) return [];
    const message = `port "${name}" means nothing outside the cluster: names are those of container ports`;
    return [policyWarning(policy, at, 'PW335', message, 'write the number')];
  }
  const other = destinations.flatMap(({ ports }) => ports).find((own) => own.name === name);
  const fix =
    other === undefined
      ? 'write the name of a container port, or its number'
      : `the port of that name is ${other.protocol}: write protocol: ${other.protocol}`;
  const message = `no destination has a ${protocol} port named "${name}": the entry opens nothing`;
  return [policyWarning(policy, at, 'PW335', message, fix)];
}

/** The Service of a destination that has the port, where no destination itself declares it. */
function servicePort(
  { protocol }: PolicyPort,
  number: number,
  destinations: readonly Pod[],
  services: readonly Service[],
): { readonly service: Service; readonly targetPort: number | string } | undefined {
  const declared = destinations.some(({ ports }) =>
    ports.some((own) => own.containerPort === number && own.protocol === protocol),
  );
  if (declared) return undefined;
  for (const service of services) {
    const { selector, meta } = service;
    const port = service.ports.find((one) => one.port === number && one.protocol === protocol);
    if (port === undefined || port.targetPort === number || selector === undefined || selector.size === 0)
      continue;
    const serves = destinations.some(
      (pod) => pod.meta.namespace === meta.namespace && matchLabels(selector, pod.meta.labels),
    );
    if (serves) return { service, targetPort: port.targetPort };
  }
  return undefined;
}
