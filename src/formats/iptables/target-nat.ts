import { familyOf, formatCidr, formatIp, type Ip, parseIp } from '../../addr/index.ts';
import type { NatRange, Target } from '../../kernel/index.ts';
import { hasPorts } from './match-ports.ts';
import { servicePort } from './names.ts';
import { readCidr } from './rule-address.ts';
import {
  argument,
  formatPortRange,
  type Option,
  type OptionSpec,
  type RuleContext,
  readNumber,
  required,
  type Syntax,
} from './syntax.ts';
import { RuleError, Unmodelled, type Word } from './words.ts';

type TargetOf<K extends Target['kind']> = Target & { readonly kind: K };

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
  if (addresses !== '' || ports === undefined) {
    const dash = addresses.indexOf('-');
    const ip = read(dash < 0 ? addresses : addresses.slice(0, dash));
    const lastIp = dash < 0 ? ip : read(addresses.slice(dash + 1));
    range = lastIp === ip ? { ip } : { ip, lastIp };
  }
  if (ports === undefined) return range;
  if (!hasPorts(context)) throw new RuleError('Need TCP, UDP, SCTP or DCCP with port specification', word);
  return { ...range, ...readNatPorts(ports, word) };
}

/** `80`, `80-90`, `80-90/5000`. */
function readNatPorts(ports: string, word: Word): NatRange {
  const dash = ports.indexOf('-');
  const slash = ports.indexOf('/');
  if (slash >= 0 && dash < 0) {
    throw new RuleError(`Garbage after port value: \`${ports.slice(slash)}'`, word);
  }
  const port = readNatPort(dash < 0 ? ports : ports.slice(0, dash), word);
  const lastPort = dash < 0 ? port : readNatPort(ports.slice(dash + 1, slash < 0 ? undefined : slash), word);
  if (lastPort < port) throw new RuleError(`Port range \`${lastPort}' funky`, word);
  if (slash >= 0) {
    const basePort = readNatPort(ports.slice(slash + 1), word);
    if (basePort === 0) throw new RuleError("Port `0' not valid", word);
    return { port, lastPort, basePort };
  }
  return lastPort === port ? { port } : { port, lastPort };
}

/** A NAT range as iptables-save prints it. */
export function formatNatRange({ ip, lastIp, port, lastPort, basePort }: NatRange): string {
  const last = lastIp === undefined ? '' : `-${formatIp(lastIp)}`;
  const addresses = ip === undefined ? '' : `${formatIp(ip)}${last}`;
  if (port === undefined) return addresses;
  const base = basePort === undefined ? '' : `/${basePort}`;
  const ports = `:${port}${lastPort === undefined ? '' : `-${lastPort}`}${base}`;
  return typeof ip === 'bigint' ? `[${addresses}]${ports}` : `${addresses}${ports}`;
}

export function natSyntax<K extends 'DNAT' | 'SNAT'>(kind: K, to: string): Syntax<TargetOf<K>> {
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
      const range = readNatRange(argument(option), context);
      // iptables takes a base port for SNAT too, and forgets it.
      if (kind === 'SNAT' && range.basePort !== undefined) throw new Unmodelled();
      return {
        kind,
        to: range,
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
  const read = (text: string): number => servicePort(text) ?? readNatPort(text, word);
  const from = read(dash < 0 ? word.text : word.text.slice(0, dash));
  const to = dash < 0 ? from : read(word.text.slice(dash + 1));
  if (to < from) throw new RuleError(`Port range \`${to}' funky`, word);
  return { from, to };
}

export const MASQUERADE: Syntax<TargetOf<'MASQUERADE'>> = {
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

export const REDIRECT: Syntax<TargetOf<'REDIRECT'>> = {
  options: {
    'to-ports': { arity: 1 },
    'to-port': { arity: 1, alias: 'to-ports' },
    to: { arity: 1, alias: 'to-ports' },
    random: { arity: 0 },
  },
  read: (options, context) => {
    const ports = options.get('to-ports');
    return {
      kind: 'REDIRECT',
      ...(ports && { toPorts: readToPorts(ports, context) }),
      random: options.has('random'),
    };
  },
  print: ({ toPorts, random }) =>
    (toPorts === undefined ? '' : ` --to-ports ${formatPortRange(toPorts, '-')}`) +
    (random ? ' --random' : ''),
};

export const NETMAP: Syntax<TargetOf<'NETMAP'>> = {
  options: { to: { arity: 1 } },
  read: (options, { family }) => {
    const word = argument(required('NETMAP', options, 'to'));
    return { kind: 'NETMAP', to: readCidr(word.text, family, word) };
  },
  print: ({ to }) => ` --to ${formatCidr(to)}`,
};
