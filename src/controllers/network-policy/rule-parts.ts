import { type Family, hostCidr, type Ip } from '../../addr/index.ts';
import type { NetworkPolicy, Pod } from '../../k8s/index.ts';
import type { AddressMatch, Match, Origin, Target } from '../../kernel/index.ts';

/** Parts of rules that many rules share. */

/** The bit "some policy allows this packet", and the bit "every chain that this packet ran through let it pass". */
const ALLOWED = 0x10000;
const PASSED = 0x20000;

export const MARK_ALLOWED: Target = { kind: 'MARK', value: ALLOWED, mask: ALLOWED };
export const CLEAR_ALLOWED: Target = { kind: 'MARK', value: 0, mask: ALLOWED };
export const MARK_PASSED: Target = { kind: 'MARK', value: PASSED, mask: PASSED };
export const IS_ALLOWED: Match = { kind: 'mark', value: ALLOWED, mask: ALLOWED, not: false };
export const NOT_ALLOWED: Match = { kind: 'mark', value: ALLOWED, mask: ALLOWED, not: true };
export const HAS_PASSED: Match = { kind: 'mark', value: PASSED, mask: PASSED, not: false };

export const ACCEPT: Target = { kind: 'ACCEPT' };
export const DROP: Target = { kind: 'DROP' };
export const RETURN: Target = { kind: 'RETURN' };
export const REJECT: Readonly<Record<Family, Target>> = {
  4: { kind: 'REJECT', with: 'icmp-port-unreachable' },
  6: { kind: 'REJECT', with: 'icmp6-port-unreachable' },
};

export const PROGRAM: Origin = { program: 'network-policy' };

/** What the comment match holds of a text (XT_MAX_COMMENT_LEN, with the NUL): iptables cuts the rest off without a word. */
const COMMENT_LENGTH = 255;

export function comment(text: string): Match {
  return { kind: 'comment', text: text.slice(0, COMMENT_LENGTH) };
}

export function jump(chain: string): Target {
  return { kind: 'jump', chain };
}

export function host(ip: Ip): AddressMatch {
  return { cidr: hostCidr(ip), not: false };
}

export function podOrigin({ meta }: Pod): Origin {
  return { program: 'network-policy', object: { kind: 'Pod', namespace: meta.namespace, name: meta.name } };
}

export function policyOrigin({ meta }: NetworkPolicy, field: string): Origin {
  return {
    program: 'network-policy',
    object: { kind: 'NetworkPolicy', namespace: meta.namespace, name: meta.name },
    field,
  };
}
