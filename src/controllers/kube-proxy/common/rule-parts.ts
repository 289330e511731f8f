import { type Cidr, hostCidr, type Ip } from '../../../addr/index.ts';
import {
  type AddressMatch,
  type InterfaceMatch,
  type Match,
  PROTOCOL,
  type ProtocolMatch,
  type RestoreChain,
  type RestoreRule,
  type Rule,
  type Target,
} from '../../../kernel/index.ts';
import type { LocalTraffic } from './local-detector.ts';
import type { ServicePortInfo } from './service-ports.ts';

/** Parts of rules that many rules share. */

export const MARK_MASQ: Target = { kind: 'jump', chain: 'KUBE-MARK-MASQ' };
export const DROP: Target = { kind: 'DROP' };
export const ACCEPT: Target = { kind: 'ACCEPT' };
export const NOTHING: Target = { kind: 'none' };

const PROTOCOLS: Readonly<Record<ServicePortInfo['protocol'], ProtocolMatch>> = {
  tcp: { number: PROTOCOL.tcp, not: false },
  udp: { number: PROTOCOL.udp, not: false },
  sctp: { number: PROTOCOL.sctp, not: false },
};

/** `-p PROTOCOL`. */
export function protocolMatch(protocol: ServicePortInfo['protocol']): ProtocolMatch {
  return PROTOCOLS[protocol];
}

const BARE: Readonly<Record<ServicePortInfo['protocol'], Match>> = {
  tcp: { kind: 'tcp' },
  udp: { kind: 'udp' },
  sctp: { kind: 'sctp' },
};

/** `-m PROTOCOL` without options. */
export function bareMatch(protocol: ServicePortInfo['protocol']): Match {
  return BARE[protocol];
}

/** `-m PROTOCOL --dport PORT`. */
export function dportMatch(protocol: ServicePortInfo['protocol'], port: number): Match {
  return { kind: protocol, dport: { from: port, to: port, not: false } };
}

export function comment(text: string): Match {
  return { kind: 'comment', text };
}

export function jump(chain: string): Target {
  return { kind: 'jump', chain };
}

/** `-s IP` or `-d IP`. */
export function host(ip: Ip): AddressMatch {
  return { cidr: hostCidr(ip), not: false };
}

/** `-s CIDR`, which the kernel does not keep when it holds every address. */
export function source(cidr: Cidr): { readonly src?: AddressMatch } {
  return cidr.length === 0 ? {} : { src: { cidr, not: false } };
}

/** `-s CIDR` or `-i NAME`, negated or not (IfLocal, IfNotLocal). */
export function localPart(
  traffic: LocalTraffic,
  not: boolean,
): { readonly src?: AddressMatch; readonly inInterface?: InterfaceMatch } {
  if (traffic.by === 'interface') return { inInterface: { name: traffic.name, not } };
  return not ? { src: { cidr: traffic.cidr, not } } : source(traffic.cidr);
}

export const LOCAL_DESTINATION: Match = { kind: 'addrtype', dst: { types: ['LOCAL'], not: false } };
export const LOCAL_SOURCE: Match = { kind: 'addrtype', src: { types: ['LOCAL'], not: false } };

/** Chains and rules of one table while they are written. */
export interface TableWriter {
  readonly chains: RestoreChain[];
  readonly rules: RestoreRule[];
}

export function append(writer: TableWriter, chain: string, rule: Rule): void {
  writer.rules.push({ chain, rule });
}

/** EnsureRule with Prepend: at the top of the chain, unless the chain has it. */
export function ensureFirst(writer: TableWriter, chain: string, rule: Rule): void {
  writer.rules.push({ chain, insert: true, ensure: true, rule });
}
