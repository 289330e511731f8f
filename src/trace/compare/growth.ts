import type { Ip } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import {
  type ClusterObjects,
  type Endpoint,
  type EndpointSlice,
  isFinished,
  type Meta,
  type Pod,
  type Service,
} from '../../k8s/index.ts';
import { answer } from '../answer.ts';
import type { Path } from '../model.ts';
import { lookupsOf, rulesOf } from './outcome.ts';

/** How many Services a cluster has in each step. */
export const SIZES: readonly number[] = [10, 30, 100, 300, 1000, 3000, 10_000];

/** What the first packet of a connection costs: to the Service that kube-proxy wrote first, in the middle, last. */
export interface GrowthPoint {
  readonly rules: readonly [first: number, middle: number, last: number];
  readonly lookups: readonly [first: number, middle: number, last: number];
}

export interface GrowthStep {
  readonly services: number;
  /** By mode. */
  readonly modes: Readonly<Record<string, GrowthPoint>>;
}

/** What a packet costs as Services grow in number. */
export interface Growth {
  /** Who asks. */
  readonly source: string;
  readonly steps: readonly GrowthStep[];
}

/** Where the Services that are added have their addresses: 198.18.0.0/15 (RFC 2544), which no cluster uses. */
const FIRST_ADDRESS = 0xc6120000;
const NAMESPACE = 'podwalk-growth';

/**
 * Adds Services to a cluster until it has each of the numbers (those that it does not have already), each with one port and
 * one endpoint, the cluster's last pod, and walks from its first pod to the first, the middle and the last of them in each
 * mode.
 * Undefined in a cluster without a pod that has an address.
 *
 * @param build the state of objects
 */
export function growthOf(
  objects: ClusterObjects,
  modes: readonly { readonly mode: string; readonly objects: ClusterObjects }[],
  build: (objects: ClusterObjects) => Cluster,
  sizes: readonly number[] = SIZES,
  from?: string,
): Growth | undefined {
  const pods = objects.pods.filter(
    (pod) => !pod.hostNetwork && !isFinished(pod) && addressOf(pod) !== undefined,
  );
  const [pod] = pods;
  const target = pods.at(-1);
  if (pod === undefined || target === undefined) return undefined;
  const source = from ?? `pod/${pod.meta.namespace}/${pod.meta.name}`;
  const existing = objects.services.length;
  const steps = sizes
    .filter((size) => size > existing)
    .map((services): GrowthStep => {
      const added = services - existing;
      const points = modes.map(({ mode, objects: own }) => {
        const cluster = build(withServices(own, added, target));
        return [mode, measure(cluster, source, added)] as const;
      });
      return { services, modes: Object.fromEntries(points) };
    });
  return { source, steps };
}

function addressOf({ podIPs }: Pod): Ip | undefined {
  return podIPs.find((ip) => typeof ip === 'number');
}

function nameOf(index: number): string {
  return `s${`${index}`.padStart(6, '0')}`;
}

/** Without what was computed from the objects, which is computed again, and without breaks. */
function given({ topology: { breaks: _, ...topology }, ...objects }: ClusterObjects): ClusterObjects {
  const endpointSlices = objects.endpointSlices.filter(({ meta }) => meta.source !== undefined);
  return { ...objects, topology, endpointSlices };
}

function withServices(all: ClusterObjects, count: number, pod: Pod): ClusterObjects {
  const objects = given(all);
  const { name, namespace } = pod.meta;
  const ip = addressOf(pod);
  const endpoint: Endpoint = {
    addresses: ip === undefined ? [] : [ip],
    ready: true,
    serving: true,
    terminating: false,
    hostname: '',
    nodeName: pod.nodeName,
    zone: '',
    targetRef: { kind: 'Pod', namespace, name },
  };
  const indexes = Array.from({ length: count }, (_, index) => index);
  return {
    ...objects,
    services: [...objects.services, ...indexes.map(serviceOf)],
    endpointSlices: [...objects.endpointSlices, ...indexes.map((index) => sliceOf(index, [endpoint]))],
  };
}

function metaOf(name: string): Meta {
  return {
    name,
    namespace: NAMESPACE,
    labels: new Map(),
    annotations: new Map(),
    ownerReferences: [],
    deleting: false,
  };
}

function serviceOf(index: number): Service {
  return {
    kind: 'Service',
    meta: metaOf(nameOf(index)),
    type: 'ClusterIP',
    clusterIPs: [FIRST_ADDRESS + 1 + index],
    headless: false,
    ipFamilies: [4],
    ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 80, nodePort: 0 }],
    externalIPs: [],
    externalName: '',
    loadBalancerIngress: [],
    loadBalancerSourceRanges: [],
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    sessionAffinity: 'None',
    sessionAffinityTimeout: 10_800,
    healthCheckNodePort: 0,
    publishNotReadyAddresses: false,
  };
}

function sliceOf(index: number, endpoints: readonly Endpoint[]): EndpointSlice {
  const name = nameOf(index);
  return {
    kind: 'EndpointSlice',
    meta: metaOf(`${name}-1`),
    serviceName: name,
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 80 }],
    endpoints,
  };
}

function measure(cluster: Cluster, source: string, count: number): GrowthPoint {
  const [first, middle, last] = [0, Math.floor((count - 1) / 2), count - 1].map((index): Path => {
    const question = { source, destination: `svc/${NAMESPACE}/${nameOf(index)}:80`, namespace: NAMESPACE };
    const result = answer(cluster, question, { all: false, summary: false });
    const path = result.ok ? result.value.trace.paths[0] : undefined;
    if (path === undefined) throw new Error(`no walk to ${question.destination}`);
    return path;
  }) as [Path, Path, Path];
  return {
    rules: [rulesOf(first), rulesOf(middle), rulesOf(last)],
    lookups: [lookupsOf(first), lookupsOf(middle), lookupsOf(last)],
  };
}
