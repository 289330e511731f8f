import type { Ip } from '../../addr/index.ts';
import type { TransportName } from '../model.ts';
import type { Origin } from '../origin.ts';

/**
 * The tables of IPVS as `ipvsadm -Ln` lists them: virtual servers (an address, a port and a scheduler) and behind
 * each its real servers. They belong to a network namespace, and both families share them.
 */

/** How a packet is sent on: rewritten (`-m`), to the server's link address (`-g`), in a tunnel (`-i`). */
export type ForwardingMethod = 'masq' | 'route' | 'tunnel';

export interface RealServer {
  readonly ip: Ip;
  readonly port: number;
  readonly forward: ForwardingMethod;
  /** 0: no new connections (graceful termination). */
  readonly weight: number;
  /** Of a weight that became 0, what it was before (last_weight). Kept by the transaction. */
  readonly lastWeight?: number;
  readonly origin: Origin;
}

/** What `ipvsadm -a` or `-e` says of a real server. */
export type RealServerSpec = Omit<RealServer, 'lastWeight' | 'origin'>;

/** Schedulers whose choice is modelled; any other name is kept and makes the choice `unknown`. */
export const SCHEDULERS = ['rr', 'wrr', 'lc', 'wlc', 'sh', 'mh', 'dh', 'sed', 'nq'] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

/** The schedulers that Linux has (net/netfilter/ipvs, `sched_name`), modelled or not. */
export const LINUX_SCHEDULERS: ReadonlySet<string> = new Set([
  ...SCHEDULERS,
  'lblc',
  'lblcr',
  'fo',
  'ovf',
  'twos',
]);

/** Switches of the schedulers sh and mh (IP_VS_SVC_F_SCHED_*): `-b sh-fallback,sh-port`, `-b mh-fallback,mh-port`. */
export interface SchedulerFlags {
  /** 0x8: another server is looked for when the hash names one that has no weight. */
  readonly fallback: boolean;
  /** 0x10: the source port is hashed too. */
  readonly port: boolean;
}

/** What names a virtual server. */
export interface VirtualServerName {
  readonly protocol: TransportName;
  readonly ip: Ip;
  readonly port: number;
}

/** What `ipvsadm -A` or `-E` says of a virtual server. */
export interface VirtualServerSpec extends VirtualServerName {
  readonly scheduler: string;
  readonly flags: SchedulerFlags;
  /** Persistence timeout in seconds (`-p`); undefined: none. */
  readonly persistent?: number;
}

export interface VirtualServer extends VirtualServerSpec {
  /**
   * In the order in which they were added. The kernel's own list, which schedulers go round, has the newest first
   * (ip_vs_add_dest). A list is replaced when it changes, never changed in place.
   */
  readonly realServers: readonly RealServer[];
  readonly origin: Origin;
}

/** Keyed by `virtualServerKey`, in the order of addition. Values are replaced, never changed in place. */
export type VirtualServers = Map<string, VirtualServer>;

/** Protocol, address and port as one string; addresses of the two families never give the same one. */
export function virtualServerKey({ protocol, ip, port }: VirtualServerName): string {
  return `${protocol}|${typeof ip}|${ip}|${port}`;
}
