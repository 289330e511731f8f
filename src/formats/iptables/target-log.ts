import { LOG_FLAGS, type Target } from '../../kernel/index.ts';
import { argument, numberArgument, type Option, readNumber, type Syntax } from './syntax.ts';
import { quote, RuleError } from './words.ts';

type TargetOf<K extends Target['kind']> = Target & { readonly kind: K };

/** syslog's severities (libxt_LOG, xt_LOG_levels). */
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['emerg', 0],
  ['panic', 0],
  ['alert', 1],
  ['crit', 2],
  ['error', 3],
  ['warning', 4],
  ['notice', 5],
  ['info', 6],
  ['debug', 7],
]);
const WARNING = 4;
/** What fits into struct xt_log_info. */
const LOG_PREFIX = 29;
const NFLOG_PREFIX = 64;

function readPrefix(option: Option | undefined, length: number): string | undefined {
  if (option === undefined) return undefined;
  const word = argument(option);
  if (word.text === '') throw new RuleError('Argument must have a minimum length of 1 characters', word);
  if (word.text.includes('\n')) throw new RuleError('Newlines not allowed in --log-prefix', word);
  return word.text.slice(0, length);
}

function readLevel(option: Option | undefined): number {
  if (option === undefined) return WARNING;
  const word = argument(option);
  const level = LEVELS.get(word.text) ?? readNumber(word.text, 7);
  if (level === undefined) throw new RuleError(`log level "${word.text}" unknown`, word);
  return level;
}

export const LOG: Syntax<TargetOf<'LOG'>> = {
  options: {
    'log-prefix': { arity: 1 },
    'log-level': { arity: 1 },
    ...Object.fromEntries(LOG_FLAGS.map((flag) => [`log-${flag}`, { arity: 0 } as const])),
  },
  read: (options) => {
    const prefix = readPrefix(options.get('log-prefix'), LOG_PREFIX);
    return {
      kind: 'LOG',
      ...(prefix !== undefined && { prefix }),
      level: readLevel(options.get('log-level')),
      flags: LOG_FLAGS.filter((flag) => options.has(`log-${flag}`)),
    };
  },
  print: ({ prefix, level, flags }) =>
    (prefix === undefined ? '' : ` --log-prefix ${quote(prefix)}`) +
    (level === WARNING ? '' : ` --log-level ${level}`) +
    flags.map((flag) => ` --log-${flag}`).join(''),
};

export const NFLOG: Syntax<TargetOf<'NFLOG'>> = {
  options: {
    'nflog-prefix': { arity: 1 },
    'nflog-group': { arity: 1 },
    'nflog-size': { arity: 1 },
    'nflog-threshold': { arity: 1 },
    // It never worked; iptables takes it, says so, and forgets it.
    'nflog-range': { arity: 1 },
  },
  read: (options) => {
    const prefix = readPrefix(options.get('nflog-prefix'), NFLOG_PREFIX);
    const number = (name: string, max: number): number | undefined => {
      const found = options.get(name);
      return found && numberArgument('NFLOG', found, 0, max);
    };
    const size = number('nflog-size', 0xffffffff);
    const threshold = number('nflog-threshold', 65535) || undefined;
    return {
      kind: 'NFLOG',
      ...(prefix !== undefined && { prefix }),
      group: number('nflog-group', 65535) ?? 0,
      ...(size !== undefined && { size }),
      ...(threshold !== undefined && { threshold }),
    };
  },
  print: ({ prefix, group, size, threshold }) =>
    (prefix === undefined ? '' : ` --nflog-prefix ${quote(prefix)}`) +
    (group === 0 ? '' : ` --nflog-group ${group}`) +
    (size === undefined ? '' : ` --nflog-size ${size}`) +
    (threshold === undefined ? '' : ` --nflog-threshold ${threshold}`),
};

export const TRACE: Syntax<TargetOf<'TRACE'>> = {
  options: {},
  read: () => ({ kind: 'TRACE' }),
  print: () => '',
};
