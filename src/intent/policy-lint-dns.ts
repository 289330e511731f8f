import { cidr, contains, nthIp } from '../addr/index.ts';
import { withDns } from '../controllers/dns/index.ts';
import type { ClusterObjects, Diagnostic, NetworkPolicy, Pod, PolicyRule, Severity } from '../k8s/index.ts';
import type { PolicyScope } from './policy-lint-scope.ts';
import { policyFinding } from './policy-lint-warning.ts';
import { peerMatches, portMatches } from './policy-match.ts';

/** Addresses of the NodeLocal DNS cache and the like: whoever opens one has his names from there. */
const LINK_LOCAL = cidr('169.254.0.0/16');

/**
 * Pods whose egress is isolated and that cannot ask the cluster's DNS over UDP (PW336): the pods of kube-dns, those of
 * the input or those that kubeadm installs. One finding for each policy that is the first to isolate such a pod. A note
 * where pods are to reach nothing at all, or addresses only, and where the rule may be right with labels that the input
 * does not show.
 */
export function dnsCutOff(objects: ClusterObjects, scope: PolicyScope): Diagnostic[] {
  const isolating = new Map<Pod, NetworkPolicy[]>();
  for (const policy of objects.networkPolicies) {
    if (!policy.policyTypes.includes('Egress') || objects.policyEnforcement === 'none') continue;
    for (const pod of scope.select(policy.meta.namespace, policy.podSelector)) {
      const own = isolating.get(pod);
      if (own === undefined) isolating.set(pod, [policy]);
      else own.push(policy);
    }
  }
  if (isolating.size === 0) return [];
  const servers = dnsServers(objects, scope);
  const numbers = new Map(objects.networkPolicies.map((policy, i) => [policy, i]));
  const judged = new Map<string, Severity | undefined>();
  const cut = new Map<NetworkPolicy, { readonly severity: Severity; readonly pods: Pod[] }>();
  for (const pod of scope.pods) {
    const policies = isolating.get(pod);
    const first = policies?.[0];
    if (policies === undefined || first === undefined || servers.includes(pod)) continue;
    const key = policies.map((policy) => numbers.get(policy)).join(' ');
    if (!judged.has(key)) judged.set(key, judge(policies, servers, scope));
    const severity = judged.get(key);
    if (severity === undefined) continue;
    const own = cut.get(first);
    if (own === undefined) cut.set(first, { severity, pods: [pod] });
    else if (own.severity === severity || severity === 'note') own.pods.push(pod);
    else cut.set(first, { severity, pods: [pod, ...own.pods] });
  }
  return [...cut].map(([policy, { severity, pods }]) => {
    const [first] = pods;
    const name = `${first?.meta.namespace}/${first?.meta.name}`;
    const who = pods.length === 1 ? `Pod ${name}` : `${pods.length} pods (${name} among them)`;
    const message = `it isolates the egress of ${who}, and nothing allows UDP 53 to the cluster's DNS: names do not resolve`;
    const fix = 'allow egress to k8s-app: kube-dns of kube-system on the ports 53/UDP and 53/TCP';
    return policyFinding(severity, policy, ['spec'], 'PW336', message, fix);
  });
}

/** The pods of kube-dns; where the input has none, one as the usual Deployment makes it. */
function dnsServers(objects: ClusterObjects, { pods }: PolicyScope): readonly Pod[] {
  const isServer = ({ meta }: Pod): boolean =>
    meta.namespace === 'kube-system' && meta.labels.get('k8s-app') === 'kube-dns';
  const given = [...pods, ...objects.pods.filter((pod) => pod.hostNetwork)].filter(isServer);
  if (given.length > 0) return given;
  const made = withDns({ ...objects, services: [], pods: [] }).workloads.at(-1);
  if (made === undefined) return [];
  const { meta, template } = made;
  return [
    {
      kind: 'Pod',
      meta: { ...meta, labels: template.labels },
      ...template.spec,
      phase: 'Running',
      podIPs: [nthIp(objects.flannel.network, 2)],
      ready: true,
    },
  ];
}

/** Undefined: DNS is open. */
function judge(
  policies: readonly NetworkPolicy[],
  servers: readonly Pod[],
  scope: PolicyScope,
): Severity | undefined {
  const rules = policies.flatMap((policy) => policy.egress.map((rule) => ({ policy, rule })));
  if (rules.some(({ policy, rule }) => servers.some((server) => opens(policy, rule, server, scope))))
    return undefined;
  const peers = rules.flatMap(({ rule }) => rule.peers);
  const local = rules.some(
    ({ rule }) =>
      onPort(rule) &&
      rule.peers.some(
        (peer) => peer.kind === 'ipBlock' && peer.cidr.length >= 16 && contains(LINK_LOCAL, peer.cidr.base),
      ),
  );
  if (local) return undefined;
  // No rule: cut off on purpose. Blocks only: who is called by address needs no name.
  if (rules.every(({ rule }) => rule.peers.length > 0) && peers.every(({ kind }) => kind === 'ipBlock'))
    return 'note';
  return rules.some(({ policy, rule }) => onPort(rule) && mayFit(policy, rule, scope)) ? 'note' : 'warning';
}

function opens(policy: NetworkPolicy, rule: PolicyRule, server: Pod, { model }: PolicyScope): boolean {
  const to = model.subjectOf({ kind: 'pod', pod: server });
  // The server's own port: CoreDNS may listen elsewhere than on 53.
  const port = server.ports.find((one) => one.protocol === 'UDP')?.containerPort ?? 53;
  const query = { port, protocol: 'UDP' } as const;
  return (
    (rule.peers.length === 0 || rule.peers.some((peer) => peerMatches(model, policy, peer, to))) &&
    (rule.ports.length === 0 || rule.ports.some((one) => portMatches(model, one, query, to)))
  );
}

/** Whether a rule says that it is about DNS. */
function onPort({ ports }: PolicyRule): boolean {
  return ports.some(
    ({ protocol, port, endPort }) =>
      protocol === 'UDP' &&
      (port === undefined ||
        (typeof port === 'string'
          ? port.startsWith('dns')
          : [53, 5353, 1053, 8053].includes(port) || (port < 53 && (endPort ?? port) >= 53))),
  );
}

/** Whether its peers may be the DNS of a cluster that has more than the input shows: nobody here is meant. */
function mayFit(policy: NetworkPolicy, { peers }: PolicyRule, scope: PolicyScope): boolean {
  return peers.some(
    (peer) =>
      peer.kind === 'pods' &&
      peer.namespaceSelector !== undefined &&
      !scope.givenNamespaces.has('kube-system') &&
      scope.peers(policy, peer).length === 0,
  );
}
