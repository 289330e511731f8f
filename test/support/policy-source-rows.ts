/**
 * Paths to and from pods, each judged by a NetworkPolicy with one ipBlock: which address does the block meet? Every row
 * has pods, a Service and a policy of its own, so that one cluster holds all of them.
 */

export type Backend = 'vxlan' | 'host-gw';
export type ProxyMode = 'iptables' | 'ipvs';

/** What a cluster is made with. */
export interface Setting {
  readonly mode: ProxyMode;
  readonly backend: Backend;
}

export const SETTINGS: readonly Setting[] = [
  { mode: 'iptables', backend: 'vxlan' },
  { mode: 'iptables', backend: 'host-gw' },
  { mode: 'ipvs', backend: 'vxlan' },
  { mode: 'ipvs', backend: 'host-gw' },
];

export function settingName({ mode, backend }: Setting): string {
  return `${mode} ${backend}`;
}

/** A path whose destination (`ingress`) or source (`egress`) is judged. */
export interface SourceRow {
  readonly path: string;
  readonly direction: 'ingress' | 'egress';
  /**
   * `pod`: a pod on node1; `itself`: the destination; `host pod`: a host-network pod on node1; `node`: node1; `client`:
   * outside the cluster.
   */
  readonly from: 'pod' | 'itself' | 'host pod' | 'node' | 'client';
  readonly by: 'pod' | 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'hostPort' | 'localhost' | Direct;
  /** The node that holds the endpoint. */
  readonly endpoint: 1 | 2;
  /** The node that the packet is sent to, of a NodePort, and that announces a load balancer's address. */
  readonly entry?: 1 | 2;
  /** externalTrafficPolicy. */
  readonly local?: true;
  /** The Service's endpoint is a host-network pod. */
  readonly hostEndpoint?: true;
}

/** Where no Service is in between. */
type Direct = 'node' | 'high port of the node' | 'bridge of the node' | 'outside';

const POD_ROWS: readonly Omit<SourceRow, 'direction'>[] = [
  { path: 'pod → pod, same node', from: 'pod', by: 'pod', endpoint: 1 },
  { path: 'pod → pod, another node', from: 'pod', by: 'pod', endpoint: 2 },
  { path: 'pod → ClusterIP → pod, same node', from: 'pod', by: 'ClusterIP', endpoint: 1 },
  { path: 'pod → ClusterIP → pod, another node', from: 'pod', by: 'ClusterIP', endpoint: 2 },
  {
    path: 'pod → NodePort of its own node → pod there',
    from: 'pod',
    by: 'NodePort',
    entry: 1,
    endpoint: 1,
  },
  {
    path: 'pod → NodePort of its own node → pod elsewhere',
    from: 'pod',
    by: 'NodePort',
    entry: 1,
    endpoint: 2,
  },
  {
    path: 'pod → NodePort of another node → pod there',
    from: 'pod',
    by: 'NodePort',
    entry: 2,
    endpoint: 2,
  },
  {
    path: "pod → NodePort of another node → pod on the caller's node",
    from: 'pod',
    by: 'NodePort',
    entry: 2,
    endpoint: 1,
  },
  {
    path: 'pod → NodePort of its own node, Local → pod elsewhere',
    from: 'pod',
    by: 'NodePort',
    entry: 1,
    endpoint: 2,
    local: true,
  },
  { path: 'pod → load balancer → pod elsewhere', from: 'pod', by: 'LoadBalancer', entry: 1, endpoint: 2 },
  { path: 'pod → hostPort of its own node → pod there', from: 'pod', by: 'hostPort', endpoint: 1 },
];

const INGRESS_ROWS: readonly Omit<SourceRow, 'direction'>[] = [
  ...POD_ROWS,
  { path: 'pod → its own ClusterIP → itself', from: 'itself', by: 'ClusterIP', endpoint: 1 },
  {
    path: 'pod → NodePort of its own node → itself',
    from: 'itself',
    by: 'NodePort',
    entry: 1,
    endpoint: 1,
  },
  { path: 'client → NodePort → pod on that node', from: 'client', by: 'NodePort', entry: 1, endpoint: 1 },
  { path: 'client → NodePort → pod elsewhere', from: 'client', by: 'NodePort', entry: 1, endpoint: 2 },
  {
    path: 'client → NodePort, Local → pod on that node',
    from: 'client',
    by: 'NodePort',
    entry: 1,
    endpoint: 1,
    local: true,
  },
  {
    path: 'client → load balancer → pod elsewhere',
    from: 'client',
    by: 'LoadBalancer',
    entry: 1,
    endpoint: 2,
  },
  {
    path: 'client → load balancer, Local → pod on that node',
    from: 'client',
    by: 'LoadBalancer',
    entry: 1,
    endpoint: 1,
    local: true,
  },
  { path: 'client → hostPort → pod on that node', from: 'client', by: 'hostPort', endpoint: 1 },
  { path: 'node → its own pod (a probe)', from: 'node', by: 'pod', endpoint: 1 },
  { path: 'node → ClusterIP → its own pod', from: 'node', by: 'ClusterIP', endpoint: 1 },
  {
    path: 'node → its own NodePort → its own pod',
    from: 'node',
    by: 'NodePort',
    entry: 1,
    endpoint: 1,
  },
  { path: 'node → 127.0.0.1:nodePort → its own pod', from: 'node', by: 'localhost', endpoint: 1 },
  { path: 'host-network pod → pod, same node', from: 'host pod', by: 'pod', endpoint: 1 },
  { path: 'node → pod elsewhere', from: 'node', by: 'pod', endpoint: 2 },
  { path: 'node → ClusterIP → pod elsewhere', from: 'node', by: 'ClusterIP', endpoint: 2 },
  {
    path: 'node → NodePort of another node → pod there',
    from: 'node',
    by: 'NodePort',
    entry: 2,
    endpoint: 2,
  },
  { path: 'host-network pod → pod, another node', from: 'host pod', by: 'pod', endpoint: 2 },
];

const EGRESS_ROWS: readonly Omit<SourceRow, 'direction'>[] = [
  ...POD_ROWS,
  {
    path: 'pod → ClusterIP → host-network pod, same node',
    from: 'pod',
    by: 'ClusterIP',
    endpoint: 1,
    hostEndpoint: true,
  },
  {
    path: 'pod → ClusterIP → host-network pod, another node',
    from: 'pod',
    by: 'ClusterIP',
    endpoint: 2,
    hostEndpoint: true,
  },
  { path: 'pod → its own node (kubelet, host-network pod)', from: 'pod', by: 'node', endpoint: 1 },
  { path: 'pod → another node', from: 'pod', by: 'node', endpoint: 2 },
  { path: 'pod → cni0 of its own node', from: 'pod', by: 'bridge of the node', endpoint: 1 },
  {
    path: 'pod → its own node on a port of 30000-32767',
    from: 'pod',
    by: 'high port of the node',
    endpoint: 1,
  },
  { path: 'pod → outside', from: 'pod', by: 'outside', endpoint: 1 },
];

export const SOURCE_ROWS: readonly SourceRow[] = [
  ...INGRESS_ROWS.map((row): SourceRow => ({ ...row, direction: 'ingress' })),
  ...EGRESS_ROWS.map((row): SourceRow => ({ ...row, direction: 'egress' })),
];
