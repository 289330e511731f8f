/**
 * # conflicts: what two objects claim at once, and what nobody has
 *
 * Host ports that are node ports (PW313), ranges that overlap (PW314), Services with a node's address (PW318), a public
 * address of flannel's given twice (PW319), endpoints that nobody has (PW328), a nameserver that is CoreDNS itself
 * (PW329). `podwalk lint` tells of all; of a walk that fails, the diagnosis takes those that it met for a cause, and
 * tries the edits that settle them.
 */
import type { ClusterObjects, Diagnostic } from '../../k8s/index.ts';
import { type Conflict, diagnosticOf } from './conflict.ts';
import { endpointConflicts } from './endpoints.ts';
import { hostPortConflicts } from './host-ports.ts';
import { resolverLoop } from './loop.ts';
import { nodeAddressConflicts, publicAddressConflicts } from './node-addresses.ts';
import { rangeConflicts } from './ranges.ts';

export { type Conflict, faultsOf, type Met } from './conflict.ts';
export { resolverLoop } from './loop.ts';

/** All conflicts of completed objects, the most precise first. */
export function conflictsOf(objects: ClusterObjects): Conflict[] {
  return [
    ...hostPortConflicts(objects),
    ...rangeConflicts(objects),
    ...nodeAddressConflicts(objects),
    ...publicAddressConflicts(objects),
    ...endpointConflicts(objects),
    ...resolverLoop(objects),
  ];
}

export function checkConflicts(objects: ClusterObjects): Diagnostic[] {
  return conflictsOf(objects).map(diagnosticOf);
}
