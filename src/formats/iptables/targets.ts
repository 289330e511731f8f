import { type Family, familyOf, formatIp, type Ip, parseIp } from '../../addr/index.ts';
import type { NatRange, RejectType, Target } from '../../kernel/index.ts';
import { hasPorts } from './match-ports.ts';
import {
  argument,
  exclusive,
  formatPortRange,
  hex,
  type Option,
  type OptionSpec,
  type RuleContext,
  readNumber,
  type Syntax,
  valueMask,
} from './syntax.ts';
import { RuleError, type Word } from './words.ts';

type TargetOf<K extends Target['kind']> = Target & { readonly kind: K };

const REJECT_NAMES: Readonly<Record<Family, Readonly<Record<string, RejectType>>>> = {
  4: {
    'icmp-net-unreachable': 'icmp-net-unreachable',
    'net-unreach': 'icmp-net-unreachable',
    'icmp-host-unreachable': 'icmp-host-unreachable',
    'host-unreach': 'icmp-host-unreachable',
    'icmp-proto-unreachable': 'icmp-proto-unreachable',
    'proto-unreach': 'icmp-proto-unreachable',
    'icmp-port-unreachable': 'icmp-port-unreachable',
    'port-unreach': 'icmp-port-unreachable',
    'icmp-net-prohibited': 'icmp-net-prohibited',
    'net-prohib': 'icmp-net-prohibited',
    'icmp-host-prohibited': 'icmp-host-prohibited',
    'host-prohib': 'icmp-host-prohibited',
    'icmp-admin-prohibited': 'icmp-admin-prohibited',
    'admin-prohib': 'icmp-admin-prohibited',
    'tcp-reset': 'tcp-reset',
    'tcp-rst': 'tcp-reset',
  },
  6: {
    'icmp6-no-route': 'icmp6-no-route',
    'no-route': 'icmp6-no-route',
    'icmp6-adm-prohibited': 'icmp6-adm-prohibited',
    'adm-prohibited': 'icmp6-adm-prohibited',
    'icmp6-addr-unreachable': 'icmp6-addr-unreachable',
    'addr-unreach': 'icmp6-addr-unreachable',
    'icmp6-port-unreachable': 'icmp6-port-unreachable',
    'port-unreach': 'icmp6-port-unreachable',
    'tcp-reset': 'tcp-reset',
  },
};
/** Real reject types without a counterpart in the model. */
const OTHER_REJECTS: ReadonlySet<string> = new Set([
  'icmp6-policy-fail',
  'policy-fail',
  'icmp6-reject-route',
  'reject-route',
]);

/** Thrown by `read` when the target is real and its option is not modelled: it is kept as words. */
export class Unmodelled extends Error {}

const REJECT: Syntax<TargetOf<'REJECT'>> = {
  options: { 'reject-with': { arity: 1 } },
  read: (options, { family }) => {
    const option = options.get('reject-with');
    const name = option === undefined ? 'port-unreach' : argument(option).text;
    const type = REJECT_NAMES[family][name];
    if (type !== undefined) return { kind: 'REJECT', with: type };
    if (family === 6 && OTHER_REJECTS.has(name)) throw new Unmodelled();
    throw new RuleError(`unknown reject type "${name}"`, option && argument(option));
  },
  print: (target) => ` --reject-with ${target.with}`,
};

const MARK_FORMS = ['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark'] as const;
const FULL = 0xffffffff;

const MARK: Syntax<TargetOf<'MARK'>> = {
  options: Object.fromEntries(MARK_FORMS.map((form) => [form, { arity: 1 } as const])),
  read: (options) => {
    const option = exclusive('MARK', options, MARK_FORMS);
    if (option === undefined) {
      throw new RuleError('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required');
    }
    const { value, mask = FULL } = valueMask('MARK', option);
    switch (option.name) {
      case 'set-mark':
        return { kind: 'MARK', value, mask: (value | mask) >>> 0 };
      case 'and-mark':
        return { kind: 'MARK', value: 0, mask: ~value >>> 0 };
      case 'or-mark':
        return { kind: 'MARK', value, mask: value };
      case 'xor-mark':
        return { kind: 'MARK', value, mask: 0 };
      default:
        return { kind: 'MARK', value, mask };
    }
  },
  print: ({ value, mask }) => ` --set-xmark ${hex(value)}/${hex(mask)}`,
};

const NAT_FLAGS: Readonly<Record<string, OptionSpec>> = { random: { arity: 0 }, persistent: { arity: 0 } };

function badAddress(text: string, word: Word): RuleError {
  return new RuleError(`Bad IP address "${text}"`, word);
}

function readNatPort(text: string, word: Word): number {
  const port = readNumber(text, 65535);
  if (port === undefined) throw new RuleError(`Port \`${text}' not valid`, word);
  return port;
}

