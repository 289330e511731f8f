import type { Match } from '../../kernel/index.ts';
import { argument, bang, type Option, readNumber, required, type Syntax } from './syntax.ts';
import { RuleError } from './words.ts';

type IcmpMatch<K extends 'icmp' | 'icmp6'> = Match & { readonly kind: K };
type Names = Readonly<Record<string, readonly [type: number, code?: number]>>;

/** libxtables' names of types and codes (extensions/libxt_icmp.h). */
const ICMP_NAMES: Names = {
  any: [255],
  'echo-reply': [0],
  pong: [0],
  'destination-unreachable': [3],
  'network-unreachable': [3, 0],
  'host-unreachable': [3, 1],
  'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3],
  'fragmentation-needed': [3, 4],
  'source-route-failed': [3, 5],
  'network-unknown': [3, 6],
  'host-unknown': [3, 7],
  'network-prohibited': [3, 9],
  'host-prohibited': [3, 10],
  'TOS-network-unreachable': [3, 11],
  'TOS-host-unreachable': [3, 12],
  'communication-prohibited': [3, 13],
  'host-precedence-violation': [3, 14],
  'precedence-cutoff': [3, 15],
  'source-quench': [4],
  redirect: [5],
  'network-redirect': [5, 0],
  'host-redirect': [5, 1],
  'TOS-network-redirect': [5, 2],
  'TOS-host-redirect': [5, 3],
  'echo-request': [8],
  ping: [8],
  'router-advertisement': [9],
  'router-solicitation': [10],
  'time-exceeded': [11],
  'ttl-exceeded': [11],
  'ttl-zero-during-transit': [11, 0],
  'ttl-zero-during-reassembly': [11, 1],
  'parameter-problem': [12],
  'ip-header-bad': [12, 0],
  'required-option-missing': [12, 1],
  'timestamp-request': [13],
  'timestamp-reply': [14],
  'address-mask-request': [17],
  'address-mask-reply': [18],
};

const ICMP6_NAMES: Names = {
  'destination-unreachable': [1],
  'no-route': [1, 0],
  'communication-prohibited': [1, 1],
  'beyond-scope': [1, 2],
  'address-unreachable': [1, 3],
  'port-unreachable': [1, 4],
  'failed-policy': [1, 5],
  'reject-route': [1, 6],
  'packet-too-big': [2],
  'time-exceeded': [3],
  'ttl-exceeded': [3],
  'ttl-zero-during-transit': [3, 0],
  'ttl-zero-during-reassembly': [3, 1],
  'parameter-problem': [4],
  'bad-header': [4, 0],
  'unknown-header-type': [4, 1],
  'unknown-option': [4, 2],
  'echo-request': [128],
  ping: [128],
  'echo-reply': [129],
  pong: [129],
  'mld-listener-query': [130],
  'mld-listener-report': [131],
  'mld-listener-done': [132],
  'mld-listener-reduction': [132],
  'router-solicitation': [133],
  'router-advertisement': [134],
  'neighbour-solicitation': [135],
  'neighbor-solicitation': [135],
  'neighbour-advertisement': [136],
  'neighbor-advertisement': [136],
  redirect: [137],
};

function readType(option: Option, names: Names, label: string): readonly [number, number?] {
  const word = argument(option);
  const named = names[word.text];
  if (named !== undefined) return named;
  const [head = '', tail, ...rest] = word.text.split('/');
  const type = readNumber(head, 255);
  const code = tail === undefined ? undefined : readNumber(tail, 255);
  if (type === undefined || rest.length > 0 || (tail !== undefined && code === undefined)) {
    throw new RuleError(`Unknown ${label} type \`${word.text}'`, word);
  }
  return code === undefined ? [type] : [type, code];
}

function syntaxOf<K extends 'icmp' | 'icmp6'>(
  kind: K,
  option: string,
  names: Names,
  label: string,
): Syntax<IcmpMatch<K>> {
  return {
    options: { [option]: { arity: 1, not: true } },
    read: (options) => {
      const given = required(kind, options, option);
      const [type, code] = readType(given, names, label);
      const match = { kind, type, ...(code !== undefined && { code }), not: given.not };
      return match as IcmpMatch<K>;
    },
    print: ({ type, code, not }) => {
      const text = type === 255 && kind === 'icmp' ? 'any' : code === undefined ? type : `${type}/${code}`;
      return ` ${bang(not)}--${option} ${text}`;
    },
  };
}

export const ICMP: Syntax<IcmpMatch<'icmp'>> = syntaxOf('icmp', 'icmp-type', ICMP_NAMES, 'ICMP');
export const ICMP6: Syntax<IcmpMatch<'icmp6'>> = syntaxOf('icmp6', 'icmpv6-type', ICMP6_NAMES, 'ICMPv6');
