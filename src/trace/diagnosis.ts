import type { Endpoint, OriginView, Reason, Verdict } from './model.ts';

/** What Kubernetes promises a sender, by the objects alone. */
export type Promised =
  /** Any one of these may answer. */
  | { readonly kind: 'answer'; readonly endpoints: readonly Endpoint[] }
  /** Nobody does, and the sender is told so (`refuse`) or is not (`nothing`). */
  | { readonly kind: 'refuse' | 'nothing'; readonly why: string };

/** The first thing on the way that is not as it should be. */
export interface Culprit {
  /** Whose state it is (`node1`, `default/web-0`), or the object that is at fault (`Service default/web`). */
  readonly place: string;
  /** What is wrong there: `route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink is missing`. */
  readonly what: string;
  /** The program and the object that the right state would come from. */
  readonly origin?: OriginView;
}

/** What would mend it. */
export interface Mend {
  /** One change: a command with its place before it, or a field with its new value. */
  readonly text: string;
  /** Every command, each with its place before it, as `--break` takes them; absent when an object has to change. */
  readonly commands?: readonly string[];
  /** Whether the walk was walked again with it applied and was delivered. */
  readonly verified: boolean;
}

/** A walk held against what Kubernetes promises. src/intent makes it. */
export interface Diagnosis {
  readonly promised: Promised;
  readonly walked: { readonly verdict: Verdict | 'mixed'; readonly reason: Reason };
  /** Whether the walk is what the objects promise; a broken promise means that the state is at fault, or a program. */
  readonly agrees: boolean;
  readonly culprit?: Culprit;
  readonly mend?: Mend;
}
