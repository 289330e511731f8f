/**
 * # cluster: objects in, a world out
 *
 * Runs the programs of a cluster in the order in which a real one starts them: what the manifests leave out is
 * completed (ipam, workloads, scheduler, endpointslice), then the LANs and machines are wired (underlay), then on each node
 * kubelet, flannel, the CNI plugins for each pod, and at last kubelet, kube-proxy, flannel, portmap and the
 * network policy controller write their rules.
 *
 * What a Topology, or `--break`, says is broken by hand is done last, by the commands that a person would type.
 *
 * Guarantees: links, routes, neighbours and sockets are there when `buildCluster` returns; rules are computed when
 * a node's rules are first asked for, in that order; the same objects give the same world, byte for
 * byte; input that cannot stand is a diagnostic of severity `error`, and with one of those about addresses the
 * world stays empty.
 *
 * Two clusters are held against each other in `diff/`.
 *
 * Leaves out: time. The world is what the programs leave behind when nothing changes any more.
 */
export { buildCluster } from './build-cluster.ts';
export * from './state/index.ts';
