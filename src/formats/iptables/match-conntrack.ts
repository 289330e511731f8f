import { familyOf, formatIp, parseIp, widthOf } from '../../addr/index.ts';
import {
  type ConntrackMatch,
  CT_STATES,
  CT_STATUSES,
  type CtAddress,
  type CtState,
  type CtStatus,
  type Match,
  type PortMatch,
} from '../../kernel/index.ts';
import { protocolNumber } from './names.ts';
import { maskLength } from './rule-address.ts';
import {
  argument,
  bang,
  formatPortRange,
  type Option,
  type RuleContext,
  readNumber,
  readPort,
  required,
  type Syntax,
} from './syntax.ts';
import { RuleError, type Word } from './words.ts';

function readStates(option: Option, known: readonly CtState[], label: string): CtState[] {
  const word = argument(option);
  const given = word.text.split(',').map((name) => {
    const state = known.find((one) => one === name.toUpperCase());
    if (state === undefined) throw new RuleError(`Bad ${label} "${name}"`, word);
    return state;
  });
  return known.filter((state) => given.includes(state));
}

function readStatuses(word: Word): readonly CtStatus[] {
  const given = word.text.split(',').flatMap((name) => {
    const status = CT_STATUSES.find((one) => one === name.toUpperCase());
    if (status === undefined && name.toUpperCase() !== 'NONE') {
      throw new RuleError(`Bad ctstatus "${name}"`, word);
    }
    return status ?? [];
  });
  return CT_STATUSES.filter((status) => given.includes(status));
}

/** The bits behind the mask stay: nothing clears them on the way to the kernel and back. */
export function readTupleAddress(
  extension: string,
  option: Option | undefined,
  { family }: RuleContext,
): CtAddress | undefined {
  if (option === undefined) return undefined;
  const word = argument(option);
  const slash = word.text.indexOf('/');
  const ip = parseIp(slash < 0 ? word.text : word.text.slice(0, slash));
  if (ip === undefined || familyOf(ip) !== family) {
    throw new RuleError(`${extension}: Bad value for "--${option.name}" option: "${word.text}"`, word);
  }
  const length = slash < 0 ? widthOf(family) : maskLength(word.text.slice(slash + 1), family);
  if (length === undefined)
    throw new RuleError(`invalid mask \`${word.text.slice(slash + 1)}' specified`, word);
  return { ip, length, not: option.not };
}

export function printTupleAddress(name: string, tested: CtAddress | undefined): string {
  if (tested === undefined) return '';
  const host = tested.length === widthOf(familyOf(tested.ip));
  return ` ${bang(tested.not)}--${name} ${formatIp(tested.ip)}${host ? '' : `/${tested.length}`}`;
}

/** `5`, `5:9`, `:9`, `5:`: a range may be upside down, and then matches nothing. */
function readRange(option: Option | undefined, max: number): PortMatch | undefined {
  if (option === undefined) return undefined;
  const word = argument(option);
  const read = (text: string, open: number): number => {
    if (text === '') return open;
    if (max === 65535) return readPort(text, word);
    const value = readNumber(text, max);
    if (value !== undefined) return value;
    throw new RuleError(
      `conntrack: bad value for option "--${option.name}", or out of range (0-${max}).`,
      word,
    );
  };
  const [from = '', to] = word.text.split(':');
  const low = read(from, 0);
  return { from: low, to: to === undefined ? low : read(to, max), not: option.not };
}

const ADDRESSES = [
  ['origSrc', 'ctorigsrc'],
  ['origDst', 'ctorigdst'],
  ['replSrc', 'ctreplsrc'],
  ['replDst', 'ctrepldst'],
] as const;
const PORTS = [
  ['origSrcPort', 'ctorigsrcport'],
  ['origDstPort', 'ctorigdstport'],
  ['replSrcPort', 'ctreplsrcport'],
  ['replDstPort', 'ctrepldstport'],
] as const;

function readDirection(option: Option): 'original' | 'reply' {
  const word = argument(option);
  const name = word.text.toLowerCase();
  if (name === 'original' || name === 'reply') return name;
  throw new RuleError(`conntrack: Bad value for "--ctdir" option: "${word.text}"`, word);
}

export function readProtocolOption(option: Option): number {
  const word = argument(option);
  const number = protocolNumber(word.text);
  if (number === undefined) throw new RuleError(`unknown protocol "${word.text}" specified`, word);
  return number;
}

const ONE = { arity: 1, not: true } as const;

export const CONNTRACK: Syntax<ConntrackMatch> = {
  options: {
    ctstate: ONE,
    ctproto: ONE,
    ...Object.fromEntries([...ADDRESSES, ...PORTS].map(([, name]) => [name, ONE])),
    ctstatus: ONE,
    ctexpire: ONE,
    ctdir: { arity: 1 },
  },
  read: (options, context) => {
    if (options.size === 0) throw new RuleError('conntrack: At least one option is required');
    const state = options.get('ctstate');
    const protocol = options.get('ctproto');
    const status = options.get('ctstatus');
    const direction = options.get('ctdir');
    const addresses = ADDRESSES.flatMap(([field, name]) => {
      const address = readTupleAddress('conntrack', options.get(name), context);
      return address === undefined ? [] : [[field, address] as const];
    });
    const ports = PORTS.flatMap(([field, name]) => {
      const range = readRange(options.get(name), 65535);
      return range === undefined ? [] : [[field, range] as const];
    });
    const expire = readRange(options.get('ctexpire'), 0xffffffff);
    return {
      kind: 'conntrack',
      states: state === undefined ? [] : readStates(state, CT_STATES, 'ctstate'),
      not: state?.not === true,
      ...(protocol && { protocol: { number: readProtocolOption(protocol), not: protocol.not } }),
      ...Object.fromEntries(addresses),
      ...Object.fromEntries(ports),
      ...(status && { status: { statuses: readStatuses(argument(status)), not: status.not } }),
      ...(expire && { expire }),
      ...(direction && { direction: readDirection(direction) }),
    };
  },
  print: (match) => {
    const { states, not, protocol, status, expire, direction } = match;
    const range = (name: string, tested: PortMatch | undefined): string =>
      tested === undefined ? '' : ` ${bang(tested.not)}--${name} ${formatPortRange(tested)}`;
    const statuses = status?.statuses.join(',');
    return (
      (states.length === 0 ? '' : ` ${bang(not)}--ctstate ${states.join(',')}`) +
      (protocol === undefined ? '' : ` ${bang(protocol.not)}--ctproto ${protocol.number}`) +
      ADDRESSES.map(([field, name]) => printTupleAddress(name, match[field])).join('') +
      PORTS.map(([field, name]) => range(name, match[field])).join('') +
      (status === undefined ? '' : ` ${bang(status.not)}--ctstatus ${statuses === '' ? 'NONE' : statuses}`) +
      range('ctexpire', expire) +
      (direction === undefined ? '' : ` --ctdir ${direction.toUpperCase()}`)
    );
  },
};

/** `-m state` knows the connection's states, not its NAT statuses. */
const STATES = CT_STATES.filter((state) => state !== 'SNAT' && state !== 'DNAT');

export const STATE: Syntax<Match & { readonly kind: 'state' }> = {
  options: { state: { arity: 1, not: true } },
  read: (options) => {
    const option = required('state', options, 'state');
    return { kind: 'state', states: readStates(option, STATES, 'state'), not: option.not };
  },
  print: ({ states, not }) => ` ${bang(not)}--state ${states.join(',')}`,
};
