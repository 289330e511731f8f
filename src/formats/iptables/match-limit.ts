import {
  HASHLIMIT_MODES,
  type HashlimitMode,
  type Match,
  RATE_UNITS,
  type Rate,
} from '../../kernel/index.ts';
import { canonicalRate, formatRate, HASHLIMIT_SCALE, LIMIT_SCALE, readRate } from './rate.ts';
import {
  argument,
  exclusive,
  numberArgument,
  type Option,
  readNumber,
  required,
  type Syntax,
} from './syntax.ts';
import { RuleError, Unmodelled, type Word } from './words.ts';

type MatchOf<K extends Match['kind']> = Match & { readonly kind: K };

const DEFAULT_BURST = 5;

function readLimit(word: Word): Rate {
  return readRate(word, LIMIT_SCALE, `bad rate "${word.text}"'`);
}

export const LIMIT: Syntax<MatchOf<'limit'>> = {
  options: { limit: { arity: 1 }, 'limit-burst': { arity: 1 } },
  read: (options) => {
    const limit = options.get('limit');
    const given = limit === undefined ? { count: 3, per: 'hour' as const } : readLimit(argument(limit));
    const burst = options.get('limit-burst');
    // Twice: once into nft's own limit expression, once when it is read back. There a burst of 0 is the default.
    const rate = canonicalRate(canonicalRate(given, LIMIT_SCALE), LIMIT_SCALE);
    const count = burst === undefined ? 0 : numberArgument('limit', burst, 0, 10_000);
    return { kind: 'limit', rate, burst: count || DEFAULT_BURST };
  },
  print: ({ rate, burst }) =>
    ` --limit ${formatRate(rate)}${burst === DEFAULT_BURST ? '' : ` --limit-burst ${burst}`}`,
};

function readModes(option: Option | undefined): HashlimitMode[] {
  if (option === undefined) return [];
  const word = argument(option);
  const given = word.text.split(',').map((name) => {
    const mode = HASHLIMIT_MODES.find((known) => known === name.toLowerCase());
    if (mode === undefined) {
      throw new RuleError(`hashlimit: Bad value for "--hashlimit-mode" option: "${word.text}"`, word);
    }
    return mode;
  });
  return HASHLIMIT_MODES.filter((mode) => given.includes(mode));
}

function readBurst(option: Option): number {
  const word = argument(option);
  const burst = readNumber(word.text, 1_000_000);
  if (burst) return burst;
  throw new RuleError('bad value for option "--hashlimit-burst", or out of range (1-1000000).', word);
}

const DEFAULT_GC_INTERVAL = 1000;

/** `--hashlimit-` options of one number: the field, the option, its least and largest value, what prints nothing. */
const NUMBERS = [
  ['size', 'hashlimit-htable-size', 0xffffffff, 0],
  ['max', 'hashlimit-htable-max', 0xffffffff, 0],
  ['gcInterval', 'hashlimit-htable-gcinterval', 0xffffffff, DEFAULT_GC_INTERVAL],
] as const;

export const HASHLIMIT: Syntax<MatchOf<'hashlimit'>> = {
  options: {
    'hashlimit-upto': { arity: 1, not: true },
    hashlimit: { arity: 1, not: true, alias: 'hashlimit-upto' },
    'hashlimit-above': { arity: 1, not: true },
    'hashlimit-burst': { arity: 1 },
    'hashlimit-mode': { arity: 1 },
    'hashlimit-name': { arity: 1 },
    'hashlimit-htable-size': { arity: 1 },
    'hashlimit-htable-max': { arity: 1 },
    'hashlimit-htable-gcinterval': { arity: 1 },
    'hashlimit-htable-expire': { arity: 1 },
    'hashlimit-srcmask': { arity: 1 },
    'hashlimit-dstmask': { arity: 1 },
    'hashlimit-rate-match': { arity: 0, unmodelled: true },
    'hashlimit-rate-interval': { arity: 1, unmodelled: true },
  },
  read: (options, { family }) => {
    const option = exclusive('hashlimit', options, ['hashlimit-upto', 'hashlimit-above']);
    const name = required('hashlimit', options, 'hashlimit-name');
    if (option === undefined) throw new RuleError('You have to specify --hashlimit');
    // `512kb/s`: a limit on bytes.
    if (/b\/s$/.test(argument(option).text)) throw new Unmodelled();
    const { text } = argument(option);
    const bad = `hashlimit: Bad value for "--${option.name}" option: "${text}"`;
    const given = readRate(argument(option), HASHLIMIT_SCALE, bad);
    const rate = canonicalRate(given, HASHLIMIT_SCALE);
    const burst = options.get('hashlimit-burst');
    const number = (key: string, max: number): number | undefined => {
      const found = options.get(key);
      return found === undefined ? undefined : numberArgument('hashlimit', found, 0, max);
    };
    const expire = number('hashlimit-htable-expire', 0xffffffff) ?? RATE_UNITS[given.per] * 1000;
    const width = family === 4 ? 32 : 128;
    const mask = (side: string): number | undefined => {
      const length = number(side, width);
      return length === width ? undefined : length;
    };
    const [srcMask, dstMask] = [mask('hashlimit-srcmask'), mask('hashlimit-dstmask')];
    const sizes = NUMBERS.flatMap(([field, key, max, plain]) => {
      const value = number(key, max);
      return value === undefined || value === plain ? [] : [[field, value] as const];
    });
    return {
      kind: 'hashlimit',
      name: argument(name).text,
      rate,
      above: (option.name === 'hashlimit-above') !== option.not,
      burst: burst === undefined ? DEFAULT_BURST : readBurst(burst),
      mode: readModes(options.get('hashlimit-mode')),
      ...Object.fromEntries(sizes),
      ...(expire !== RATE_UNITS[rate.per] * 1000 && { expire }),
      ...(srcMask !== undefined && { srcMask }),
      ...(dstMask !== undefined && { dstMask }),
    };
  },
  print: (match) => {
    const { rate, above, burst, mode, name, expire, srcMask, dstMask } = match;
    const word = (option: string, value: number | undefined): string =>
      value === undefined ? '' : ` --hashlimit-${option} ${value}`;
    return (
      ` --hashlimit-${above ? 'above' : 'upto'} ${formatRate(rate)} --hashlimit-burst ${burst}` +
      `${mode.length === 0 ? '' : ` --hashlimit-mode ${mode.join(',')}`} --hashlimit-name ${name}` +
      word('htable-size', match.size) +
      word('htable-max', match.max) +
      word('htable-gcinterval', match.gcInterval) +
      word('htable-expire', expire) +
      word('srcmask', srcMask) +
      word('dstmask', dstMask)
    );
  },
};
