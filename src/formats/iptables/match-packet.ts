import { type Family, familyOf, formatIp, formatMac, type Ip, parseIp, parseMac } from '../../addr/index.ts';
import { type IpRange, type Match, PACKET_TYPES } from '../../kernel/index.ts';
import {
  argument,
  bang,
  byteHex,
  exclusive,
  formatPortRange,
  numberArgument,
  type Option,
  readNumber,
  required,
  type Syntax,
} from './syntax.ts';
import { dscpOfClass, readTos } from './tos.ts';
import { RuleError, type Word } from './words.ts';

type MatchOf<K extends Match['kind']> = Match & { readonly kind: K };

function readIpRange(option: Option | undefined, family: Family): IpRange | undefined {
  if (option === undefined) return undefined;
  const word = argument(option);
  const read = (text: string): Ip => {
    const ip = parseIp(text);
    if (ip !== undefined && familyOf(ip) === family) return ip;
    throw new RuleError(`iprange: Bad value for "--${option.name}" option: "${word.text}"`, word);
  };
  const dash = word.text.indexOf('-');
  const from = read(dash < 0 ? word.text : word.text.slice(0, dash));
  return { from, to: dash < 0 ? from : read(word.text.slice(dash + 1)), not: option.not };
}

function printIpRange(side: 'src' | 'dst', range: IpRange | undefined): string {
  if (range === undefined) return '';
  return ` ${bang(range.not)}--${side}-range ${formatIp(range.from)}-${formatIp(range.to)}`;
}

export const IPRANGE: Syntax<MatchOf<'iprange'>> = {
  options: { 'src-range': { arity: 1, not: true }, 'dst-range': { arity: 1, not: true } },
  read: (options, { family }) => {
    const src = readIpRange(options.get('src-range'), family);
    const dst = readIpRange(options.get('dst-range'), family);
    if (src === undefined && dst === undefined) {
      throw new RuleError("iprange match: You must specify `--src-range' or `--dst-range'");
    }
    return { kind: 'iprange', ...(src && { src }), ...(dst && { dst }) };
  },
  print: ({ src, dst }) => printIpRange('src', src) + printIpRange('dst', dst),
};

export const MAC: Syntax<MatchOf<'mac'>> = {
  options: { 'mac-source': { arity: 1, not: true } },
  read: (options) => {
    const option = required('mac', options, 'mac-source');
    const mac = parseMac(argument(option).text.toLowerCase());
    if (mac === undefined) throw new RuleError('Invalid MAC address specified.', argument(option));
    return { kind: 'mac', mac, not: option.not };
  },
  print: ({ mac, not }) => ` ${bang(not)}--mac-source ${formatMac(mac)}`,
};

/** `100`, `100:200`, `:200`, `100:`: unlike ports a range may be upside down, and then matches nothing. */
function readLength(option: Option): { readonly from: number; readonly to: number } {
  const word = argument(option);
  const read = (text: string, open: number): number => {
    const value = text === '' ? open : readNumber(text, 65535);
    if (value !== undefined) return value;
    throw new RuleError(
      `length: bad value for option "--length" near "${text}", or out of range (0-65535).`,
      word,
    );
  };
  const [from = '', to] = word.text.split(':');
  const low = read(from, 0);
  return { from: low, to: to === undefined ? low : read(to, 65535) };
}

export const LENGTH: Syntax<MatchOf<'length'>> = {
  options: { length: { arity: 1, not: true } },
  read: (options) => {
    const option = required('length', options, 'length');
    return { kind: 'length', ...readLength(option), not: option.not };
  },
  print: ({ from, to, not }) => ` ${bang(not)}--length ${formatPortRange({ from, to })}`,
};

function ttlSyntax<K extends 'ttl' | 'hl'>(kind: K): Syntax<MatchOf<K>> {
  const tests = ['eq', 'lt', 'gt'] as const;
  return {
    options: {
      [`${kind}-eq`]: { arity: 1, not: true },
      [`${kind}-lt`]: { arity: 1 },
      [`${kind}-gt`]: { arity: 1 },
      [kind]: { arity: 1, not: true, alias: `${kind}-eq` },
    },
    read: (options, { family }) => {
      if ((kind === 'ttl') !== (family === 4)) {
        throw new RuleError(`Couldn't load match \`${kind}':No such file or directory`);
      }
      const option = exclusive(kind, options, [`${kind}-lt`, `${kind}-gt`, `${kind}-eq`]);
      const test = tests.find((one) => option?.name === `${kind}-${one}`);
      if (option === undefined || test === undefined) {
        throw new RuleError(
          `${kind.toUpperCase()} match: You must specify one of \`--${kind}-eq', \`--${kind}-lt', \`--${kind}-gt`,
        );
      }
      const value = numberArgument(kind, option, 0, 255);
      return { kind, test, value, not: option.not } as MatchOf<K>;
    },
    print: ({ test, value, not }) => ` ${bang(not)}--${kind}-${test} ${value}`,
  };
}

export const TTL_MATCH: Syntax<MatchOf<'ttl'>> = ttlSyntax('ttl');
export const HL_MATCH: Syntax<MatchOf<'hl'>> = ttlSyntax('hl');

export const PKTTYPE: Syntax<MatchOf<'pkttype'>> = {
  options: { 'pkt-type': { arity: 1, not: true } },
  read: (options) => {
    const option = required('pkttype', options, 'pkt-type');
    const word = argument(option);
    const name = word.text.toLowerCase();
    const type = PACKET_TYPES.find((known) => known === (name === 'host' ? 'unicast' : name));
    if (type === undefined) throw new RuleError(`Bad packet type '${word.text}'`, word);
    return { kind: 'pkttype', type, not: option.not };
  },
  print: ({ type, not }) => ` ${bang(not)}--pkt-type ${type}`,
};

/** The value of `--dscp` or `--dscp-class`, or of the target's `--set-` forms. */
export function readDscp(option: Option): number {
  if (!option.name.endsWith('class')) {
    return numberArgument(option.name === 'dscp' ? 'dscp' : 'DSCP', option, 0, 63);
  }
  const word: Word = argument(option);
  const value = dscpOfClass(word.text);
  if (value === undefined) throw new RuleError(`Invalid DSCP value \`${word.text}'`, word);
  return value;
}

export const DSCP_MATCH: Syntax<MatchOf<'dscp'>> = {
  options: { dscp: { arity: 1, not: true }, 'dscp-class': { arity: 1, not: true } },
  read: (options) => {
    const option = exclusive('dscp', options, ['dscp', 'dscp-class']);
    if (option === undefined) throw new RuleError('DSCP match: Parameter --dscp is required');
    return { kind: 'dscp', value: readDscp(option), not: option.not };
  },
  print: ({ value, not }) => ` ${bang(not)}--dscp ${byteHex(value)}`,
};

export const TOS_MATCH: Syntax<MatchOf<'tos'>> = {
  options: { tos: { arity: 1, not: true } },
  read: (options) => {
    const option = required('tos', options, 'tos');
    return { kind: 'tos', ...readTos(argument(option)), not: option.not };
  },
  print: ({ value, mask, not }) => ` ${bang(not)}--tos ${byteHex(value)}/${byteHex(mask)}`,
};
