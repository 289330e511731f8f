import type { Cidr, Ip, Mac } from '../addr/index.ts';
import type { IpSet } from './ipset/model.ts';
import type { VirtualServers } from './ipvs/model.ts';
import type { IpvsTimeouts } from './ipvs/timeout.ts';
import type { Ruleset } from './netfilter/model.ts';
import type { Origin } from './origin.ts';

/**
 * The state of the emulated Linux as data. Programs change it only through a transaction (transaction.ts);
 * the pipeline reads it and keeps what it learns (neighbours, FDB entries, connections) behind a journal.
 */

/** An address on a link, as `ip addr` lists it. */
export interface LinkAddress {
  readonly ip: Ip;
  readonly length: number;
  /** Printed as `brd`; only IPv4 addresses with a prefix below 31 usually have one. */
  readonly broadcast?: Ip;
  readonly scope: 'global' | 'host' | 'link';
  /** The address of the same subnet that was there before this one (IPv4): it owns the connected route. */
  readonly secondaryOf?: Ip;
  readonly origin: Origin;
}

/** What a bridge knows of one of its ports. */
export interface BridgePort {
  readonly bridge: string;
  /** Port number, counted from 1 in the order of enslaving. */
  readonly number: number;
  hairpin: boolean;
  /** Who set hairpin mode, where that is known. */
  hairpinOrigin?: Origin;
  learning: boolean;
  flood: boolean;
}

interface LinkBase {
  /** The id of the network namespace that holds the link. */
  readonly netns: string;
  /** Interface index, counted from 1 (lo) in the order of creation. */
  readonly index: number;
  readonly name: string;
  mac: Mac;
  mtu: number;
  up: boolean;
  /** Has been up: a device that is taken down keeps the queueing discipline that it got then. */
  wasUp?: true;
  /** Takes in every frame (IFF_PROMISC), as `ip link set promisc on` asks. */
  promisc?: boolean;
  /** Transmit queue length; 0 prints no `qlen`. */
  readonly txQueueLength: number;
  port?: BridgePort;
  readonly addresses: LinkAddress[];
  readonly origin: Origin;
}

export interface Loopback extends LinkBase {
  readonly kind: 'loopback';
}

export interface Veth extends LinkBase {
  readonly kind: 'veth';
  readonly peer: { readonly netns: string; readonly name: string };
}

/** An entry of a bridge's forwarding database. */
export interface BridgeFdbEntry {
  readonly mac: Mac;
  /** The port it points to, or the bridge itself for `local` entries. */
  readonly device: string;
  /** `permanent` entries are addresses of the bridge and its ports: frames to them go up the stack. */
  readonly state: 'permanent' | 'static' | 'learned';
  readonly origin: Origin;
}

export interface Bridge extends LinkBase {
  readonly kind: 'bridge';
  /** Names of the ports in the order of enslaving. */
  readonly ports: string[];
  readonly fdb: Map<Mac, BridgeFdbEntry>;
  /** `ip link set mtu` was asked of the bridge itself; until then it follows its ports (BROPT_MTU_SET_BY_USER). */
  mtuSetByUser?: boolean;
  /** The bridge's own `nf_call_iptables`; the netns-wide sysctl also switches it on. */
  nfCallIptables: boolean;
}

/** An entry of a vxlan device's FDB: inner destination MAC -> outer destination. */
export interface VxlanFdbEntry {
  readonly mac: Mac;
  readonly dst: Ip;
  readonly state: 'permanent' | 'learned';
  readonly origin: Origin;
}

export interface Vxlan extends LinkBase {
  readonly kind: 'vxlan';
  readonly vni: number;
  /** The lower device. */
  readonly device: string;
  readonly local: Ip;
  readonly dstPort: number;
  readonly learning: boolean;
  readonly fdb: Map<Mac, VxlanFdbEntry>;
}

export interface Dummy extends LinkBase {
  readonly kind: 'dummy';
}

export interface Tun extends LinkBase {
  readonly kind: 'tun';
}

export type Link = Loopback | Veth | Bridge | Vxlan | Dummy | Tun;
export type LinkKind = Link['kind'];

export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw';
export type RouteScope = 'global' | 'link' | 'host' | 'nowhere';

/** A route, as `ip route` lists it. */
export interface Route {
  readonly type: RouteType;
  readonly dst: Cidr;
  readonly via?: Ip;
  readonly device?: string;
  readonly table: number;
  readonly protocol: 'kernel' | 'boot' | 'static' | 'ra';
  readonly scope: RouteScope;
  readonly prefsrc?: Ip;
  readonly metric: number;
  readonly onlink: boolean;
  readonly mtu?: number;
  readonly origin: Origin;
}

