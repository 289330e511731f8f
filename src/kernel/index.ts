/**
 * # kernel: the emulated Linux
 *
 * Models the network stack of one or many machines: namespaces, devices, neighbours, routes, netfilter,
 * connection tracking, sockets, and the way of a packet through them.
 *
 * Guarantees: the next hop follows from the state alone; state changes only through `commit`, which takes all
 * operations or none; what a walk learns lives in its session and never leaks into the state.
 *
 * Leaves out: time (timers do not run, nothing is sent twice), queueing and rate limits, offloads (segments have the
 * size that they have on a wire), ICMP redirects, groups and broadcasts as destinations, IPv6 forwarding (its state
 * and rules are kept).
 *
 * The way of a packet: `socket/request.ts` makes it, `ip/output.ts` sends it, `link/` and `neigh/` carry it to a
 * device of another namespace, `ip/input.ts` routes it there, `ip/forward.ts` passes it on or `socket/deliver.ts`
 * takes it. Answers and errors start again at `ip/output.ts`: those files import each other in a circle, as their
 * functions call each other; everything else is layered. `test/golden/datapath` holds what Linux does of all this.
 */
export type { SeenFrame } from './capture.ts';
export * from './chance.ts';
export { type Committed, commit, commitReversible } from './commit.ts';
export type { Connection } from './conntrack/connection.ts';
export { type ProtocolState, SCTP_STATES, TCP_STATES } from './conntrack/protocol-state.ts';
export { timeoutOf } from './conntrack/timeout.ts';
export type { Tuple } from './conntrack/tuple.ts';
export type { EndReason, IpvsEvent, KernelEvent, MatchedRule, PacketSnapshot, Visit } from './event.ts';
export { type FlowKey, isLocalAddress, lookupRoute } from './fib.ts';
export { IPVS_PRIORITY, PRIORITY } from './hooks.ts';
export * from './ipset/model.ts';
export type { IpvsConnection, IpvsState, IpvsTemplate } from './ipvs/connection.ts';
export * from './ipvs/model.ts';
export { IPVS_TIMEOUTS, type IpvsTimeouts, ipvsTimeoutOf, templateTimeoutOf } from './ipvs/timeout.ts';
export { connectionsOf, ipvsConnectionsOf, withLearned } from './learned.ts';
export * from './model.ts';
export * from './netfilter/model.ts';
export {
  addNetns,
  broadcastOf,
  createWorld,
  deferRules,
  localAddresses,
  type NetnsSpec,
  rulesetOf,
  virtualServersOf,
} from './netns.ts';
export * from './origin.ts';
export {
  type Accepted,
  type Client,
  type ClientEvent,
  type End,
  newSession,
  type Serve,
  type Session,
  type Stack,
} from './session.ts';
export { completeHandshake } from './socket/handshake.ts';
export { type Asked, ask, type Request } from './socket/request.ts';
export { isSysctlRead, maxConf, sysctl, sysctlNumber, sysctls } from './sysctl.ts';
export * from './transaction.ts';
