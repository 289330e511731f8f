import { formatIp, parseIp, stableHex } from '../../addr/index.ts';
import { IPSET_TYPES, type IpSet, type IpSetOptions, type IpSetType } from '../../kernel/index.ts';

export type CreatedSet = Pick<IpSet, 'name' | 'type' | 'options'>;

/**
 * The start of a set's hash, which the kernel draws at random: here from the set's name, so that the same input
 * prints the same text.
 */
export function stableInitval(name: string): number {
  return Number.parseInt(stableHex(`ipset ${name}`, 8), 16);
}

/**
 * A set's options as `create` lines and the header of `ipset list` have them. forceadd is never printed: ipset 7.17
 * does not tell it.
 */
export function formatOptions({ name, type, options }: CreatedSet, initval = true): string {
  const { family, hashsize, maxelem, bucketsize, range, size, netmask, markmask, timeout } = options;
  const flags = (['counters', 'comment', 'skbinfo'] as const).filter((flag) => options[flag]);
  const number = (key: string, value: number | undefined): string[] =>
    value === undefined ? [] : [`${key} ${value}`];
  const words = [
    ...(family === undefined ? [] : [family === 4 ? 'family inet' : 'family inet6']),
    ...(range === undefined ? [] : [`range ${formatRange(type, range)}`]),
    ...number('size', size),
    ...number('hashsize', hashsize),
    ...number('maxelem', maxelem),
    ...number('netmask', netmask),
    ...(markmask === undefined ? [] : [`markmask 0x${markmask.toString(16).padStart(8, '0')}`]),
    ...number('timeout', timeout),
    ...flags,
    ...number('bucketsize', bucketsize),
  ];
  if (type.startsWith('hash:') && initval) {
    const value = options.initval ?? stableInitval(name);
    words.push(`initval 0x${value.toString(16).padStart(8, '0')}`);
  }
  return words.join(' ');
}

function formatRange(type: IpSetType, { from, to }: { readonly from: number; readonly to: number }): string {
  return type === 'bitmap:port' ? `${from}-${to}` : `${formatIp(from)}-${formatIp(to)}`;
}

type OptionsDraft = { -readonly [K in keyof IpSetOptions]: IpSetOptions[K] };
const FLAGS = ['counters', 'comment', 'skbinfo', 'forceadd'] as const;
const NUMBERS = [
  'size',
  'hashsize',
  'maxelem',
  'netmask',
  'markmask',
  'timeout',
  'bucketsize',
  'initval',
] as const;

/** Reads what follows `create`; a string says what is wrong. */
export function parseCreate(words: readonly string[]): CreatedSet | string {
  const [name = '', typeName = '', ...rest] = words;
  const type = IPSET_TYPES.find((known) => known === typeName);
  if (type === undefined) return `set type "${typeName}" is not modelled`;
  const options: OptionsDraft = { counters: false, comment: false, skbinfo: false, forceadd: false };
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? '';
    const flag = FLAGS.find((known) => known === word);
    if (flag !== undefined) {
      options[flag] = true;
      continue;
    }
    const problem = readOption(options, type, word, rest[++i]);
    if (problem !== undefined) return problem;
  }
  if (options.initval === stableInitval(name)) delete options.initval;
  return { name, type, options };
}

function readOption(
  options: OptionsDraft,
  type: IpSetType,
  word: string,
  value: string | undefined,
): string | undefined {
  if (value === undefined) return `"${word}" has no value`;
  if (word === 'family' && (value === 'inet' || value === 'inet6')) {
    options.family = value === 'inet' ? 4 : 6;
    return undefined;
  }
  if (word === 'range') {
    const [from, to] = value.split('-').map((end) => (type === 'bitmap:port' ? Number(end) : parseIp(end)));
    if (typeof from !== 'number' || typeof to !== 'number' || Number.isNaN(from + to)) {
      return `invalid range: ${value}`;
    }
    options.range = { from, to };
    return undefined;
  }
  const key = NUMBERS.find((known) => known === word);
  if (key === undefined) return `option "${word}" is not modelled`;
  const number = /^(\d+|0x[0-9a-f]+)$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= 0xffffffff)) return `invalid number: ${value}`;
  options[key] = number;
  return undefined;
}
