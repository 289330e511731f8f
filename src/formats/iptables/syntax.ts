import type { Family } from '../../addr/index.ts';
import type { InterfaceMatch, PortRange, ProtocolMatch } from '../../kernel/index.ts';
import { servicePort } from './names.ts';
import { RuleError, type Word } from './words.ts';

/** How an option of an extension is written. */
export interface OptionSpec {
  /** How many words follow it. */
  readonly arity: 0 | 1 | 2;
  /** May `!` stand before it (or, as in old rules, before its argument)? */
  readonly not?: boolean;
  /** The option whose other spelling this is. */
  readonly alias?: string;
  /** The real tool knows it and podwalk does not: the whole match or target is kept as words. */
  readonly unmodelled?: boolean;
}

/** One option as it was written. */
export interface Option {
  /** Without the dashes; other spellings resolved. */
  readonly name: string;
  readonly word: Word;
  readonly not: boolean;
  readonly args: readonly Word[];
}

/** What the rest of the rule says that an extension may need. */
export interface RuleContext {
  readonly family: Family;
  readonly protocol: ProtocolMatch | undefined;
}

/** Text form of one match or target: its options, how they are read, how they are printed. */
export interface Syntax<T> {
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Makes the value from its options; throws RuleError. */
  readonly read: (options: ReadonlyMap<string, Option>, context: RuleContext) => T;
  /** The options as iptables-save prints them, each with a blank before it; `-m NAME` left out. */
  readonly print: (value: T, family: Family) => string;
}

/** The only argument of an option of arity 1. */
export function argument(option: Option): Word {
  return option.args[0] as Word;
}

/** `! ` or nothing. */
export function bang(not: boolean): string {
  return not ? '! ' : '';
}

/** An unsigned number as strtoul() with base 0 reads it: decimal, 0x hexadecimal, 0 octal. */
export function readNumber(text: string, max: number): number | undefined {
  let value: number;
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) value = Number.parseInt(text.slice(2), 16);
  else if (/^0[0-7]*$/.test(text)) value = Number.parseInt(text, 8);
  else if (/^[1-9]\d*$/.test(text)) value = Number(text);
  else return undefined;
  return value <= max ? value : undefined;
}

const U32 = 0xffffffff;

/** A number argument in the range given, or libxtables' complaint. */
export function numberArgument(extension: string, option: Option, min = 0, max: number = U32): number {
  const word = argument(option);
  const value = readNumber(word.text, max);
  if (value !== undefined && value >= min) return value;
  throw new RuleError(
    `${extension}: bad value for option "--${option.name}", or out of range (${min}-${max}).`,
    word,
  );
}

/** `value[/mask]`; `mask` is undefined when it was not written. */
export function valueMask(
  extension: string,
  option: Option,
): { readonly value: number; readonly mask: number | undefined } {
  const word = argument(option);
  const [head = '', tail, ...rest] = word.text.split('/');
  const value = readNumber(head, U32);
  const mask = tail === undefined ? undefined : readNumber(tail, U32);
  if (value === undefined || rest.length > 0 || (tail !== undefined && mask === undefined)) {
    throw new RuleError(
      `${extension}: bad integer value for option "--${option.name}", or out of range.`,
      word,
    );
  }
  return { value, mask };
}

/** `0x4000/0x4000`, or `0x4000` when the mask is full. */
export function formatValueMask(value: number, mask: number): string {
  return mask === U32 ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

/** `0x0a`: the fields of a TOS byte have two digits. */
export function byteHex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** One port, by number or service name. */
export function readPort(text: string, word: Word): number {
  const port = readNumber(text, 65535) ?? servicePort(text);
  if (port === undefined) throw new RuleError(`invalid port/service \`${text}' specified`, word);
  return port;
}

/** `80`, `80:90`, `:90`, `80:`. */
export function readPortRange(word: Word, text: string): PortRange {
  const colon = text.indexOf(':');
  if (colon < 0) {
    const port = readPort(text, word);
    return { from: port, to: port };
  }
  const from = colon === 0 ? 0 : readPort(text.slice(0, colon), word);
  const to = colon === text.length - 1 ? 65535 : readPort(text.slice(colon + 1), word);
  if (from > to) throw new RuleError('invalid portrange (min > max)', word);
  return { from, to };
}

export function formatPortRange(range: PortRange, separator = ':'): string {
  return range.from === range.to ? String(range.from) : `${range.from}${separator}${range.to}`;
}

/** A required option, or libxtables' complaint. */
export function required(extension: string, options: ReadonlyMap<string, Option>, name: string): Option {
  const option = options.get(name);
  if (option === undefined) throw new RuleError(`${extension}: option "--${name}" must be specified`);
  return option;
}

/** Two options that may not stand together. */
export function exclusive(
  extension: string,
  options: ReadonlyMap<string, Option>,
  names: readonly string[],
): Option | undefined {
  const given = names.flatMap((name) => options.get(name) ?? []);
  const [first, second] = given;
  if (first !== undefined && second !== undefined) {
    throw new RuleError(
      `${extension}: option "--${first.name}" cannot be used together with "--${second.name}".`,
      second.word,
    );
  }
  return first;
}

/** The name of a device, or of several with a `+` (xtables_parse_interface). */
export function readDevice(word: Word, not: boolean): InterfaceMatch {
  if (word.text === '') throw new RuleError('Empty interface is likely to be undesired', word);
  // The real tool only warns, and saves what it cannot restore.
  if (/[\s/]/.test(word.text)) {
    throw new RuleError(
      `weird character in interface \`${word.text}' ('/' and ' ' are not allowed by the kernel).`,
      word,
    );
  }
  if (new TextEncoder().encode(word.text).length > 15) {
    throw new RuleError(`interface name \`${word.text}' must be shorter than IFNAMSIZ (15)`, word);
  }
  return { name: word.text, not };
}

/** The name of a set (get_set_byname in libxt_set.h), of at most IPSET_MAXNAMELEN - 1 bytes. */
export function readSetName(word: Word): string {
  if (new TextEncoder().encode(word.text).length > 31) {
    throw new RuleError(`setname \`${word.text}' too long, max 31 characters.`, word);
  }
  return word.text;
}
