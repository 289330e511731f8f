import type { Family } from '../../addr/index.ts';
import type { RejectType, Target } from '../../kernel/index.ts';
import { argument, type Syntax } from './syntax.ts';
import { CT, NOTRACK } from './target-ct.ts';
import { LOG, NFLOG, TRACE } from './target-log.ts';
import { CONNMARK, MARK } from './target-mark.ts';
import { MASQUERADE, NETMAP, natSyntax, REDIRECT } from './target-nat.ts';
import { CHECKSUM, CLASSIFY, DSCP, TCPMSS, TOS, TTL } from './target-packet.ts';
import { SET_TARGET } from './target-set.ts';
import { RuleError, Unmodelled } from './words.ts';

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

/** The targets with options whose meaning is modelled; a new one is one entry here. */
const TARGETS: ReadonlyMap<string, Syntax<Target>> = new Map(
  Object.entries({
    REJECT,
    MARK,
    CONNMARK,
    DNAT: natSyntax('DNAT', 'to-destination'),
    SNAT: natSyntax('SNAT', 'to-source'),
    MASQUERADE,
    REDIRECT,
    NETMAP,
    NOTRACK,
    CT,
    LOG,
    NFLOG,
    TRACE,
    TCPMSS,
    DSCP,
    TOS,
    TTL,
    CHECKSUM,
    CLASSIFY,
    SET: SET_TARGET,
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
