import type { Diagnostic, Pod, PolicyPort, Service } from '../k8s/index.ts';
import type { PlacedRule } from './policy-lint.ts';
import type { PolicyScope } from './policy-lint-scope.ts';
import { policyFinding, policyWarning } from './policy-lint-warning.ts';

/**
 * Ports of a rule that none of its destinations has: names (PW335), and numbers that are a Service's where its pods
 * have another (PW334).
 */
export function checkPorts({ policy, direction, rule, path }: PlacedRule, scope: PolicyScope): Diagnostic[] {
  if (rule.ports.length === 0) return [];
  const ingress = direction === 'Ingress';
  const everybody = !ingress && rule.peers.length === 0;
  const destinations = (): readonly Pod[] => {
    if (ingress) {
      if (!policy.policyTypes.includes(direction)) return [];
      return scope.peers(policy, { kind: 'pods', podSelector: policy.podSelector });
    }
    return everybody ? scope.pods : rule.peers.flatMap((peer) => scope.peers(policy, peer));
  };
  const found = destinations();
  // Who is selected by his labels is known; of a namespace, and of everybody, the input may show a part.
  const chosen = ingress
    ? policy.podSelector.matchLabels.size > 0
    : rule.peers.length > 0 &&
      rule.peers.every(
        (peer) =>
          peer.kind === 'pods' &&
          (peer.podSelector?.matchLabels.size ?? 0) > 0 &&
          scope.peers(policy, peer).length > 0,
      );
  const outside = !ingress && !everybody && rule.peers.every(({ kind }) => kind === 'ipBlock');
  return rule.ports.flatMap((port, i) => {
    const at = [...path, 'ports', i, 'port'];
    if (typeof port.port === 'string')
      return unknownName(port, port.port, { found, chosen, outside }, policy, at);
    if (port.port === undefined || port.endPort !== undefined || everybody) return [];
    const other = servicePort(port, port.port, found, scope);
    if (other === undefined) return [];
    const { service, targetPort } = other;
    const name = `${service.meta.namespace}/${service.meta.name}`;
    const message = `port ${port.port} is that of Service ${name}; its pods are reached on ${targetPort}, and policies judge that`;
    return [policyWarning(policy, at, 'PW334', message, `write port: ${targetPort}`)];
  });
}

interface Destinations {
  readonly found: readonly Pod[];
  /** They were chosen by their labels. */
  readonly chosen: boolean;
  /** Addresses alone are meant. */
  readonly outside: boolean;
}

function unknownName(
  { protocol }: PolicyPort,
  name: string,
  { found, chosen, outside }: Destinations,
  policy: PlacedRule['policy'],
  at: readonly (string | number)[],
): Diagnostic[] {
  const has = (pod: Pod): boolean => pod.ports.some((own) => own.name === name && own.protocol === protocol);
  if (found.some(has)) return [];
  if (found.length === 0) {
    if (!outside) return [];
    const message = `port "${name}" means nothing outside the cluster: names are those of container ports`;
    return [policyWarning(policy, at, 'PW335', message, 'write the number')];
  }
  const other = found.flatMap(({ ports }) => ports).find((own) => own.name === name);
  const fix =
    other === undefined
      ? 'write the name of a container port, or its number'
      : `the port of that name is ${other.protocol}: write protocol: ${other.protocol}`;
  const message = `no destination has a ${protocol} port named "${name}": the entry opens nothing`;
  const severity = chosen || outside || other !== undefined ? 'warning' : 'note';
  return [policyFinding(severity, policy, at, 'PW335', message, fix)];
}

/** The Service whose port it is, where every destination is reached by such a Service and none declares the port. */
function servicePort(
  { protocol }: PolicyPort,
  number: number,
  destinations: readonly Pod[],
  scope: PolicyScope,
): { readonly service: Service; readonly targetPort: number | string } | undefined {
  let first: { readonly service: Service; readonly targetPort: number | string } | undefined;
  for (const pod of destinations) {
    if (pod.ports.some((own) => own.containerPort === number && own.protocol === protocol)) return undefined;
    let mapped: typeof first;
    for (const service of scope.servicesOf(pod)) {
      const port = service.ports.find((one) => one.port === number && one.protocol === protocol);
      if (port === undefined || service.headless) continue;
      if (port.targetPort === number) return undefined;
      mapped ??= { service, targetPort: port.targetPort };
    }
    if (mapped === undefined) return undefined;
    first ??= mapped;
  }
  return first;
}
