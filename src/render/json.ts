import type { Trace, TraceSeries } from '../trace/index.ts';

/** A trace as `-o json` prints it: two spaces of indentation, a newline at the end. */
export function renderJson(trace: Trace | TraceSeries): string {
  return `${JSON.stringify(trace, null, 2)}\n`;
}

/** One trace a line, as `-o jsonl` prints it. */
export function renderJsonLine(trace: Trace): string {
  return `${JSON.stringify(trace)}\n`;
}
