import type { Diagnostic, NetworkPolicy, Pod } from '../k8s/index.ts';
import { judgeConnection } from './policy-judge.ts';
import { policyWarning } from './policy-lint-warning.ts';
import { isolating, portMatches } from './policy-match.ts';
import type { PolicyModel } from './policy-model.ts';

/**
 * Pods whose egress is isolated and that cannot ask the cluster's DNS over UDP (PW336): the pods of kube-dns where
 * they are in the input, else anybody on port 53. One warning for each policy that is the first to isolate such a
 * pod. A policy that denies all egress on purpose is told too: its pods resolve no names.
 */
export function dnsCutOff(model: PolicyModel, pods: readonly Pod[]): Diagnostic[] {
  const servers = pods.filter(
    ({ meta }) => meta.namespace === 'kube-system' && meta.labels.get('k8s-app') === 'kube-dns',
  );
  const cut = new Map<NetworkPolicy, Pod[]>();
  for (const pod of pods) {
    const [first, ...more] = isolating(model, 'Egress', model.subjectOf({ kind: 'pod', pod }));
    if (first === undefined || asksDns(model, pod, [first, ...more], servers)) continue;
    const own = cut.get(first);
    if (own === undefined) cut.set(first, [pod]);
    else own.push(pod);
  }
  return [...cut].map(([policy, own]) => {
    const [first] = own;
    const name = `${first?.meta.namespace}/${first?.meta.name}`;
    const who = own.length === 1 ? `Pod ${name}` : `${own.length} pods (${name} among them)`;
    const message = `it isolates the egress of ${who}, and nothing allows UDP 53 to the cluster's DNS: names do not resolve`;
    const fix = 'allow egress to k8s-app: kube-dns of kube-system on the ports 53/UDP and 53/TCP';
    return policyWarning(policy, ['spec'], 'PW336', message, fix);
  });
}

function asksDns(
  model: PolicyModel,
  pod: Pod,
  policies: readonly NetworkPolicy[],
  servers: readonly Pod[],
): boolean {
  const query = { port: 53, protocol: 'UDP' } as const;
  if (servers.length > 0) {
    return servers.some((server) => {
      // The server's own port: CoreDNS may listen elsewhere than on 53.
      const own = server.ports.find((port) => port.protocol === 'UDP')?.containerPort ?? 53;
      const from = { kind: 'pod', pod } as const;
      const to = { kind: 'pod', pod: server } as const;
      return judgeConnection(model, { from, to, ...query, port: own }).egress.allowed;
    });
  }
  const nobody = model.subjectOf({ kind: 'address', ip: 0 });
  return policies.some(({ egress }) =>
    egress.some(
      ({ ports }) => ports.length === 0 || ports.some((one) => portMatches(model, one, query, nobody)),
    ),
  );
}
