import { ip } from '../../src/addr/index.ts';
import {
  judgeConnection,
  KUBE_ROUTER_MODES,
  type PolicyEnd,
  type PolicyModes,
  policyModel,
} from '../../src/intent/index.ts';
import type { ClusterObjects, Protocol } from '../../src/k8s/index.ts';
import { clusterOf } from '../fixtures/objects.ts';

/** The cluster in which the statements about NetworkPolicies are tried: two namespaces and default, two nodes. */
const PODS: readonly object[] = [
  namespace('shop', { team: 'shop' }),
  namespace('dev'),
  pod('shop', 'web', 'node1', '10.244.1.10', { app: 'web', tier: 'front' }),
  pod('shop', 'db', 'node2', '10.244.2.10', { app: 'db' }, [{ name: 'sql', containerPort: 5432 }]),
  pod('shop', 'db-2', 'node2', '10.244.2.11', { app: 'db' }, [{ name: 'sql', containerPort: 6543 }]),
  pod('dev', 'web', 'node1', '10.244.1.20', { app: 'web' }),
  pod('default', 'lone', 'node2', '10.244.2.20', { app: 'lone' }),
  {
    ...pod('shop', 'done', 'node1', '10.244.1.30', { app: 'web' }),
    status: { phase: 'Succeeded', podIP: '10.244.1.30' },
  },
  pod('shop', 'agent', 'node1', '192.168.56.11', { app: 'web' }, [{ containerPort: 9100 }], {
    hostNetwork: true,
  }),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'db', namespace: 'shop' },
    spec: {
      clusterIP: '10.96.0.20',
      selector: { app: 'db' },
      ports: [{ port: 3306, targetPort: 5432 }],
    },
  },
];

function namespace(name: string, labels?: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
  };
}

export function pod(
  space: string,
  name: string,
  nodeName: string,
  podIP: string,
  labels: object,
  ports: object[] = [{ containerPort: 80 }],
  spec: object = {},
): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...(space === 'default' ? {} : { namespace: space }), labels },
    spec: { nodeName, ...spec, containers: [{ name: 'c', image: 'x', ports }] },
    status: { phase: 'Running', podIP },
  };
}

/** A NetworkPolicy of namespace shop, or of that one. */
export function policy(spec: object, space: string | undefined = 'shop', name = 'p'): object {
  const metadata = { name, ...(space === '' ? {} : { namespace: space }) };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec };
}

/** The cluster with those objects more, as a List of manifests. */
export function textOf(...policies: object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...PODS, ...policies] });
}

/** A pod by `ns/name`, or an address. */
export function end(objects: ClusterObjects, name: string): PolicyEnd {
  const found = objects.pods.find(({ meta }) => `${meta.namespace}/${meta.name}` === name);
  return found === undefined ? { kind: 'address', ip: ip(name) } : { kind: 'pod', pod: found };
}

/** `FROM TO[:PORT[/PROTOCOL]]`, TCP 80 by default: what each side and both say. */
export function judge(
  policies: readonly object[],
  asked: string,
  modes: Partial<PolicyModes> = {},
): { allowed: boolean; ingress: boolean; egress: boolean } {
  const [from = '', to = ''] = asked.split(' ');
  const [name = '', port = '80/TCP'] = to.split(':');
  const [number, protocol = 'TCP'] = port.split('/');
  const { objects } = clusterOf(textOf(...policies));
  const verdict = judgeConnection(policyModel(objects, { ...KUBE_ROUTER_MODES, ...modes }), {
    from: end(objects, from),
    to: end(objects, name),
    port: Number(number),
    protocol: protocol as Protocol,
  });
  return { allowed: verdict.allowed, ingress: verdict.ingress.allowed, egress: verdict.egress.allowed };
}

export const allowed = (
  policies: readonly object[],
  asked: string,
  modes: Partial<PolicyModes> = {},
): boolean => judge(policies, asked, modes).allowed;

export const DB = { matchLabels: { app: 'db' } };
export const WEB = { matchLabels: { app: 'web' } };
/** One rule for who reaches the databases. */
export const toDb = (rule: object): object =>
  policy({ podSelector: DB, policyTypes: ['Ingress'], ingress: [rule] });
export const block = (cidr: string, ...except: string[]): object => ({ ipBlock: { cidr, except } });
