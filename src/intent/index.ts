/**
 * # intent: what Kubernetes promises, held against the walk
 *
 * `promise` says who may answer a sender, from the objects alone: Services and their endpoints, traffic policies,
 * session affinity (any endpoint may be the one), source ranges, who listens. It reads no state and shares no code
 * with the programs that write it, so that the two can be held against each other.
 *
 * `diagnose` compares a walk with its promise. Where they part because of the state, the state that the programs would
 * have left is built again, and the first piece on the way that is not as it should be is named, with the program and
 * the object that it came from; where the objects are at fault (a selector that matches nothing, a targetPort that
 * nobody listens on, pods that are not ready, a policy Local without a pod) the object and its field are. One change
 * that mends it is proposed, and is called verified only after the walk was walked again with it applied.
 *
 * Guarantees: the cluster is the same afterwards; nothing is computed for walks that nobody asks about; the same
 * cluster and question give the same diagnosis.
 *
 * `conflicts/` finds what two objects claim at once and what nobody has: lint tells it, and `diagnose` takes what a walk
 * met of it for a cause.
 *
 * `policy*.ts` evaluates NetworkPolicies as their specification says: one connection with its reasons, or all pairs of a
 * cluster; what the specification leaves open is a mode, by default as kube-router on k3s behaves.
 *
 * A policy that denies is no fault: the refusal is what its writer wants, and so what is promised; what is then proposed
 * is the nearest edit that would allow it. Policies count in a promise where the specification says which address of the
 * sender they see (a pod that asks a pod or a ClusterIP); elsewhere a refusal is judged by the address that they saw.
 *
 * Leaves out: IPv6 in `promise` and `diagnose`, as walking does; what only a person can know (which of two Services was
 * meant).
 */
export { agrees } from './agree.ts';
export { checkConflicts } from './conflicts/index.ts';
export { diagnose, type Walked } from './diagnose.ts';
export { checkExpectations, type ExpectedOf, type Outcome, presentExpectation } from './expectations.ts';
export * from './policy.ts';
export { type Asked, promise } from './promise.ts';
export { unenforced } from './unenforced.ts';
