/** The program that would have written a piece of state on a real node. */
export type Program =
  | 'kernel'
  | 'underlay'
  | 'kubelet'
  | 'cni'
  | 'flannel'
  | 'kube-proxy'
  | 'network-policy'
  | 'dns'
  | 'user';

/** The Kubernetes object, or part of one, that caused a piece of state. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/**
 * Why a rule, route, FDB entry, address, set member or socket exists: the program that wrote it, and where
 * there is one the object and the field that caused it. Shared between pieces of state; never mutated.
 */
export interface Origin {
  readonly program: Program;
  readonly object?: ObjectRef;
  /** A path in the object, as `kubectl explain` spells it: `spec.ports[0]`. */
  readonly field?: string;
}

/** `Service default/web spec.ports[0] (kube-proxy)`, as a step prints it. */
export function formatOrigin(origin: Origin): string {
  const { object, field, program } = origin;
  if (object === undefined) return program;
  const name = object.namespace === undefined ? object.name : `${object.namespace}/${object.name}`;
  return `${object.kind} ${name}${field === undefined ? '' : ` ${field}`} (${program})`;
}

export const KERNEL_ORIGIN: Origin = { program: 'kernel' };
