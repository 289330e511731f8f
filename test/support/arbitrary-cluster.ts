import fc, { type Arbitrary } from 'fast-check';
import { formatIp } from '../../src/addr/index.ts';
import {
  buildCluster,
  type Cluster,
  type ClusterObjects,
  loadCluster,
  type Question,
  type TraceProtocol,
} from '../../src/index.ts';

/**
 * Small random clusters as manifests: nodes, pods in every condition, Services of every type and policy, and the
 * settings of kube-proxy and flannel. Everything is valid, so that whoever takes them (property tests, or a real
 * kernel) need not expect diagnostics of severity `error`.
 */
export interface RandomCluster {
  /** As `kubectl get -o json` would list them, and a KubeProxyConfiguration. */
  readonly manifests: readonly object[];
  /** `--set` arguments. */
  readonly settings: readonly string[];
}

/** The manifests as one List. */
export function manifestText({ manifests }: RandomCluster): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
}

/** Loads and builds a random cluster. Throws on an error in it, which is an error of this file. */
export function buildRandom(random: RandomCluster): Cluster {
  const text = manifestText(random);
  const loaded = loadCluster([{ file: 'random.json', text }], { set: [...random.settings] });
  const cluster = buildCluster(loaded.objects);
  const errors = [...loaded.diagnostics, ...cluster.diagnostics].filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code} ${message}`).join('\n'));
  return cluster;
}

const NAMESPACES = ['default', 'shop'];
const APPS = ['a', 'b', 'c'];
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
const ZONES = ['east', 'west'];
const TRAFFIC = ['Cluster', 'Local'] as const;

/** Mostly the first, sometimes one of the others. */
function mostly<T>(usual: T, ...others: readonly T[]): Arbitrary<T> {
  return fc.oneof(
    { weight: 5, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

interface PodSketch {
  readonly node: number;
  readonly namespace: string;
  readonly app: string;
  readonly condition: 'ready' | 'not ready' | 'terminating' | 'finished';
  readonly hostNetwork: boolean;
  readonly ports: 'declared' | 'none' | 'another';
  readonly addressGiven: boolean;
}

const podSketch: Arbitrary<PodSketch> = fc.record({
  node: fc.nat(7),
  namespace: mostly('default', 'shop'),
  app: mostly('a', ...APPS),
  condition: mostly('ready', 'not ready', 'terminating', 'finished'),
  hostNetwork: mostly(false, false, true),
  ports: mostly('declared', 'none', 'another'),
  addressGiven: fc.boolean(),
});

interface ServiceSketch {
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

const serviceSketch: Arbitrary<ServiceSketch> = fc.record({
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

interface ProxySketch {
  readonly clusterCIDR: string;
  readonly masqueradeAll: boolean;
  readonly localhostNodePorts: boolean;
  readonly detectLocal: 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';
  readonly nodePortAddresses: readonly string[];
  readonly backend: string;
}

const proxySketch: Arbitrary<ProxySketch> = fc.record({
  clusterCIDR: mostly('10.244.0.0/16', ''),
  masqueradeAll: mostly(false, true),
  localhostNodePorts: mostly(true, false),
  detectLocal: mostly('ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'),
  nodePortAddresses: mostly([], ['192.168.56.0/24'], ['127.0.0.0/8']),
  backend: fc.constantFrom('vxlan', 'host-gw'),
});

/** Clusters of one to four nodes, up to eight pods and up to four Services. */
export const randomCluster: Arbitrary<RandomCluster> = fc
  .record({
    nodes: fc.integer({ min: 1, max: 4 }),
    pods: fc.array(podSketch, { minLength: 1, maxLength: 8, size: 'max' }),
    services: fc.array(serviceSketch, { minLength: 1, maxLength: 4 }),
    proxy: proxySketch,
  })
  .map(({ nodes, pods, services, proxy }) => {
    const placed = pods.map((sketch) => ({ ...sketch, node: (sketch.node % nodes) + 1 }));
    return {
      manifests: [
        ...NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
        ...Array.from({ length: nodes }, (_, i) => nodeManifest(i + 1)),
        ...placed.map(podManifest),
        ...services.flatMap((sketch, i) => serviceManifests(sketch, i, placed)),
        proxyManifest(proxy),
      ],
      settings: [`flannel.Backend.Type=${proxy.backend}`],
    };
  });

function nodeManifest(n: number): object {
  const podCIDR = `10.244.${n}.0/24`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node${n}`, labels: { 'topology.kubernetes.io/zone': ZONES[n % 2] } },
    spec: { podCIDR, podCIDRs: [podCIDR] },
    status: { addresses: [{ type: 'InternalIP', address: nodeAddress(n) }] },
  };
}

function nodeAddress(n: number): string {
  return `192.168.56.${10 + n}`;
}

/** The address that a manifest gives a pod; host-local gives the others theirs. */
function podAddress({ node, hostNetwork }: PodSketch, i: number): string {
  return hostNetwork ? nodeAddress(node) : `10.244.${node}.${50 + i}`;
}

