import type { TextDifference } from './conform-texts.ts';

/** Lines shown before and after the place where two texts part. */
const AROUND = 2;

/** Both texts around the first line that differs. */
export function renderTextDifference({ netns, command, expected, observed, at }: TextDifference): string {
  const from = Math.max(0, at - AROUND);
  const show = (who: string, lines: readonly string[]): string[] => [
    `   ${who}`,
    ...lines.slice(from, at + AROUND + 1).map((line, i) => `${from + i === at ? '>>' : '  '} ${line}`),
  ];
  return [
    `${netns}: ${command}: line ${at + 1}`,
    ...show('podwalk', expected),
    ...show('kernel', observed),
    '',
  ].join('\n');
}
