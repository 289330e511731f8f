import fc, { type Arbitrary } from 'fast-check';
import { mostly } from './mostly.ts';
import { APPS, NAMESPACES } from './pods.ts';

/** A NetworkPolicy's spec, as a manifest has it. */
export interface PolicySketch {
  readonly namespace: string;
  readonly spec: object;
}

const podSelector: Arbitrary<object> = fc.oneof(
  fc.constant({}),
  fc.constantFrom(...APPS).map((app) => ({ matchLabels: { app } })),
  fc
    .subarray([...APPS], { minLength: 1, maxLength: 2 })
    .chain((values) => fc.constantFrom('In', 'NotIn').map((operator) => ({ operator, values })))
    .map((words) => ({ matchExpressions: [{ key: 'app', ...words }] })),
);

const namespaceSelector: Arbitrary<object> = fc.oneof(
  fc.constant({}),
  fc.constantFrom(...NAMESPACES).map((name) => ({ matchLabels: { team: name } })),
);

/** Around pods, nodes, and what is outside. */
const BLOCKS = [
  { cidr: '0.0.0.0/0' },
  { cidr: '10.244.0.0/16', except: ['10.244.1.0/24'] },
  { cidr: '192.168.56.0/24' },
  { cidr: '192.168.56.100/32' },
  { cidr: '0.0.0.0/0', except: ['192.168.56.0/24', '10.244.2.0/25'] },
  { cidr: '203.0.113.0/24' },
];

const peer: Arbitrary<object> = fc.oneof(
  podSelector.map((selector) => ({ podSelector: selector })),
  namespaceSelector.map((selector) => ({ namespaceSelector: selector })),
  fc.record({ podSelector, namespaceSelector }),
  fc.constantFrom(...BLOCKS).map((ipBlock) => ({ ipBlock })),
);

const port: Arbitrary<object> = fc
  .constantFrom('TCP', 'TCP', 'UDP', 'SCTP')
  .chain((protocol) =>
    fc.constantFrom<object>(
      { protocol },
      { protocol, port: 8080 },
      { protocol, port: protocol.toLowerCase() },
      { protocol, port: 8000, endPort: 8090 },
      { protocol, port: 9090 },
    ),
  );

function rules(direction: 'from' | 'to'): Arbitrary<readonly object[]> {
  return fc.array(
    fc.tuple(fc.array(peer, { maxLength: 2 }), fc.array(port, { maxLength: 2 })).map(([peers, ports]) => ({
      ...(peers.length === 0 ? {} : { [direction]: peers }),
      ...(ports.length === 0 ? {} : { ports }),
    })),
    { maxLength: 2 },
  );
}

export const policySketch: Arbitrary<PolicySketch> = fc
  .record({
    namespace: mostly('default', 'shop'),
    selector: podSelector,
    types: fc.constantFrom<string[]>(['Ingress'], ['Ingress'], ['Egress'], ['Ingress', 'Egress']),
    ingress: rules('from'),
    egress: rules('to'),
  })
  .map(({ namespace, selector, types, ingress, egress }) => ({
    namespace,
    spec: {
      podSelector: selector,
      policyTypes: types,
      ...(types.includes('Ingress') ? { ingress } : {}),
      ...(types.includes('Egress') ? { egress } : {}),
    },
  }));

export function policyManifest({ namespace, spec }: PolicySketch, i: number): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${i}`, namespace },
    spec,
  };
}
