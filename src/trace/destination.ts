import { formatIp, type Ip, isMulticast } from '../addr/index.ts';
import type { Protocol } from '../k8s/index.ts';
import type { FlowEnd, TraceProtocol } from './model.ts';
import type { Source } from './resolve-source.ts';
import { fail, ok, type TargetResult } from './target.ts';

/** Where a packet is sent: what connect() would be given. */
export interface Destination {
  readonly ip: Ip;
  /** Undefined exactly for ICMP. */
  readonly port?: number;
  readonly protocol: TraceProtocol;
  readonly end: FlowEnd;
  /** Something that the person may not expect: a headless Service translates no ports. */
  readonly note?: string;
}

/** What else decides how a destination is understood. */
export interface DestinationChoice {
  /** `-p`; undefined: the protocol of the port, else TCP. */
  readonly protocol?: TraceProtocol;
  readonly source: Source;
  /** `--via NODE`: by which node traffic from outside enters. */
  readonly via?: string;
}

/** Joins an address, a port and a protocol to a destination; refuses what cannot be walked. */
export function destinationAt(
  ip: Ip,
  port: number | undefined,
  protocol: TraceProtocol,
  end: FlowEnd,
  note?: string,
): TargetResult<readonly Destination[]> {
  if (typeof ip === 'bigint')
    return fail(`destination ${formatIp(ip)}: IPv6 walking is not modelled yet`, {
      fix: 'use the IPv4 address',
    });
  if (isMulticast(ip) || ip === 0xffffffff)
    return fail(`destination ${formatIp(ip)}: multicast and broadcast are not modelled`);
  if (ip === 0)
    return fail('0.0.0.0 is not a destination', { fix: 'write 127.0.0.1 to reach the sender itself' });
  return ok([
    {
      ip,
      ...(protocol === 'icmp' || port === undefined ? {} : { port }),
      protocol,
      end: { ...end, ip: formatIp(ip), ...(protocol === 'icmp' || port === undefined ? {} : { port }) },
      ...(note === undefined ? {} : { note }),
    },
  ]);
}

/** TCP, unless the port is declared for exactly one other protocol. */
export function protocolAmong(declared: readonly { readonly protocol: Protocol }[]): TraceProtocol {
  const protocols = new Set(declared.map((p) => p.protocol));
  const [first] = protocols;
  return first === undefined || protocols.has('TCP') || protocols.size > 1 ? 'tcp' : lower(first);
}

export function lower(protocol: Protocol): 'tcp' | 'udp' | 'sctp' {
  return protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'sctp';
}