export const RT_TABLE_LOCAL = 255;
export const RT_TABLE_MAIN = 254;
export const RT_TABLE_DEFAULT = 253;

/** A routing policy rule, as `ip rule` lists it. */
export interface PolicyRule {
  readonly priority: number;
  readonly from?: Cidr;
  readonly to?: Cidr;
  readonly iif?: string;
  readonly oif?: string;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly table: number;
  readonly origin: Origin;
}

export type NeighbourState =
  | 'PERMANENT'
  | 'NOARP'
  | 'REACHABLE'
  | 'STALE'
  | 'DELAY'
  | 'PROBE'
  | 'INCOMPLETE'
  | 'FAILED';

/** A neighbour, as `ip neigh` lists it. */
export interface Neighbour {
  readonly ip: Ip;
  readonly device: string;
  mac?: Mac;
  state: NeighbourState;
  readonly origin: Origin;
}

export type TransportName = 'tcp' | 'udp' | 'sctp';

/** The port of a socket that stands for all ports, those of other sockets aside: nobody knows on which one it is. */
export const ANY_PORT = 0;

/** A listening socket. */
export interface Socket {
  readonly protocol: TransportName;
  /** Undefined: bound to every address (0.0.0.0 or ::). */
  readonly ip?: Ip;
  readonly port: number;
  readonly owner: SocketOwner;
  readonly origin: Origin;
}

/** Who answers on a socket. */
export type SocketOwner =
  | {
      readonly kind: 'pod';
      readonly namespace: string;
      readonly name: string;
      readonly node: string;
      readonly assumed: boolean;
    }
  | { readonly kind: 'node'; readonly node: string; readonly what: string }
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'vxlan'; readonly device: string };

export type NetnsKind = 'node' | 'pod' | 'switch' | 'router' | 'host';

/** A network namespace: one network stack. */
export interface Netns {
  /** Unique in the world: `node/node1`, `pod/default/web-0`, `switch/lan`, `router/gateway`, `host/client`. */
  readonly id: string;
  readonly kind: NetnsKind;
  /** What a person calls it: `node1`, `default/web-0`, `gateway`. */
  readonly label: string;
  /** Its name under /run/netns, printed as `link-netns NAME` by peers. */
  readonly name: string;
  /** The node that hosts it, for nodes and pods. */
  readonly node?: string;
  readonly links: Map<string, Link>;
  /** Every table of both families; fib.ts keeps the lookup index. */
  readonly routes: Route[];
  /**
   * The same list as `routes`, as far as it is written: programs may wait with their routes until somebody reads
   * `routes`. Of table local only the addresses of `pendingAddresses` can be missing here.
   */
  readonly writtenRoutes: readonly Route[];
  /** Of each program that has yet to give links their addresses: whether it might give this one. */
  readonly pendingAddresses: ((ip: Ip) => boolean)[];
  readonly rules: PolicyRule[];
  /** Keyed by device, then by address. */
  readonly neighbours: Map<string, Map<Ip, Neighbour>>;
  /** Addresses answered for by proxy ARP, as `ip neigh add proxy` keeps them; keyed by device. */
  readonly proxyNeighbours: Map<string, Map<Ip, Origin>>;
  /** Dotted keys as `sysctl -a` prints them; defaults are in sysctl.ts. */
  readonly sysctls: Map<string, { readonly value: string; readonly origin: Origin }>;
  readonly sockets: Socket[];
  /** Use `rulesetOf` (netns.ts): rules are computed when they are first needed. */
  readonly rulesets: { 4: Ruleset; 6: Ruleset };
  /** IP sets by name, in the order of creation. */
  readonly sets: Map<string, IpSet>;
  /** IPVS's virtual servers of both families, by `virtualServerKey`. Use `virtualServersOf` (netns.ts), as for rules. */
  readonly ipvs: VirtualServers;
  /** Of IPVS's connections; replaced as a whole. */
  ipvsTimeouts: IpvsTimeouts;
  /** Programs of this namespace that have not yet written their rules. */
  readonly pending: (() => void)[];
  /** Grows with every committed change, so that indexes derived from the state know when they are stale. */
  generation: number;
}

/** Every network namespace of a cluster and of what surrounds it. */
export interface World {
  readonly netns: Map<string, Netns>;
  /** Grows with every committed change to any of them, and with every one that is added or taken away. */
  changes: number;
}
