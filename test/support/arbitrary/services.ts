import fc, { type Arbitrary } from 'fast-check';
import { mostly } from './mostly.ts';
import { type NetworkSketch, ZONES } from './networks.ts';
import { APPS, type PodSketch, type PROTOCOLS, podAddress } from './pods.ts';

const TRAFFIC = ['Cluster', 'Local'] as const;

export interface ServiceSketch {
  readonly namespace: string;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'Headless' | 'ExternalName';
  readonly app: string;
  readonly protocols: readonly (typeof PROTOCOLS)[number][];
  readonly target: 'number' | 'name' | 'wrong';
  readonly external: (typeof TRAFFIC)[number];
  readonly internal: (typeof TRAFFIC)[number];
  readonly affinity: boolean;
  readonly externalIP: boolean;
  readonly ingress: readonly ('VIP' | 'Proxy')[];
  readonly ranges: readonly string[];
  readonly publishNotReady: boolean;
  /** Endpoints by a given slice instead of a selector; with zone hints or without. */
  readonly slice: 'none' | 'plain' | 'hints';
}

export const serviceSketch: Arbitrary<ServiceSketch> = fc.record({
  namespace: mostly('default', 'shop'),
  type: fc.constantFrom('ClusterIP', 'ClusterIP', 'NodePort', 'LoadBalancer', 'Headless', 'ExternalName'),
  app: mostly('a', ...APPS, 'nobody'),
  protocols: fc.uniqueArray(mostly('TCP', 'UDP', 'SCTP'), { minLength: 1, maxLength: 2 }),
  target: mostly('number', 'name', 'wrong'),
  external: fc.constantFrom(...TRAFFIC),
  internal: mostly('Cluster', 'Local'),
  affinity: mostly(false, true),
  externalIP: mostly(false, true),
  ingress: fc.array(mostly('VIP', 'Proxy'), { maxLength: 2 }),
  ranges: mostly([], ['192.168.56.0/24'], ['198.51.100.0/24', '10.244.0.0/16']),
  publishNotReady: mostly(false, true),
  slice: mostly('none', 'plain', 'hints'),
});

export function serviceManifests(
  sketch: ServiceSketch,
  i: number,
  pods: readonly PodSketch[],
  network: NetworkSketch,
): object[] {
  const { type, namespace } = sketch;
  const name = `svc-${i}`;
  const metadata = { name, namespace };
  const base = { apiVersion: 'v1', kind: 'Service', metadata };
  if (type === 'ExternalName') return [{ ...base, spec: { type, externalName: 'db.example.com' } }];
  const sliced = sketch.slice !== 'none';
  const spec = {
    ...(type === 'Headless' ? { clusterIP: 'None' } : { type, clusterIP: `10.96.0.${10 + i}` }),
    ...(sliced ? {} : { selector: { app: sketch.app } }),
    ports: sketch.protocols.map((protocol) => servicePort(sketch, i, protocol)),
    publishNotReadyAddresses: sketch.publishNotReady,
    ...(type === 'Headless' ? {} : exposedSpec(sketch, i)),
  };
  const ingress = sketch.ingress.map((ipMode, n) => ({ ip: `203.0.113.${10 * (i + 1) + n}`, ipMode }));
  const service = {
    ...base,
    spec,
    ...(type === 'LoadBalancer' ? { status: { loadBalancer: { ingress } } } : {}),
  };
  return sliced ? [service, sliceManifest(sketch, name, pods, network)] : [service];
}

/** What only a Service with a cluster IP has. */
function exposedSpec(sketch: ServiceSketch, i: number): object {
  const { type, external, internal, affinity, externalIP, ranges } = sketch;
  const reachable = type === 'NodePort' || type === 'LoadBalancer' || externalIP;
  return {
    internalTrafficPolicy: internal,
    ...(reachable ? { externalTrafficPolicy: external } : {}),
    ...(affinity ? { sessionAffinity: 'ClientIP' } : {}),
    ...(externalIP ? { externalIPs: [`198.51.100.${50 + i}`] } : {}),
    ...(type === 'LoadBalancer' && ranges.length > 0 ? { loadBalancerSourceRanges: ranges } : {}),
  };
}

function servicePort(
  { type, target, slice }: ServiceSketch,
  i: number,
  protocol: (typeof PROTOCOLS)[number],
): object {
  const targetPort =
    target === 'name' && slice === 'none' ? protocol.toLowerCase() : target === 'wrong' ? 8081 : 8080;
  const exposed = type === 'NodePort' || type === 'LoadBalancer';
  return {
    name: protocol.toLowerCase(),
    protocol,
    port: 80,
    targetPort,
    ...(exposed ? { nodePort: 30_080 + i } : {}),
  };
}

/** A slice by hand: the pods of an app, as somebody who knows their addresses would list them. */
function sliceManifest(
  sketch: ServiceSketch,
  service: string,
  pods: readonly PodSketch[],
  network: NetworkSketch,
): object {
  const { app, namespace, slice, protocols, target } = sketch;
  const endpoints = pods.flatMap((pod, i) => {
    if (pod.app !== app || pod.condition === 'finished') return [];
    const serving = pod.condition !== 'not ready';
    const terminating = pod.condition === 'terminating';
    return [
      {
        addresses: [podAddress(pod, i, network)],
        conditions: { ready: serving && !terminating, serving, terminating },
        nodeName: `node${pod.node}`,
        zone: ZONES[pod.node % 2],
        ...(slice === 'hints' ? { hints: { forZones: [{ name: ZONES[i % 2] }] } } : {}),
      },
    ];
  });
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-given`,
      namespace,
      labels: { 'kubernetes.io/service-name': service },
    },
    addressType: 'IPv4',
    ports: protocols.map((protocol) => ({
      name: protocol.toLowerCase(),
      port: target === 'wrong' ? 8081 : 8080,
      protocol,
    })),
    endpoints,
  };
}
