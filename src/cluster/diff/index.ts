/**
 * # diff: two clusters held against each other
 *
 * Models nothing: compares the states of two built clusters by the lines that the real tools would print of each
 * node, pod, router and host, rules by table and chain and in their order.
 *
 * Guarantees: what is the same on both sides is not told, however it came about; what follows from a line that is
 * told (the local route of an address, the groups of a device) is not told again; clusters of the same objects are
 * equal without their states being worked out; the order of changes depends on the clusters alone.
 *
 * Leaves out: the switches of a LAN, interface numbers, who wrote what, and the objects themselves (see render).
 */
export { diffStates, type PlaceChanges, type TextChanges } from './diff-states.ts';
export type { LineChange } from './line-changes.ts';
export { sameValue } from './same-value.ts';
