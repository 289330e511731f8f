import type { IpvsConnection, IpvsState, IpvsTemplate } from './connection.ts';

/** What `ipvsadm --set TCP TCPFIN UDP` sets: seconds that connections live after their latest packet. */
export interface IpvsTimeouts {
  readonly tcp: number;
  readonly tcpFin: number;
  readonly udp: number;
}

/** tcp_timeouts and udp_timeouts of net/netfilter/ipvs/ip_vs_proto_{tcp,udp}.c. */
export const IPVS_TIMEOUTS: IpvsTimeouts = { tcp: 15 * 60, tcpFin: 2 * 60, udp: 5 * 60 };

/** tcp_timeouts, sctp_timeouts. */
const SECONDS: Readonly<Record<Exclude<IpvsState, 'ESTABLISHED' | 'UDP'>, number>> = {
  SYN_RECV: 60,
  CLOSE: 10,
  INIT1: 4,
  'C-SENT': 61,
  'C-REPLIED': 61,
  REJECTED: 4,
  CLOSED: 61,
};

const SCTP = 132;
const SCTP_ESTABLISHED = 15 * 60;

/** The seconds that a connection has from its latest packet on. */
export function ipvsTimeoutOf(timeouts: IpvsTimeouts, { state, protocol }: IpvsConnection): number {
  switch (state) {
    case 'ESTABLISHED':
      return protocol === SCTP ? SCTP_ESTABLISHED : timeouts.tcp;
    case 'UDP':
      return timeouts.udp;
    default:
      return SECONDS[state];
  }
}

/** A template lives as long as its virtual server says (`-p`). */
export function templateTimeoutOf({ service }: IpvsTemplate): number {
  return service.persistent ?? 0;
}
