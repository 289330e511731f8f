import { type Cidr, cidrFamily, type Family, formatCidr } from '../../addr/index.ts';
import { type Match, PROTOCOL, type RestoreRule, type Rule, type SharedChain } from '../../kernel/index.ts';
import { withUuid } from './names.ts';
import { ACCEPT, comment, DROP, HAS_PASSED, jump, MARK_ALLOWED, PROGRAM, RETURN } from './rule-parts.ts';

export const INPUT = 'KUBE-ROUTER-INPUT';
export const FORWARD = 'KUBE-ROUTER-FORWARD';
export const OUTPUT = 'KUBE-ROUTER-OUTPUT';
export const DEFAULT = 'KUBE-NWPLCY-DEFAULT';
export const COMMON = 'KUBE-NWPLCY-COMMON';
export const TOP_CHAINS: Readonly<Record<'INPUT' | 'FORWARD' | 'OUTPUT', string>> = {
  INPUT,
  FORWARD,
  OUTPUT,
};

/** --service-node-port-range. */
const NODE_PORTS = { from: 30000, to: 32767 };
const TO_NODE: Match = { kind: 'addrtype', dst: { types: ['LOCAL'], not: false } };

/** The jumps at the top of the built-in chains (ensureTopLevelChains), for `iptables-restore`. */
export function topJumps(): RestoreRule[] {
  return Object.entries(TOP_CHAINS).map(([hook, chain]) => ({
    chain: hook,
    insert: true,
    rule: {
      matches: [comment(withUuid(hook, 'kube-router netpol', [], ['-j', chain]))],
      target: jump(chain),
      origin: PROGRAM,
    },
  }));
}

/** What pods may reach on their node before any policy is asked: ClusterIPs and node ports, which are judged behind DNAT. */
export function inputRules(serviceRanges: readonly Cidr[], family: Family): Rule[] {
  const rules: Rule[] = [];
  for (const range of serviceRanges) {
    if (cidrFamily(range) !== family) continue;
    const text = 'allow traffic to primary/secondary cluster IP range';
    rules.push({
      dst: { cidr: range, not: false },
      matches: [comment(withUuid(INPUT, text, [], ['-d', formatCidr(range), '-j', 'RETURN']))],
      target: RETURN,
      origin: PROGRAM,
    });
  }
  for (const protocol of ['tcp', 'udp', 'sctp'] as const) {
    const text = `allow LOCAL ${protocol.toUpperCase()} traffic to node ports`;
    const ports = `${NODE_PORTS.from}:${NODE_PORTS.to}`;
    const after = [
      '-m',
      'addrtype',
      '--dst-type',
      'LOCAL',
      '-m',
      'multiport',
      '--dports',
      ports,
      '-j',
      'RETURN',
    ];
    rules.push({
      protocol: { number: PROTOCOL[protocol], not: false },
      matches: [
        comment(withUuid(INPUT, text, ['-p', protocol], after)),
        TO_NODE,
        { kind: 'multiport', side: 'dports', ports: [NODE_PORTS], not: false },
      ],
      target: RETURN,
      origin: PROGRAM,
    });
  }
  return rules;
}

/** The end of each top chain: who passed every policy is let in whatever comes after (ensureExplicitAccept). */
export const ACCEPT_PASSED: Rule = {
  matches: [comment('rule to explicitly ACCEPT traffic that comply to network policies'), HAS_PASSED],
  target: ACCEPT,
  origin: PROGRAM,
};

const ICMP: readonly (readonly [number, string])[] = [
  [8, 'allow icmp echo requests'],
  [3, 'allow icmp destination unreachable messages'],
  [11, 'allow icmp time exceeded messages'],
];
/** Without neighbour discovery, pods would not find each other over IPv6. */
const ICMP6: readonly (readonly [number, string])[] = [
  [128, 'allow icmp echo requests'],
  [1, 'allow icmp destination unreachable messages'],
  [3, 'allow icmp time exceeded messages'],
  [135, 'allow icmp neighbor solicitation messages'],
  [136, 'allow icmp neighbor advertisement messages'],
  [129, 'allow icmp echo reply messages'],
];

/**
 * KUBE-NWPLCY-DEFAULT and KUBE-NWPLCY-COMMON (ensureDefaultNetworkPolicyChain, ensureCommonPolicyChain). The quotes in
 * two comments are the real program's: it hands iptables a text that it has quoted for a shell.
 */
export function commonChains(family: Family): SharedChain[] {
  const origin = PROGRAM;
  const protocol = { number: family === 4 ? PROTOCOL.icmp : PROTOCOL.icmp6, not: false };
  const kind = family === 4 ? 'icmp' : 'icmp6';
  return [
    {
      name: DEFAULT,
      origin,
      rules: [
        {
          matches: [comment('rule to mark traffic matching a network policy')],
          target: MARK_ALLOWED,
          origin,
        },
      ],
    },
    {
      name: COMMON,
      origin,
      rules: [
        {
          matches: [
            comment('"rule to drop invalid state for pod"'),
            { kind: 'conntrack', states: ['INVALID'], not: false },
          ],
          target: DROP,
          origin,
        },
        {
          matches: [
            comment('"rule for stateful firewall for pod"'),
            { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED'], not: false },
          ],
          target: ACCEPT,
          origin,
        },
        ...(family === 4 ? ICMP : ICMP6).map(
          ([type, text]): Rule => ({
            protocol,
            matches: [comment(text), { kind, type, not: false }],
            target: ACCEPT,
            origin,
          }),
        ),
      ],
    },
  ];
}
