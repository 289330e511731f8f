/**
 * # common: what kube-proxy works out before it writes rules, whatever its mode
 *
 * Models the front half of kube-proxy v1.30 (pkg/proxy): the map of service ports, the endpoints of each, which
 * endpoints a node uses for cluster-wide and for local traffic (topology.go), how local pod traffic is told apart, which
 * node addresses take NodePort traffic, the health check ports; and the rules that the modes share.
 *
 * Guarantees: what does not depend on a node is worked out once for a cluster and shared by its nodes; services come
 * in order of namespace, name and port, where the real program walks a map in random order; endpoints in the real order.
 *
 * Leaves out: change tracking, conntrack cleanup, metrics; feature gates that are off in v1.30 (trafficDistribution).
 */
export * from './categorize-endpoints.ts';
export * from './health-check.ts';
export * from './input.ts';
export * from './local-detector.ts';
export * from './node-port-addresses.ts';
export * from './proxy-state.ts';
export * from './rule-parts.ts';
export * from './service-endpoints.ts';
export * from './service-ports.ts';
export * from './shared-rules.ts';
