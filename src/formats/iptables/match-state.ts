import { formatIp, type Ip, mask4, mask6, parseIp, widthOf } from '../../addr/index.ts';
import type { Match } from '../../kernel/index.ts';
import { formatProbability, parseProbability } from './probability.ts';
import {
  argument,
  bang,
  exclusive,
  formatValueMask,
  numberArgument,
  type Option,
  required,
  type Syntax,
  valueMask,
} from './syntax.ts';
import { quote, RuleError } from './words.ts';

type MatchOf<K extends Match['kind']> = Match & { readonly kind: K };

export const COMMENT: Syntax<MatchOf<'comment'>> = {
  options: { comment: { arity: 1 } },
  read: (options) => ({ kind: 'comment', text: argument(required('comment', options, 'comment')).text }),
  print: ({ text }) => ` --comment ${quote(text)}`,
};

function markSyntax<K extends 'mark' | 'connmark'>(kind: K): Syntax<MatchOf<K>> {
  return {
    options: { mark: { arity: 1, not: true } },
    read: (options) => {
      const option = required(kind, options, 'mark');
      const { value, mask = 0xffffffff } = valueMask(kind, option);
      return { kind, value, mask, not: option.not } as MatchOf<K>;
    },
    print: ({ value, mask, not }) => ` ${bang(not)}--mark ${formatValueMask(value, mask)}`,
  };
}

export const MARK_MATCH: Syntax<MatchOf<'mark'>> = markSyntax('mark');
export const CONNMARK_MATCH: Syntax<MatchOf<'connmark'>> = markSyntax('connmark');

export const STATISTIC: Syntax<MatchOf<'statistic'>> = {
  options: {
    mode: { arity: 1 },
    probability: { arity: 1, not: true },
    every: { arity: 1, not: true },
    packet: { arity: 1 },
  },
  read: (options) => {
    const mode = argument(required('statistic', options, 'mode'));
    const [probability, every, packet] = ['probability', 'every', 'packet'].map((name) => options.get(name));
    if (mode.text === 'random') {
      if (probability === undefined) {
        throw new RuleError('--probability must be specified when using random mode', mode);
      }
      const threshold = parseProbability(argument(probability).text);
      if (threshold === undefined) {
        throw new RuleError(
          'statistic: bad value for option "--probability", or out of range (0-1).',
          argument(probability),
        );
      }
      return { kind: 'statistic', mode: 'random', threshold, not: probability.not };
    }
    if (mode.text !== 'nth') throw new RuleError(`Bad mode "${mode.text}"`, mode);
    if (every === undefined) throw new RuleError('--every must be specified when using nth mode', mode);
    if (packet === undefined) {
      throw new RuleError('statistic: option "--every" also requires "--packet".', every.word);
    }
    const n = numberArgument('statistic', every, 1);
    const p = numberArgument('statistic', packet);
    if (p >= n) throw new RuleError('the --packet p must be 0 <= p <= n-1', argument(packet));
    return { kind: 'statistic', mode: 'nth', every: n, packet: p, not: every.not };
  },
  print: (match) =>
    match.mode === 'random'
      ? ` --mode random ${bang(match.not)}--probability ${formatProbability(match.threshold)}`
      : ` --mode nth ${bang(match.not)}--every ${match.every} --packet ${match.packet}`,
};

const RECENT_MODES = ['set', 'rcheck', 'update', 'remove'] as const;

function readMask(option: Option | undefined, family: 4 | 6): Ip {
  if (option === undefined) return family === 4 ? mask4(32) : mask6(128);
  const word = argument(option);
  const mask = parseIp(word.text);
  if (mask === undefined || widthOf(family) !== widthOf(typeof mask === 'number' ? 4 : 6)) {
    throw new RuleError('recent: bad value for option "--mask", or out of range.', word);
  }
  return mask;
}

export const RECENT: Syntax<MatchOf<'recent'>> = {
  options: {
    set: { arity: 0, not: true },
    rcheck: { arity: 0, not: true },
    update: { arity: 0, not: true },
    remove: { arity: 0, not: true },
    seconds: { arity: 1 },
    reap: { arity: 0 },
    hitcount: { arity: 1 },
    rttl: { arity: 0, unmodelled: true },
    name: { arity: 1 },
    mask: { arity: 1 },
    rsource: { arity: 0 },
    rdest: { arity: 0 },
  },
  read: (options, { family }) => {
    const given = exclusive('recent', options, RECENT_MODES);
    const mode = RECENT_MODES.find((one) => one === given?.name);
    if (given === undefined || mode === undefined) {
      throw new RuleError("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'");
    }
    const side = exclusive('recent', options, ['rsource', 'rdest'])?.name === 'rdest' ? 'rdest' : 'rsource';
    const secondsOption = options.get('seconds');
    const reap = options.get('reap');
    if (reap !== undefined && secondsOption === undefined) {
      throw new RuleError('recent: option "--reap" also requires "--seconds".', reap.word);
    }
    const seconds = secondsOption && numberArgument('recent', secondsOption, 1);
    const hits = options.get('hitcount');
    // A hitcount of 0 asks for nothing, and the kernel gives none back.
    const hitcount = (hits && numberArgument('recent', hits)) || undefined;
    const name = options.get('name');
    return {
      kind: 'recent',
      mode,
      not: given.not,
      ...(seconds !== undefined && { seconds }),
      reap: reap !== undefined,
      ...(hitcount !== undefined && { hitcount }),
      name: name === undefined ? 'DEFAULT' : argument(name).text,
      mask: readMask(options.get('mask'), family),
      side,
    };
  },
  print: ({ mode, not, seconds, reap, hitcount, name, mask, side }) =>
    ` ${bang(not)}--${mode}${seconds === undefined ? '' : ` --seconds ${seconds}`}${reap ? ' --reap' : ''}` +
    `${hitcount === undefined ? '' : ` --hitcount ${hitcount}`} --name ${name} --mask ${formatIp(mask)} --${side}`,
};

export const NFACCT: Syntax<MatchOf<'nfacct'>> = {
  options: { 'nfacct-name': { arity: 1 } },
  read: (options) => ({ kind: 'nfacct', name: argument(required('nfacct', options, 'nfacct-name')).text }),
  // Two blanks: libxt_nfacct prints one, and the string saver another.
  print: ({ name }) => ` --nfacct-name  ${name}`,
};
