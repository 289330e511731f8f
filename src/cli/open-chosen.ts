import type { Cluster } from '../cluster/index.ts';
import type { Listed } from '../render/index.ts';
import { type Choice, type ChooseOptions, chooseObjects, readChoice } from './choose-objects.ts';
import type { Io } from './io.ts';
import { openCluster } from './open-cluster.ts';

/** The cluster of `get`, `describe` and `tree`, and the objects in it that their words choose. */
export interface OpenChosen {
  readonly cluster: Cluster;
  readonly choice: Choice;
  readonly listed: readonly Listed[];
  /** Whether a named object is not there, which has been said: exit 1. */
  readonly missing: boolean;
}

/** Reads the words, opens the cluster and chooses. Undefined after an error, which has been said: exit 2. */
export async function openChosen(
  words: readonly string[],
  options: ChooseOptions & { readonly verbose: boolean },
  io: Io,
): Promise<OpenChosen | undefined> {
  const choice = readChoice(words);
  if (typeof choice === 'string') {
    io.stderr(`error: ${choice}\n`);
    return undefined;
  }
  const cluster = await openCluster(options, io, options.verbose);
  if (cluster === undefined) return undefined;
  const chosen = chooseObjects(choice, cluster, options, io);
  if (typeof chosen === 'string') {
    io.stderr(`error: ${chosen}\n`);
    return undefined;
  }
  return { cluster, choice, ...chosen };
}
