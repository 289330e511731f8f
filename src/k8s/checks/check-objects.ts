import type { Draft } from '../draft.ts';
import type { Settled } from '../settle.ts';
import { checkNodes } from './nodes.ts';
import { checkPods } from './pods.ts';
import { checkServices } from './services.ts';
import { checkSlices } from './slices.ts';

/** What no single object shows: addresses used twice, references that lead nowhere, ranges left. */
export function checkObjects(draft: Draft, settled: Settled): void {
  checkNodes(draft, settled);
  checkPods(draft, settled);
  checkServices(draft);
  checkSlices(draft);
}
