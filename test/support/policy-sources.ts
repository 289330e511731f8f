import { SOURCE_ROWS, type SourceRow } from './policy-source-rows.ts';

/** The cluster in which the paths of policy-source-rows.ts are measured. */

const CLIENT = '192.168.56.100';
const OUTSIDE = '203.0.113.250';
const HOST_PORT = 9100;
/** A host-network pod's, where node ports are. */
const HIGH_PORT = 32_700;

/** A row of the cluster: where its own things are. */
export interface PlacedRow extends SourceRow {
  /** SRC and DST as `podwalk trace` takes them. */
  readonly source: string;
  readonly destination: string;
  /** The pod that is judged. */
  readonly judged: string;
}

/** The rows with the addresses that they have in `sourcesCluster`. */
export const PLACED_ROWS: readonly PlacedRow[] = SOURCE_ROWS.map((row, i) => ({
  ...row,
  source: sourceOf(row, i),
  destination: destinationOf(row, i),
  judged: row.direction === 'ingress' ? `target-${i}` : `caller-${i}`,
}));

function sourceOf({ from }: SourceRow, i: number): string {
  switch (from) {
    case 'pod':
      return `pod/default/caller-${i}`;
    case 'itself':
      return `pod/default/target-${i}`;
    case 'host pod':
      return 'pod/default/host-1';
    case 'node':
      return 'node/node1';
    case 'client':
      return 'external';
  }
}

function destinationOf({ by, endpoint, entry = 1 }: SourceRow, i: number): string {
  switch (by) {
    case 'pod':
      return `10.244.${endpoint}.${20 + i}:8080`;
    case 'ClusterIP':
      return `10.96.1.${i}:80`;
    case 'NodePort':
      return `192.168.56.${10 + entry}:${30_100 + i}`;
    case 'LoadBalancer':
      return `203.0.113.${i}:80`;
    case 'hostPort':
      return `192.168.56.${10 + endpoint}:${9200 + i}`;
    case 'localhost':
      return `127.0.0.1:${30_100 + i}`;
    case 'node':
      return `192.168.56.${10 + endpoint}:${HOST_PORT}`;
    case 'high port of the node':
      return `192.168.56.${10 + endpoint}:${HIGH_PORT}`;
    case 'bridge of the node':
      return `10.244.${endpoint}.1:${HOST_PORT}`;
    case 'outside':
      return `${OUTSIDE}:443`;
  }
}

/** The ipBlocks that the policy of a row has as peers; none: it has no rule, and denies everything. */
export type BlocksOfRow = (row: SourceRow, index: number) => readonly object[];

/** Everything that could be what a row's block sees: the row's own addresses, the nodes' and those outside. */
export function candidatesOf({ endpoint }: SourceRow, i: number): string[] {
  return [
    CLIENT,
    OUTSIDE,
    ...[1, 2].flatMap((n) => [`192.168.56.${10 + n}`, `10.244.${n}.0`, `10.244.${n}.1`]),
    `10.244.${endpoint}.${20 + i}`,
    `10.244.1.${120 + i}`,
    `10.96.1.${i}`,
    `203.0.113.${i}`,
    '127.0.0.1',
  ];
}

/** Only those addresses; everything but that address. */
export function only(addresses: readonly string[]): object[] {
  return addresses.map((address) => ({ cidr: `${address}/32` }));
}

export function allBut(address: string): object[] {
  return [{ cidr: '0.0.0.0/0', except: [`${address}/32`] }];
}

