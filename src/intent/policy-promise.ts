import { parseIp } from '../addr/index.ts';
import type { ClusterObjects, Pod, Protocol } from '../k8s/index.ts';
import { decisionsOf, type Endpoint, type Path, type Promised, parseHostPort } from '../trace/index.ts';
import { endText, reasonText } from './policy-explain.ts';
import { type Connection, type DirectionVerdict, judgeConnection } from './policy-judge.ts';
import { type PolicyEnd, type PolicyModel, policedPods, policyModel } from './policy-model.ts';
import type { Asked } from './promise.ts';

/** What NetworkPolicies have to do with a promise. */
export interface PolicyPromise {
  /** The promise, without the endpoints that policies keep the sender from. */
  readonly promised: Promised;
  /** Whether a path that policies ended is one that the specification ends as well. */
  readonly denies: (path: Path, protocol: string) => boolean;
}

const PROTOCOLS: Readonly<Record<string, Protocol>> = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' };

/**
 * Holds a promise against the NetworkPolicies, by their specification. A policy that denies is what its writer wants:
 * a refusal is then promised. Where masquerading may replace the sender's address the specification leaves open which
 * one counts (every sender but a pod that asks a pod or a ClusterIP): there nothing is taken from the promise, and of a
 * refusal the address that the policy saw is judged.
 */
export function policyPromise(objects: ClusterObjects, asked: Asked, promised: Promised): PolicyPromise {
  if (objects.networkPolicies.length === 0 || objects.policyEnforcement === 'none')
    return { promised, denies: () => false };
  const model = policyModel(objects);
  const ends = endsOf(objects);
  return {
    promised: withPolicies(objects, model, asked, promised),
    denies: (path, protocol) => deniesPath(model, ends, path, PROTOCOLS[protocol]),
  };
}

/** Who has an address, as the specification sees it. */
function endsOf(objects: ClusterObjects): (text: string) => PolicyEnd | undefined {
  const pods = new Map<string | number | bigint, Pod>();
  for (const pod of policedPods(objects))
    if (!pod.hostNetwork) for (const ip of pod.podIPs) pods.set(ip, pod);
  return (text) => {
    const ip = parseIp(text);
    if (ip === undefined) return undefined;
    const pod = pods.get(ip);
    return pod === undefined ? { kind: 'address', ip } : { kind: 'pod', pod };
  };
}

function deniesPath(
  model: PolicyModel,
  endOf: (text: string) => PolicyEnd | undefined,
  path: Path,
  protocol: Protocol | undefined,
): boolean {
  const denied = decisionsOf(path.hops).filter(({ verdict }) => verdict === 'denied');
  return (
    denied.length > 0 &&
    protocol !== undefined &&
    denied.every(({ direction, source, destination }) => {
      const to = parseHostPort(destination);
      const from = endOf(source);
      const end = endOf(destination.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
      if (to?.dport === undefined || from === undefined || end === undefined) return false;
      return !judgeConnection(model, { from, to: end, port: to.dport, protocol, viaService: true })[direction]
        .allowed;
    })
  );
}

function withPolicies(
  objects: ClusterObjects,
  model: PolicyModel,
  asked: Asked,
  promised: Promised,
): Promised {
  const { source, destination } = asked;
  const protocol = PROTOCOLS[destination.protocol];
  if (promised.kind !== 'answer' || protocol === undefined) return promised;
  const sender = objects.pods.find(
    (p) =>
      source.kind === 'pod' && p.meta.name === source.end.name && p.meta.namespace === source.end.namespace,
  );
  const service = objects.services.some((s) => s.clusterIPs.includes(destination.ip));
  const pod = objects.pods.some((p) => !p.hostNetwork && p.podIPs.includes(destination.ip));
  const masqueraded = service && objects.kubeProxy.iptables.masqueradeAll;
  if (sender === undefined || sender.hostNetwork || masqueraded || !(service || pod)) return promised;
  const verdicts = promised.endpoints.map((endpoint) => {
    const connection = connectionTo(objects, sender, endpoint, protocol, service);
    return { endpoint, verdict: connection === undefined ? undefined : judgeConnection(model, connection) };
  });
  const allowed = verdicts.filter(({ verdict }) => verdict?.allowed !== false);
  if (allowed.length === verdicts.length) return promised;
  if (allowed.length > 0) return { ...promised, endpoints: allowed.map(({ endpoint }) => endpoint) };
  const whys = verdicts.flatMap(({ endpoint, verdict }) => [
    ...(verdict?.egress.allowed === false
      ? [refusal(verdict.egress, endText({ kind: 'pod', pod: sender }))]
      : []),
    ...(verdict?.ingress.allowed === false
      ? [refusal(verdict.ingress, `${endpoint.namespace}/${endpoint.pod}`)]
      : []),
  ]);
  return { kind: 'refuse', why: `NetworkPolicies deny it: ${[...new Set(whys)].join('; ')}` };
}

function refusal(verdict: DirectionVerdict, of: string): string {
  return `${verdict.direction.toLowerCase()} of ${of} is ${reasonText(verdict)}`;
}

function connectionTo(
  objects: ClusterObjects,
  sender: Pod,
  { namespace, pod: name, port }: Endpoint,
  protocol: Protocol,
  viaService: boolean,
): Connection | undefined {
  const pod = objects.pods.find((p) => p.meta.name === name && p.meta.namespace === namespace);
  if (pod === undefined || port === undefined) return undefined;
  return { from: { kind: 'pod', pod: sender }, to: { kind: 'pod', pod }, port, protocol, viaService };
}
