import fc, { type Arbitrary } from 'fast-check';
import { mostly } from './mostly.ts';
import { type NetworkSketch, nodeAddress } from './networks.ts';

export const NAMESPACES: readonly string[] = ['default', 'shop'];
export const APPS: readonly string[] = ['a', 'b', 'c'];
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

export interface PodSketch {
  /** Counted from 1. */
  readonly node: number;
  readonly namespace: string;
  readonly app: string;
  readonly condition: 'ready' | 'not ready' | 'terminating' | 'finished';
  readonly hostNetwork: boolean;
  readonly ports: 'declared' | 'none' | 'another';
  readonly hostPort: 'none' | 'any address' | 'own address';
  readonly addressGiven: boolean;
}

export const podSketch: Arbitrary<PodSketch> = fc.record({
  node: fc.nat(7),
  namespace: mostly('default', 'shop'),
  app: mostly('a', ...APPS),
  condition: mostly('ready', 'not ready', 'terminating', 'finished'),
  hostNetwork: mostly(false, false, true),
  ports: mostly('declared', 'none', 'another'),
  hostPort: mostly('none', 'any address', 'own address'),
  addressGiven: fc.boolean(),
});

/** The address that a manifest gives a pod; host-local gives the others theirs. */
export function podAddress({ node, hostNetwork }: PodSketch, i: number, network: NetworkSketch): string {
  return hostNetwork ? nodeAddress(node, network) : `10.244.${node}.${50 + i}`;
}

/** The port that a pod of this number borrows of its node. */
export function hostPortOf(i: number): number {
  return 9100 + i;
}

export function podManifest(sketch: PodSketch, i: number, network: NetworkSketch): object {
  const { node, namespace, app, condition, hostNetwork, ports, addressGiven } = sketch;
  const ip = addressGiven || hostNetwork ? { podIP: podAddress(sketch, i, network) } : {};
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
        {
          name: 'c',
          image: 'registry.example/c',
          ...(ports === 'none' ? {} : { ports: portsOf(sketch, i, network) }),
        },
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

function portsOf(sketch: PodSketch, i: number, network: NetworkSketch): object[] {
  const { ports, hostPort, hostNetwork, node } = sketch;
  const borrowed =
    hostPort === 'none' || hostNetwork
      ? {}
      : {
          hostPort: hostPortOf(i),
          ...(hostPort === 'own address' ? { hostIP: nodeAddress(node, network) } : {}),
        };
  return PROTOCOLS.map((protocol) => ({
    name: protocol.toLowerCase(),
    containerPort: ports === 'another' ? 9090 : 8080,
    protocol,
    ...borrowed,
  }));
}
