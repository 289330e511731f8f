import { getHeapStatistics } from 'node:v8';
import type { Diagnostic } from '../diagnostics.ts';

/** What a byte of input takes of the heap until a cluster is built of it: measured, and rounded up. */
const HEAP_PER_BYTE = { yaml: 40, json: 10 } as const;

/**
 * What is said when the texts that were read would exhaust the memory of the process: running out of it would end the
 * process in the midst of a sentence. Undefined when there is room.
 *
 * @param sizes bytes of each form
 */
export function memoryProblem(sizes: {
  readonly yaml: number;
  readonly json: number;
}): Diagnostic | undefined {
  const wanted = sizes.yaml * HEAP_PER_BYTE.yaml + sizes.json * HEAP_PER_BYTE.json;
  if (wanted <= getHeapStatistics().heap_size_limit) return undefined;
  const mebibytes = Math.ceil(wanted / 2 ** 20);
  return {
    severity: 'error',
    code: 'PW116',
    message: `the input is too large for the memory of this process: it would take about ${mebibytes} MiB`,
    fix: `give JSON (kubectl get ... -o json takes a quarter), or more memory: NODE_OPTIONS=--max-old-space-size=${mebibytes}`,
  };
}
