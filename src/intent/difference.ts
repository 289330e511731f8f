import type { Netns, Operation, Origin, World } from '../kernel/index.ts';

/** A piece of state that is not what the programs left, and how to make it so again. */
export interface Difference {
  /** What a person calls the namespace: `node1`, `default/web-0`. */
  readonly place: string;
  readonly what: string;
  /** Who wrote the piece as it should be; undefined for what nobody should have written. */
  readonly origin?: Origin;
  readonly operations: readonly Operation[];
  /** Pieces of it that may be enough, each alone. */
  readonly parts?: readonly Difference[];
}

/** A namespace as it is, and as the programs left it. */
export interface Sides {
  readonly is: Netns;
  readonly should: Netns;
  /** Where the two are from: for the other ends of their links. */
  readonly isWorld: World;
  readonly shouldWorld: World;
}

/** What is put back is written by whoever mends. */
export const USER: Origin = { program: 'user' };
