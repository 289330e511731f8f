import { readFileSync } from 'node:fs';
import type { Severity } from '../k8s/index.ts';

/** What the documentation says of a code. */
export interface CodeInfo {
  readonly code: string;
  /** The severity that it has, the worst where it has several. */
  readonly severity: Severity;
  /** What it means, and what to do; Markdown. */
  readonly meaning: string;
  readonly advice: string;
}

/**
 * Every code that there is, by its name: the rows of docs/diagnostics.md, which comes with the package. A test holds
 * that page against the source, so that no second list has to be kept.
 */
export function diagnosticCodes(): ReadonlyMap<string, CodeInfo> {
  const text = readFileSync(new URL('../../docs/diagnostics.md', import.meta.url), 'utf8');
  const codes = new Map<string, CodeInfo>();
  for (const line of text.split('\n')) {
    const row = /^\| (PW\d{3}) \| ([^|]*) \| (.*) \| (.*) \|$/.exec(line);
    if (row === null) continue;
    const [, code = '', severities = '', meaning = '', advice = ''] = row;
    const severity =
      (['error', 'warning', 'note'] as const).find((word) => severities.includes(word)) ?? 'note';
    codes.set(code, { code, severity, meaning, advice });
  }
  return codes;
}
