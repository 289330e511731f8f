import { jsonText, visible, xmlText } from '../formats/text/index.ts';
import { formatTable } from './columns.ts';

/** An expectation that was checked, in words. */
export interface Checked {
  readonly name: string;
  readonly expect: string;
  readonly holds: boolean;
  readonly got: string;
  /** When it does not hold: a line each. */
  readonly why: readonly string[];
}

/** The results for a person (text), for TAP consumers (version 14) or as JUnit's XML. */
export function renderChecked(checked: readonly Checked[], format: 'text' | 'tap' | 'junit'): string {
  switch (format) {
    case 'text':
      return text(checked);
    case 'tap':
      return tap(checked);
    case 'junit':
      return junit(checked);
  }
}

function text(checked: readonly Checked[]): string {
  const table = formatTable<Checked>(
    [
      { head: 'RESULT', value: ({ holds }) => (holds ? 'ok' : 'FAILED') },
      { head: 'EXPECTED', value: ({ expect }) => expect },
      { head: 'GOT', value: ({ got }) => got },
      { head: 'CONNECTION', value: ({ name }) => name },
    ],
    checked,
  );
  const failed = checked.filter(({ holds }) => !holds);
  const reasons = failed
    .filter(({ why }) => why.length > 0)
    .map(({ name, why }) => `\n${visible(name)}\n${why.map((line) => `  ${visible(line)}\n`).join('')}`);
  const held = checked.length - failed.length;
  return `${table}${reasons.join('')}\n${held} of ${checked.length} hold\n`;
}

function tap(checked: readonly Checked[]): string {
  const lines = checked.flatMap(({ name, expect, holds, got, why }, i) => {
    // A number sign begins a directive.
    const title = `${i + 1} - ${tapText(`${name} ${expect}`)}`;
    if (holds) return [`ok ${title}`];
    const reasons = why.length === 0 ? [] : ['  why: |', ...why.map((line) => `    ${visible(line)}`)];
    return [`not ok ${title}`, '  ---', `  got: ${jsonText(got)}`, ...reasons, '  ...'];
  });
  return `${['TAP version 14', `1..${checked.length}`, ...lines].join('\n')}\n`;
}

function junit(checked: readonly Checked[]): string {
  const failures = checked.filter(({ holds }) => !holds).length;
  const cases = checked.flatMap(({ name, expect, holds, got, why }) => {
    const head = `    <testcase classname="podwalk.check" name="${xmlText(`${name} ${expect}`)}"`;
    if (holds) return [`${head}/>`];
    const message = xmlText(`expected ${expect}, got ${got}`);
    return [
      `${head}>`,
      `      <failure message="${message}">${xmlText(why.join('\n'))}</failure>`,
      '    </testcase>',
    ];
  });
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="podwalk check" tests="${checked.length}" failures="${failures}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')}\n`;
}

/** A test's description: what begins a directive, or an escape, is escaped (TAP 14, "Escaping"). */
function tapText(text: string): string {
  return visible(text.replace(/[\\#]/g, '\\$&'));
}
