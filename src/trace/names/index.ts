/**
 * # names: what a program makes of a name
 *
 * Puts the resolver of a pod or node (its files as kubelet writes them, its libc) before the DNS servers of the cluster
 * and outside. The servers are asked directly, or each query is a packet with real DNS bytes that is walked to the
 * nameserver and back, so that whatever is in its way is found and named.
 *
 * Beside it dig, which is a resolver of its own: `dig` says what it goes through.
 *
 * Guarantees: what walked queries carry is read back from the answer's own bytes; the cluster is the same afterwards.
 *
 * Leaves out: caches, and EDNS but for dig's. Of DNS over TCP, to which glibc and dig turn when an answer is cut, only the
 * handshake is walked. Names outside the cluster are those of the Topology's hosts. Whoever listens on UDP port 53 of a
 * host outside, and every gateway while queries are walked, answers as a resolver outside does; what other programs say
 * on that port is not modelled, and says so.
 */
export { type DigOutcome, type DigSend, dig } from './dig.ts';
export { decidingQuery } from './explain-failure.ts';
export { type LookUpOptions, lookUp } from './look-up.ts';
export { type NameClient, nameClient } from './name-client.ts';
export type { QueryView, Resolution, ResolverView } from './resolution.ts';
export { resolveName } from './resolve-name.ts';
export { type WalkedQuery, walkQuery, withGatewayResolvers } from './walk-query.ts';
export { walkedSend } from './walked-dig.ts';
