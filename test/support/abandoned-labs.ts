import { removeAbandonedLabs } from '../../src/lab/temporary.ts';

/** Before any test: what a run that was killed has left of its labs is taken away. */
export function setup(): void {
  const gone = removeAbandonedLabs();
  if (gone.length > 0)
    process.stderr.write(`taken away: ${gone.length} namespaces of a run that was killed\n`);
}
