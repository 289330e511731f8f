import { jsonText } from '../formats/text/index.ts';
import type { Trace, TraceSeries } from '../trace/index.ts';

/** A trace as `-o json` prints it: two spaces of indentation, a newline at the end. */
export function renderJson(trace: Trace | TraceSeries): string {
  return `${jsonText(trace, 2)}\n`;
}

/** One trace a line, as `-o jsonl` prints it. */
export function renderJsonLine(trace: Trace): string {
  return `${jsonText(trace)}\n`;
}
