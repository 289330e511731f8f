/**
 * # compare: the same question in several modes of kube-proxy
 *
 * Asks a question of clusters that differ in the mode of kube-proxy alone, and says of each what the client sees, what
 * the server sees, and what the first packet of a connection costs on its way there; finds the questions worth asking
 * of a cluster; and measures how that cost grows with the number of Services.
 *
 * What is counted: `rules`, the rules of iptables that the kernel evaluates one after another, on all nodes and in all
 * chains; `lookups`, how often it looks up a hash instead: elements of IP sets, lists of `-m recent`, IPVS's connections
 * and virtual servers. A lookup costs the same however many entries there are, a rule is one of many. Conntrack, routes
 * and neighbours are looked up in every mode and not counted, nor is the time that any of it takes.
 *
 * Leaves out: later packets of a connection, which pass table nat and the schedulers by.
 */
export { type Comparison, comparePair, type Difference, type ModeCluster } from './compare-pair.ts';
export { type Growth, type GrowthPoint, type GrowthStep, growthOf, SIZES } from './growth.ts';
export { type EndpointShare, type ModeOutcome, outcomeOf, type Span } from './outcome.ts';
export { notablePairs, type Pair } from './pairs.ts';