function podManifest(sketch: PodSketch, i: number): object {
  const { node, namespace, app, condition, hostNetwork, ports, addressGiven } = sketch;
  const number = ports === 'another' ? 9090 : 8080;
  const declared = PROTOCOLS.map((protocol) => ({
    name: protocol.toLowerCase(),
    containerPort: number,
    protocol,
  }));
  const ip = addressGiven || hostNetwork ? { podIP: podAddress(sketch, i) } : {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `pod-${i}`,
      namespace,
      labels: { app },
      ...(condition === 'terminating' ? { deletionTimestamp: '2024-04-01T00:00:00Z' } : {}),
    },
    spec: {
      nodeName: `node${node}`,
      ...(hostNetwork ? { hostNetwork } : {}),
      containers: [
        { name: 'c', image: 'registry.example/c', ...(ports === 'none' ? {} : { ports: declared }) },
      ],
    },
    status: {
      phase: condition === 'finished' ? 'Succeeded' : 'Running',
      conditions: [
        { type: 'Ready', status: condition === 'ready' || condition === 'terminating' ? 'True' : 'False' },
      ],
      ...(condition === 'finished' ? {} : ip),
    },
  };
}

function serviceManifests(sketch: ServiceSketch, i: number, pods: readonly PodSketch[]): object[] {
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
  return sliced ? [service, sliceManifest(sketch, name, pods)] : [service];
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
function sliceManifest(sketch: ServiceSketch, service: string, pods: readonly PodSketch[]): object {
  const { app, namespace, slice, protocols, target } = sketch;
  const endpoints = pods.flatMap((pod, i) => {
    if (pod.app !== app || pod.condition === 'finished') return [];
    const serving = pod.condition !== 'not ready';
    const terminating = pod.condition === 'terminating';
    return [
      {
        addresses: [podAddress(pod, i)],
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

function proxyManifest(sketch: ProxySketch): object {
  const { clusterCIDR, masqueradeAll, localhostNodePorts, detectLocal, nodePortAddresses } = sketch;
  const interfaces: Partial<Record<ProxySketch['detectLocal'], object>> = {
    BridgeInterface: { detectLocal: { bridgeInterface: 'cni0' } },
    InterfaceNamePrefix: { detectLocal: { interfaceNamePrefix: 'veth' } },
  };
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clusterCIDR,
    detectLocalMode: detectLocal,
    ...interfaces[detectLocal],
    nodePortAddresses,
    iptables: { masqueradeAll, localhostNodePorts },
  };
}

/** Flows through a cluster: from every pod, every node and outside. */
export interface RandomFlows {
  /** To every address and port of every Service, and to a port that it does not have. */
  readonly toServices: readonly Question[];
  /** To pods, nodes and addresses that nobody has. */
  readonly toOthers: readonly Question[];
}

export function flowsOf(objects: ClusterObjects): RandomFlows {
  const sources = [
    ...objects.pods
      .filter((pod) => pod.phase === 'Running')
      .map(({ meta }) => `pod/${meta.namespace}/${meta.name}`),
    ...objects.nodes.map(({ meta }) => `node/${meta.name}`),
    'external',
    'external/198.51.100.9',
  ];
  const from = (targets: readonly Target[]): Question[] =>
    sources.flatMap((source) =>
      targets.map(([destination, protocol]) => ({ source, destination, protocol, namespace: 'default' })),
    );
  return { toServices: from(serviceTargets(objects)), toOthers: from(otherTargets(objects)) };
}

type Target = readonly [destination: string, protocol: TraceProtocol];

function serviceTargets({ services, nodes }: ClusterObjects): Target[] {
  return services.flatMap((service) => {
    const ips = [
      ...service.clusterIPs,
      ...service.externalIPs,
      ...service.loadBalancerIngress.flatMap(({ ip }) => ip ?? []),
    ].map(formatIp);
    const entries = [...nodes.map(({ meta }) => `node/${meta.name}`), '127.0.0.1'];
    const ports = service.ports.flatMap(({ port, nodePort, protocol }): Target[] => {
      const by = protocol.toLowerCase() as TraceProtocol;
      return [
        ...ips.map((ip): Target => [`${ip}:${port}`, by]),
        ...(nodePort === 0 ? [] : entries.map((at): Target => [`${at}:${nodePort}`, by])),
      ];
    });
    const none = ips.flatMap((ip): Target[] => [
      [`${ip}:9`, 'tcp'],
      [ip, 'icmp'],
    ]);
    return [...ports, ...ports, ...none];
  });
}

function otherTargets({ pods, nodes }: ClusterObjects): Target[] {
  const toPods = pods
    .flatMap((pod) => pod.podIPs.map(formatIp))
    .flatMap((ip): Target[] => [
      [`${ip}:8080`, 'tcp'],
      [`${ip}:8080`, 'udp'],
      [`${ip}:7`, 'tcp'],
      [ip, 'icmp'],
    ]);
  const toNodes = nodes.flatMap(({ meta }): Target[] => [
    [`node/${meta.name}`, 'icmp'],
    [`node/${meta.name}:7`, 'udp'],
  ]);
  const toNobody: Target[] = [
    ['10.244.1.250:80', 'tcp'],
    ['192.168.56.99:80', 'tcp'],
    ['203.0.113.200:443', 'tcp'],
  ];
  return [...toPods, ...toNodes, ...toNobody];
}
