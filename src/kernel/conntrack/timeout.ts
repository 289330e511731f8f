import type { Netns } from '../model.ts';
import { sysctlNumber } from '../sysctl.ts';
import type { Connection } from './connection.ts';

/** Seconds that a connection lives after its latest packet, by protocol and state (Linux 6.18). */
const TCP_TIMEOUTS: Readonly<Record<string, readonly [key: string, seconds: number]>> = {
  SYN_SENT: ['tcp_timeout_syn_sent', 120],
  SYN_RECV: ['tcp_timeout_syn_recv', 60],
  ESTABLISHED: ['tcp_timeout_established', 432_000],
  FIN_WAIT: ['tcp_timeout_fin_wait', 120],
  CLOSE_WAIT: ['tcp_timeout_close_wait', 60],
  LAST_ACK: ['tcp_timeout_last_ack', 30],
  TIME_WAIT: ['tcp_timeout_time_wait', 120],
  CLOSE: ['tcp_timeout_close', 10],
  SYN_SENT2: ['tcp_timeout_syn_sent', 120],
};
const SCTP_TIMEOUTS: Readonly<Record<string, readonly [key: string, seconds: number]>> = {
  CLOSED: ['sctp_timeout_closed', 10],
  COOKIE_WAIT: ['sctp_timeout_cookie_wait', 3],
  COOKIE_ECHOED: ['sctp_timeout_cookie_echoed', 3],
  ESTABLISHED: ['sctp_timeout_established', 210],
  SHUTDOWN_SENT: ['sctp_timeout_shutdown_sent', 3],
  SHUTDOWN_RECD: ['sctp_timeout_shutdown_recd', 3],
  SHUTDOWN_ACK_SENT: ['sctp_timeout_shutdown_ack_sent', 3],
  HEARTBEAT_SENT: ['sctp_timeout_heartbeat_sent', 30],
};
const GENERIC = ['generic_timeout', 600] as const;

function settingOf({ original, state }: Connection): readonly [key: string, seconds: number] {
  switch (original.protocol) {
    case 1:
      return ['icmp_timeout', 30];
    case 6:
      return TCP_TIMEOUTS[state ?? ''] ?? GENERIC;
    case 17:
      // A UDP connection becomes a stream, which lives longer, only after two seconds of talk.
      return ['udp_timeout', 30];
    case 58:
      return ['icmpv6_timeout', 30];
    case 132:
      return SCTP_TIMEOUTS[state ?? ''] ?? GENERIC;
    default:
      return GENERIC;
  }
}

/** The seconds that a connection has from its latest packet on, as the namespace's sysctls say. */
export function timeoutOf(netns: Netns, connection: Connection): number {
  const [key, seconds] = settingOf(connection);
  const name = `net.netfilter.nf_conntrack_${key}`;
  return netns.sysctls.has(name) ? sysctlNumber(netns, name) : seconds;
}
