import { type Family, familyOf, type Ip } from '../../../addr/index.ts';
import type { KubeProxyConfig } from '../../../k8s/index.ts';
import type { Match, ObjectRef, Origin, Target } from '../../../kernel/index.ts';
import type { KubeProxyInput } from './input.ts';
import { ACCEPT, append, comment, ensureFirst, jump, type TableWriter } from './rule-parts.ts';

/** Rules that every mode that uses iptables writes. */

export const PROGRAM: Origin = { program: 'kube-proxy' };
const CONFIG: ObjectRef = { kind: 'KubeProxyConfiguration', name: 'kube-proxy' };

/** What a field of the configuration causes. */
export function configOrigin(field: string): Origin {
  return { program: 'kube-proxy', object: CONFIG, field };
}

export const NEW: Match = { kind: 'conntrack', states: ['NEW'], not: false };

export const REJECT: Readonly<Record<Family, Target>> = {
  4: { kind: 'REJECT', with: 'icmp-port-unreachable' },
  6: { kind: 'REJECT', with: 'icmp6-port-unreachable' },
};

/** The node's address in the family; kube-proxy takes the unspecified one where there is none. */
export function nodeIpOf(input: KubeProxyInput, family: Family): Ip {
  return input.node.internalIPs.find((ip) => familyOf(ip) === family) ?? (family === 4 ? 0 : 0n);
}

/** A jump from a built-in chain. */
export interface BaseJump {
  readonly table: 'filter' | 'nat';
  readonly from: string;
  readonly to: string;
  readonly onlyNew: boolean;
  readonly comment?: string;
}

/** Puts each jump at the top of its chain, one after the other. */
export function writeBaseJumps(filter: TableWriter, nat: TableWriter, jumps: readonly BaseJump[]): void {
  for (const base of jumps) {
    ensureFirst(base.table === 'filter' ? filter : nat, base.from, {
      matches: [
        ...(base.onlyNew ? [NEW] : []),
        ...(base.comment === undefined ? [] : [comment(base.comment)]),
      ],
      target: jump(base.to),
      origin: PROGRAM,
    });
  }
}

/** The mark of traffic that POSTROUTING masquerades: bit 14 unless configured. */
function masqueradeMark(config: KubeProxyConfig): number {
  return (1 << config.iptables.masqueradeBit) >>> 0;
}

/** KUBE-POSTROUTING's end, which masquerades what is marked, and KUBE-MARK-MASQ, which marks. */
export function writeMarks(nat: TableWriter, config: KubeProxyConfig): void {
  const mark = masqueradeMark(config);
  const origin = configOrigin('iptables.masqueradeBit');
  append(nat, 'KUBE-POSTROUTING', {
    matches: [{ kind: 'mark', value: mark, mask: mark, not: true }],
    target: { kind: 'RETURN' },
    origin,
  });
  append(nat, 'KUBE-POSTROUTING', {
    matches: [],
    target: { kind: 'MARK', value: mark, mask: 0 },
    origin,
  });
  append(nat, 'KUBE-POSTROUTING', {
    matches: [comment('kubernetes service traffic requiring SNAT')],
    target: { kind: 'MASQUERADE', random: false, randomFully: true },
    origin: PROGRAM,
  });
  append(nat, 'KUBE-MARK-MASQ', { matches: [], target: { kind: 'MARK', value: mark, mask: mark }, origin });
}

/** KUBE-FORWARD's end, which lets service traffic through where the policy of FORWARD would not. */
export function writeAccepts(filter: TableWriter, config: KubeProxyConfig): void {
  const mark = masqueradeMark(config);
  append(filter, 'KUBE-FORWARD', {
    matches: [comment('kubernetes forwarding rules'), { kind: 'mark', value: mark, mask: mark, not: false }],
    target: ACCEPT,
    origin: PROGRAM,
  });
  append(filter, 'KUBE-FORWARD', {
    matches: [
      comment('kubernetes forwarding conntrack rule'),
      { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED'], not: false },
    ],
    target: ACCEPT,
    origin: PROGRAM,
  });
}