/** `[ip[-ip]][:port[-port]]`; an IPv6 address with a port stands in brackets (parse_to in libxt_NAT). */
function readNatRange(word: Word, context: RuleContext): NatRange {
  const { text } = word;
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  // One colon comes before a port; with more it is an IPv6 address.
  const colon = text.indexOf(':') === text.lastIndexOf(':') ? text.indexOf(':') : -1;
  const addresses = bracketed?.[1] ?? (colon < 0 ? text : text.slice(0, colon));
  const ports = bracketed === null ? (colon < 0 ? undefined : text.slice(colon + 1)) : bracketed[2];
  const read = (part: string): Ip => {
    const ip = parseIp(part);
    if (ip === undefined || familyOf(ip) !== context.family) throw badAddress(part, word);
    return ip;
  };
  let range: NatRange = {};
  if (addresses !== '') {
    const dash = addresses.indexOf('-');
    const ip = read(dash < 0 ? addresses : addresses.slice(0, dash));
    const lastIp = dash < 0 ? ip : read(addresses.slice(dash + 1));
    range = lastIp === ip ? { ip } : { ip, lastIp };
  }
  if (ports === undefined) return range;
  if (!hasPorts(context)) throw new RuleError('Need TCP, UDP, SCTP or DCCP with port specification', word);
  if (ports.includes('/')) throw new Unmodelled();
  const dash = ports.indexOf('-');
  const port = readNatPort(dash < 0 ? ports : ports.slice(0, dash), word);
  const lastPort = dash < 0 ? port : readNatPort(ports.slice(dash + 1), word);
  if (lastPort < port) throw new RuleError(`Port range \`${lastPort}' funky`, word);
  return lastPort === port ? { ...range, port } : { ...range, port, lastPort };
}

/** A NAT range as iptables-save prints it. */
export function formatNatRange({ ip, lastIp, port, lastPort }: NatRange): string {
  const last = lastIp === undefined ? '' : `-${formatIp(lastIp)}`;
  const addresses = ip === undefined ? '' : `${formatIp(ip)}${last}`;
  if (port === undefined) return addresses;
  const ports = `:${port}${lastPort === undefined ? '' : `-${lastPort}`}`;
  return typeof ip === 'bigint' ? `[${addresses}]${ports}` : `${addresses}${ports}`;
}

function natSyntax<K extends 'DNAT' | 'SNAT'>(kind: K, to: string): Syntax<TargetOf<K>> {
  return {
    options: {
      [to]: { arity: 1 },
      to: { arity: 1, alias: to },
      ...NAT_FLAGS,
      ...(kind === 'SNAT' && { 'random-fully': { arity: 0 } as const }),
    },
    read: (options, context) => {
      const option = options.get(to);
      if (option === undefined) throw new RuleError(`${kind}: option "--${to}" must be specified`);
      return {
        kind,
        to: readNatRange(argument(option), context),
        random: options.has('random'),
        randomFully: options.has('random-fully'),
        persistent: options.has('persistent'),
      } as TargetOf<K>;
    },
    print: (target) =>
      ` --${to} ${formatNatRange(target.to)}${printRandom(target)}${target.persistent ? ' --persistent' : ''}`,
  };
}

function printRandom(target: { readonly random: boolean; readonly randomFully: boolean }): string {
  return `${target.random ? ' --random' : ''}${target.randomFully ? ' --random-fully' : ''}`;
}

function readToPorts(option: Option, context: RuleContext): { readonly from: number; readonly to: number } {
  const word = argument(option);
  if (!hasPorts(context)) throw new RuleError('Need TCP, UDP, SCTP or DCCP with port specification', word);
  const dash = word.text.indexOf('-');
  const from = readNatPort(dash < 0 ? word.text : word.text.slice(0, dash), word);
  const to = dash < 0 ? from : readNatPort(word.text.slice(dash + 1), word);
  if (to < from) throw new RuleError(`Port range \`${to}' funky`, word);
  return { from, to };
}

const MASQUERADE: Syntax<TargetOf<'MASQUERADE'>> = {
  options: {
    'to-ports': { arity: 1 },
    to: { arity: 1, alias: 'to-ports' },
    random: { arity: 0 },
    'random-fully': { arity: 0 },
  },
  read: (options, context) => {
    const ports = options.get('to-ports');
    return {
      kind: 'MASQUERADE',
      ...(ports && { toPorts: readToPorts(ports, context) }),
      random: options.has('random'),
      randomFully: options.has('random-fully'),
    };
  },
  print: (target) =>
    (target.toPorts === undefined ? '' : ` --to-ports ${formatPortRange(target.toPorts, '-')}`) +
    printRandom(target),
};

/** The targets with options whose meaning is modelled; a new one is one entry here. */
const TARGETS: ReadonlyMap<string, Syntax<Target>> = new Map(
  Object.entries({
    REJECT,
    MARK,
    DNAT: natSyntax('DNAT', 'to-destination'),
    SNAT: natSyntax('SNAT', 'to-source'),
    MASQUERADE,
  }).map(([name, syntax]) => [name, syntax as unknown as Syntax<Target>]),
);

/** The syntax of `-j NAME`; undefined when it is not modelled or takes no options. */
export function targetSyntax(name: string): Syntax<Target> | undefined {
  return TARGETS.get(name);
}

/** ` -j TARGET OPTIONS`, ` -g CHAIN`, or nothing. */
export function printTarget(target: Target, family: Family): string {
  switch (target.kind) {
    case 'none':
      return '';
    case 'jump':
      return ` -j ${target.chain}`;
    case 'goto':
      return ` -g ${target.chain}`;
    case 'unknown':
      return ` -j ${target.name}${target.text === '' ? '' : ` ${target.text}`}`;
    default:
      return ` -j ${target.kind}${TARGETS.get(target.kind)?.print(target, family) ?? ''}`;
  }
}
