import type { Family } from '../../addr/index.ts';
import type { Match } from '../../kernel/index.ts';
import { ADDRTYPE, PHYSDEV, SET } from './match-address.ts';
import { CONNTRACK, STATE } from './match-conntrack.ts';
import { ICMP, ICMP6 } from './match-icmp.ts';
import { IPVS } from './match-ipvs.ts';
import { HASHLIMIT, LIMIT } from './match-limit.ts';
import { OWNER } from './match-owner.ts';
import { DSCP_MATCH, HL_MATCH, IPRANGE, LENGTH, MAC, PKTTYPE, TOS_MATCH, TTL_MATCH } from './match-packet.ts';
import { MULTIPORT, SCTP, TCP, UDP } from './match-ports.ts';
import { COMMENT, CONNMARK_MATCH, MARK_MATCH, NFACCT, RECENT, STATISTIC } from './match-state.ts';
import type { Syntax } from './syntax.ts';

/** Matches whose meaning is modelled; the kind is also the name after `-m`. */
export type ModelledMatch = Exclude<Match['kind'], 'unknown'>;

/**
 * The text form of every modelled match. A new one is one entry here: its options, how they are read, how they are
 * printed. Whatever iptables knows and this table does not becomes a match of kind `unknown` with its words.
 */
const MATCHES: { readonly [K in ModelledMatch]: Syntax<Match & { readonly kind: K }> } = {
  comment: COMMENT,
  tcp: TCP,
  udp: UDP,
  sctp: SCTP,
  icmp: ICMP,
  icmp6: ICMP6,
  mark: MARK_MATCH,
  connmark: CONNMARK_MATCH,
  conntrack: CONNTRACK,
  state: STATE,
  addrtype: ADDRTYPE,
  statistic: STATISTIC,
  recent: RECENT,
  set: SET,
  physdev: PHYSDEV,
  multiport: MULTIPORT,
  nfacct: NFACCT,
  limit: LIMIT,
  hashlimit: HASHLIMIT,
  ipvs: IPVS,
  iprange: IPRANGE,
  owner: OWNER,
  mac: MAC,
  length: LENGTH,
  ttl: TTL_MATCH,
  hl: HL_MATCH,
  pkttype: PKTTYPE,
  dscp: DSCP_MATCH,
  tos: TOS_MATCH,
};

const BY_NAME: ReadonlyMap<string, Syntax<Match>> = new Map(
  Object.entries(MATCHES).map(([name, syntax]) => [name, syntax as unknown as Syntax<Match>]),
);

/** The syntax of `-m NAME`; undefined when it is not modelled. */
export function matchSyntax(name: string): Syntax<Match> | undefined {
  return BY_NAME.get(name);
}

/** ` -m NAME OPTIONS`, as iptables-save prints a match. */
export function printMatch(match: Match, family: Family): string {
  if (match.kind === 'unknown') return ` -m ${match.name}${match.text === '' ? '' : ` ${match.text}`}`;
  return ` -m ${match.kind}${matchSyntax(match.kind)?.print(match, family) ?? ''}`;
}
