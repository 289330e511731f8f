import type { TraceProtocol, Verdict } from './model.ts';

/** What a program sees of an ICMP error. */
export interface SeenError {
  readonly errno: string;
  readonly verdict: Verdict;
}

/** Codes of destination unreachable: errno, and whether it is fatal to a connected UDP socket (icmp_err_convert). */
const UNREACHABLE: ReadonlyMap<number, { readonly errno: string; readonly fatal: boolean }> = new Map([
  [0, { errno: 'ENETUNREACH', fatal: false }],
  [1, { errno: 'EHOSTUNREACH', fatal: false }],
  [2, { errno: 'ENOPROTOOPT', fatal: true }],
  [3, { errno: 'ECONNREFUSED', fatal: true }],
  // Of UDP: unless the socket asked never to be told (IP_PMTUDISC_DONT), which sends nothing that must stay whole.
  [4, { errno: 'EMSGSIZE', fatal: true }],
  [5, { errno: 'EOPNOTSUPP', fatal: false }],
  [6, { errno: 'ENETUNREACH', fatal: true }],
  [7, { errno: 'EHOSTDOWN', fatal: true }],
  [8, { errno: 'ENONET', fatal: true }],
  [9, { errno: 'ENETUNREACH', fatal: true }],
  [10, { errno: 'EHOSTUNREACH', fatal: true }],
  [11, { errno: 'ENETUNREACH', fatal: false }],
  [12, { errno: 'EHOSTUNREACH', fatal: false }],
  [13, { errno: 'EHOSTUNREACH', fatal: true }],
  [14, { errno: 'EHOSTUNREACH', fatal: true }],
  [15, { errno: 'EHOSTUNREACH', fatal: true }],
]);

export function verdictOfErrno(errno: string): Verdict {
  switch (errno) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'EPERM':
      return 'denied';
    default:
      return 'unreachable';
  }
}

/**
 * What the client's program sees of an ICMP error; undefined when its kernel keeps it to itself. A TCP socket
 * that is connecting takes every error (tcp_v4_err), a connected UDP socket only fatal ones (udp_err), a ping
 * prints whatever comes.
 */
export function seenError(protocol: TraceProtocol, type: number, code: number): SeenError | undefined {
  // Fragmentation needed only makes TCP and SCTP send less at a time (tcp_v4_mtu_reduced).
  if ((protocol === 'tcp' || protocol === 'sctp') && type === 3 && code === 4) return undefined;
  const entry = type === 11 ? { errno: 'EHOSTUNREACH', fatal: false } : UNREACHABLE.get(code);
  if (entry === undefined) return undefined;
  if ((protocol === 'udp' || protocol === 'sctp') && !entry.fatal) return undefined;
  return { errno: entry.errno, verdict: verdictOfErrno(entry.errno) };
}
