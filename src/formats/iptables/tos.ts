import { readNumber } from './syntax.ts';
import { RuleError, type Word } from './words.ts';

/** The classes of `--dscp-class` (libxt_dscp's dscp_helper.c). */
const DSCP_CLASSES: ReadonlyMap<string, number> = new Map([
  ['BE', 0],
  ['EF', 0x2e],
  ...Array.from({ length: 8 }, (_, n): [string, number] => [`CS${n}`, n << 3]),
  ...[1, 2, 3, 4].flatMap((n) => [1, 2, 3].map((p): [string, number] => [`AF${n}${p}`, (n << 3) | (p << 1)])),
]);

/** The code point of a class, in any case; undefined when there is none of that name. */
export function dscpOfClass(name: string): number | undefined {
  return DSCP_CLASSES.get(name.toUpperCase());
}

/** RFC 1349's names, as libxt_tos knows them; they leave the two lowest bits alone. */
const TOS_NAMES: ReadonlyMap<string, number> = new Map([
  ['minimize-delay', 0x10],
  ['maximize-throughput', 0x08],
  ['maximize-reliability', 0x04],
  ['minimize-cost', 0x02],
  ['normal-service', 0x00],
]);

/** `0x10`, `0x10/0x3f`, `Minimize-Delay`. */
export function readTos(word: Word): { readonly value: number; readonly mask: number } {
  const named = TOS_NAMES.get(word.text.toLowerCase());
  if (named !== undefined) return { value: named, mask: 0x3f };
  const [head = '', tail] = word.text.split('/');
  const value = readNumber(head, 255);
  const mask = tail === undefined ? 255 : readNumber(tail, 255);
  if (value === undefined || mask === undefined) {
    throw new RuleError(`Symbolic name "${word.text}" is unknown`, word);
  }
  return { value, mask };
}