/** The cluster of all rows, or of some, as a List of manifests. */
export function sourcesCluster(
  blocksOf: BlocksOfRow,
  holds: (row: SourceRow) => boolean = () => true,
): string {
  const items = [
    topology(),
    node(1),
    node(2),
    hostPod(1),
    hostPod(2),
    ...SOURCE_ROWS.flatMap((row, i) =>
      holds(row) ? [...podsOf(row, i), ...serviceOf(row, i), policyOf(row, i, blocksOf)] : [],
    ),
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

function topology(): object {
  const lan = { name: 'lan', cidr: '192.168.56.0/24', gateway: '192.168.56.1' };
  return {
    apiVersion: 'podwalk/v1',
    kind: 'Topology',
    networks: [lan],
    hosts: [
      { name: 'client', ip: CLIENT, network: 'lan' },
      { name: 'outside', ip: OUTSIDE, listens: ['tcp/443'] },
    ],
  };
}

function node(n: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node${n}` },
    spec: { podCIDR: `10.244.${n}.0/24` },
    status: { addresses: [{ type: 'InternalIP', address: `192.168.56.${10 + n}` }] },
  };
}

interface PodWords {
  readonly name: string;
  readonly labels: object;
  readonly on: number;
  readonly ip: string;
  readonly ports: readonly object[];
}

function pod({ name, labels, on, ip, ports }: PodWords, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: {
      nodeName: `node${on}`,
      ...spec,
      containers: [{ name: 'c', image: 'registry.example/c', ...(ports.length === 0 ? {} : { ports }) }],
    },
    status: { phase: 'Running', podIP: ip },
  };
}

function hostPod(n: number): object {
  const ports = [{ containerPort: HOST_PORT }, { containerPort: HIGH_PORT }];
  const words = { name: `host-${n}`, labels: { host: `${n}` }, on: n, ip: `192.168.56.${10 + n}`, ports };
  return pod(words, { hostNetwork: true });
}

/** The pod that answers, and the one that asks. */
function podsOf(row: SourceRow, i: number): object[] {
  const { by, endpoint, from, hostEndpoint } = row;
  const needed = !['node', 'high port of the node', 'bridge of the node', 'outside'].includes(by);
  const hostPort = by === 'hostPort' ? { hostPort: 9200 + i } : {};
  const target = pod({
    name: `target-${i}`,
    labels: { target: `${i}` },
    on: endpoint,
    ip: `10.244.${endpoint}.${20 + i}`,
    ports: [{ containerPort: 8080, ...hostPort }],
  });
  const caller = pod({
    name: `caller-${i}`,
    labels: { caller: `${i}` },
    on: 1,
    ip: `10.244.1.${120 + i}`,
    ports: [],
  });
  return [...(needed && hostEndpoint === undefined ? [target] : []), ...(from === 'pod' ? [caller] : [])];
}

function serviceOf({ by, endpoint, hostEndpoint, local }: SourceRow, i: number): object[] {
  const types: Partial<Record<SourceRow['by'], string>> = {
    ClusterIP: 'ClusterIP',
    NodePort: 'NodePort',
    localhost: 'NodePort',
    LoadBalancer: 'LoadBalancer',
  };
  const type = types[by];
  if (type === undefined) return [];
  const exposed = type === 'ClusterIP' ? {} : { nodePort: 30_100 + i };
  const targetPort = hostEndpoint === undefined ? 8080 : HOST_PORT;
  const address = { status: { loadBalancer: { ingress: [{ ip: `203.0.113.${i}` }] } } };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `service-${i}` },
      spec: {
        type,
        clusterIP: `10.96.1.${i}`,
        selector: hostEndpoint === undefined ? { target: `${i}` } : { host: `${endpoint}` },
        ports: [{ port: 80, targetPort, ...exposed }],
        ...(local === undefined ? {} : { externalTrafficPolicy: 'Local' }),
      },
      ...(type === 'LoadBalancer' ? address : {}),
    },
  ];
}

/**
 * The blocks in the direction that is judged. Who reaches itself is isolated in both, since of a hairpin either
 * direction lets it through.
 */
function policyOf(row: SourceRow, i: number, blocksOf: BlocksOfRow): object {
  const ingress = row.direction === 'ingress';
  const peers = blocksOf(row, i).map((ipBlock) => ({ ipBlock }));
  const rules = peers.length === 0 ? [] : [{ [ingress ? 'from' : 'to']: peers }];
  const types = row.from === 'itself' ? ['Ingress', 'Egress'] : [ingress ? 'Ingress' : 'Egress'];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${i}` },
    spec: {
      podSelector: { matchLabels: ingress ? { target: `${i}` } : { caller: `${i}` } },
      policyTypes: types,
      [row.direction]: rules,
    },
  };
}

/** What a setting's kernel showed of a row. */
export interface Measured {
  /**
   * The addresses that the blocks have to hold, all of them; `any`: the packet is let through whatever the policy says;
   * `none`: nobody answers there, policy or not.
   */
  readonly sees: readonly string[] | 'any' | 'none';
  /** The nodes and hooks that judge, `node2 FORWARD`. */
  readonly at: readonly string[];
}

export interface MeasuredRow {
  readonly direction: 'ingress' | 'egress';
  readonly path: string;
  /** By the name of the setting. */
  readonly by: Readonly<Record<string, Measured>>;
}
