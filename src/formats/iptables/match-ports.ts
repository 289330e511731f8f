import { type Match, type PortMatch, PROTOCOL } from '../../kernel/index.ts';
import {
  argument,
  bang,
  exclusive,
  formatPortRange,
  type Option,
  type OptionSpec,
  type RuleContext,
  readPortRange,
  type Syntax,
} from './syntax.ts';
import { RuleError } from './words.ts';

type MatchOf<K extends Match['kind']> = Match & { readonly kind: K };
type PortSide = { readonly sport?: PortMatch; readonly dport?: PortMatch };

/** Flags as `--tcp-flags` names them, in the order in which they are printed. */
const TCP_FLAGS: readonly (readonly [string, number])[] = [
  ['FIN', 1],
  ['SYN', 2],
  ['RST', 4],
  ['PSH', 8],
  ['ACK', 16],
  ['URG', 32],
];
const ALL_FLAGS = 63;
/** `--syn` is `--tcp-flags FIN,SYN,RST,ACK SYN`. */
const SYN = { mask: 1 | 2 | 4 | 16, comp: 2 } as const;

const PORT_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  sport: { arity: 1, not: true },
  dport: { arity: 1, not: true },
  'source-port': { arity: 1, not: true, alias: 'sport' },
  'destination-port': { arity: 1, not: true, alias: 'dport' },
};

function requireProtocol(context: RuleContext, kind: 'tcp' | 'udp' | 'sctp'): void {
  const { protocol } = context;
  if (protocol !== undefined && !protocol.not && protocol.number === PROTOCOL[kind]) return;
  throw new RuleError(`${kind.toUpperCase()} match requires '-p ${kind}'`);
}

/**
 * The ports that iptables-nft keeps: it writes tcp and udp ports as nft expressions, in which a full range is no
 * test and `! 0:80` is 81:65535 (measured with 1.8.9). A range that can match nothing stays as it was written.
 */
function normalPort(option: Option | undefined, native: boolean): PortMatch | undefined {
  if (option === undefined) return undefined;
  const { from, to } = readPortRange(argument(option), argument(option).text);
  if (!native) return { from, to, not: option.not };
  if (from === 0 && to === 65535 && !option.not) return undefined;
  if (option.not && from === 0 && to > 0 && to < 65535) return { from: to + 1, to: 65535, not: false };
  return { from, to, not: option.not };
}

function readPorts(options: ReadonlyMap<string, Option>, native: boolean): PortSide {
  const sport = normalPort(options.get('sport'), native);
  const dport = normalPort(options.get('dport'), native);
  return { ...(sport && { sport }), ...(dport && { dport }) };
}

function printPorts({ sport, dport }: PortSide): string {
  const source = sport === undefined ? '' : ` ${bang(sport.not)}--sport ${formatPortRange(sport)}`;
  return dport === undefined ? source : `${source} ${bang(dport.not)}--dport ${formatPortRange(dport)}`;
}

function readFlags(text: string, option: Option): number {
  if (text === 'ALL') return ALL_FLAGS;
  if (text === 'NONE') return 0;
  let bits = 0;
  for (const name of text.split(',')) {
    const flag = TCP_FLAGS.find(([known]) => known === name.toUpperCase());
    if (flag === undefined) throw new RuleError(`Unknown TCP flag \`${name}'`, option.word);
    bits |= flag[1];
  }
  return bits;
}

function formatFlags(bits: number): string {
  if (bits === 0) return 'NONE';
  return TCP_FLAGS.flatMap(([name, bit]) => (bits & bit ? name : [])).join(',');
}

export const TCP: Syntax<MatchOf<'tcp'>> = {
  options: {
    ...PORT_OPTIONS,
    'tcp-flags': { arity: 2, not: true },
    syn: { arity: 0, not: true },
    'tcp-option': { arity: 1, not: true, unmodelled: true },
  },
  read: (options, context) => {
    requireProtocol(context, 'tcp');
    const option = exclusive('tcp', options, ['tcp-flags', 'syn']);
    const ports = readPorts(options, true);
    if (option === undefined) return { kind: 'tcp', ...ports };
    const { mask, comp } =
      option.name === 'syn'
        ? SYN
        : {
            mask: readFlags(option.args[0]?.text ?? '', option),
            comp: readFlags(option.args[1]?.text ?? '', option),
          };
    if (mask === 0 && comp === 0 && !option.not) return { kind: 'tcp', ...ports };
    return { kind: 'tcp', ...ports, flags: { mask, comp, not: option.not } };
  },
  print: (match) => {
    const ports = printPorts(match);
    if (match.flags === undefined) return ports;
    const { mask, comp, not } = match.flags;
    return `${ports} ${bang(not)}--tcp-flags ${formatFlags(mask)} ${formatFlags(comp)}`;
  },
};

export const UDP: Syntax<MatchOf<'udp'>> = {
  options: PORT_OPTIONS,
  read: (options, context) => {
    requireProtocol(context, 'udp');
    return { kind: 'udp', ...readPorts(options, true) };
  },
  print: printPorts,
};

export const SCTP: Syntax<MatchOf<'sctp'>> = {
  options: { ...PORT_OPTIONS, 'chunk-types': { arity: 2, not: true, unmodelled: true } },
  read: (options, context) => {
    requireProtocol(context, 'sctp');
    return { kind: 'sctp', ...readPorts(options, false) };
  },
  print: printPorts,
};

const SIDES = ['sports', 'dports', 'ports'] as const;
/** tcp, udp, udplite, sctp, dccp. */
const PORT_PROTOCOLS: ReadonlySet<number> = new Set([6, 17, 136, 132, 33]);

/** Whether the rule's protocol has ports, which port translation and multiport ask for. */
export function hasPorts({ protocol }: RuleContext): boolean {
  return protocol !== undefined && !protocol.not && PORT_PROTOCOLS.has(protocol.number);
}

export const MULTIPORT: Syntax<MatchOf<'multiport'>> = {
  options: {
    sports: { arity: 1, not: true },
    dports: { arity: 1, not: true },
    ports: { arity: 1, not: true },
    'source-ports': { arity: 1, not: true, alias: 'sports' },
    'destination-ports': { arity: 1, not: true, alias: 'dports' },
  },
  read: (options, context) => {
    const option = exclusive('multiport', options, SIDES);
    if (option === undefined) throw new RuleError('multiport: no ports specified');
    if (!hasPorts(context)) {
      throw new RuleError(
        "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'",
        option.word,
      );
    }
    const word = argument(option);
    const ports = word.text.split(',').map((text) => readPortRange(word, text));
    // A range takes two of the kernel's fifteen places (XT_MULTI_PORTS).
    const places = ports.reduce((sum, { from, to }) => sum + (from === to ? 1 : 2), 0);
    if (places > 15) throw new RuleError('too many ports specified', word);
    return {
      kind: 'multiport',
      side: SIDES.find((side) => side === option.name) ?? 'ports',
      ports,
      not: option.not,
    };
  },
  print: ({ side, ports, not }) =>
    ` ${bang(not)}--${side} ${ports.map((range) => formatPortRange(range)).join(',')}`,
};
