import type { Cidr, Family, Ip, Mac } from '../addr/index.ts';
import type { IpSet, IpSetEntry, IpSetField } from './ipset/model.ts';
import type { RealServerSpec, VirtualServer, VirtualServerName, VirtualServerSpec } from './ipvs/model.ts';
import type { IpvsTimeouts } from './ipvs/timeout.ts';
import type { NeighbourState, PolicyRule, RouteScope, RouteType, Socket } from './model.ts';
import type { Rule, TableName } from './netfilter/model.ts';
import type { Origin } from './origin.ts';

/**
 * What a program may do to a network namespace, named after the commands that do it by hand. A program builds
 * a list of operations and commits it: references are checked (a device that does not exist, a jump to a chain
 * that was not declared) and either all of them take effect or none.
 */
export type Operation =
  | { readonly op: 'link-add'; readonly netns: string; readonly link: LinkSpec; readonly origin: Origin }
  /** Both ends at once, as `ip link add A type veth peer name B netns N`. */
  | {
      readonly op: 'veth-add';
      readonly ends: readonly [VethEnd, VethEnd];
      readonly origin: Origin;
    }
  | { readonly op: 'link-delete'; readonly netns: string; readonly name: string }
  | { readonly op: 'link-up' | 'link-down'; readonly netns: string; readonly name: string }
  | { readonly op: 'link-mac'; readonly netns: string; readonly name: string; readonly mac: Mac }
  | { readonly op: 'link-mtu'; readonly netns: string; readonly name: string; readonly mtu: number }
  /** `ip link set NAME master BRIDGE`. */
  | { readonly op: 'link-master'; readonly netns: string; readonly name: string; readonly bridge: string }
  /** `ip link set NAME nomaster`. */
  | { readonly op: 'link-nomaster'; readonly netns: string; readonly name: string }
  | { readonly op: 'link-promisc'; readonly netns: string; readonly name: string; readonly promisc: boolean }
  | {
      readonly op: 'bridge-port';
      readonly netns: string;
      readonly name: string;
      readonly hairpin: boolean;
      /** Why, for whoever asks why a frame does not come back. */
      readonly origin?: Origin;
    }
  | {
      readonly op: 'address-add';
      readonly netns: string;
      readonly device: string;
      readonly ip: Ip;
      readonly length: number;
      /** Ask for the subnet's broadcast address, as `brd +` does. */
      readonly broadcast: boolean;
      readonly origin: Origin;
    }
  | {
      /** Many addresses of a host (`/32`, `/128`) on one device, as many calls of `ip addr add`. */
      readonly op: 'host-addresses-add';
      readonly netns: string;
      readonly device: string;
      readonly addresses: readonly { readonly ip: Ip; readonly origin: Origin }[];
    }
  | {
      readonly op: 'address-delete';
      readonly netns: string;
      readonly device: string;
      readonly ip: Ip;
      readonly length: number;
    }
  | {
      /** `change` wants a route that is there, `append` adds one behind those of the same prefix and metric. */
      readonly op: 'route-add' | 'route-replace' | 'route-change' | 'route-append';
      readonly netns: string;
      readonly route: RouteSpec;
      readonly origin: Origin;
    }
  | { readonly op: 'route-delete'; readonly netns: string; readonly route: RouteSpec }
  | {
      readonly op: 'policy-rule-add';
      readonly netns: string;
      readonly rule: PolicyRuleSpec;
      readonly origin: Origin;
    }
  /** Takes out the first rule that has everything that is given. */
  | { readonly op: 'policy-rule-delete'; readonly netns: string; readonly rule: PolicyRuleSpec }
  | {
      /** `add` wants none there, `change` one. */
      readonly op: 'neighbour-add' | 'neighbour-replace' | 'neighbour-change';
      readonly netns: string;
      readonly device: string;
      readonly ip: Ip;
      readonly mac: Mac;
      readonly state: NeighbourState;
      readonly origin: Origin;
    }
  | { readonly op: 'neighbour-delete'; readonly netns: string; readonly device: string; readonly ip: Ip }
  | {
      readonly op: 'proxy-neighbour-add';
      readonly netns: string;
      readonly device: string;
      readonly ip: Ip;
      readonly origin: Origin;
    }
  | {
      readonly op: 'proxy-neighbour-delete';
      readonly netns: string;
      readonly device: string;
      readonly ip: Ip;
    }
  /** `bridge fdb add|append|replace MAC dev VXLAN dst IP self permanent`. */
  | {
      readonly op: 'fdb-add' | 'fdb-append' | 'fdb-replace';
      readonly netns: string;
      readonly device: string;
      readonly mac: Mac;
      readonly dst: Ip;
      readonly origin: Origin;
    }
  | { readonly op: 'fdb-delete'; readonly netns: string; readonly device: string; readonly mac: Mac }
  /** `bridge fdb add|replace MAC dev PORT master permanent|static`. */
  | {
      readonly op: 'bridge-fdb-add' | 'bridge-fdb-replace';
      readonly netns: string;
      readonly port: string;
      readonly mac: Mac;
      readonly state: 'permanent' | 'static';
      readonly origin: Origin;
    }
  | { readonly op: 'bridge-fdb-delete'; readonly netns: string; readonly port: string; readonly mac: Mac }
  | {
      readonly op: 'sysctl';
      readonly netns: string;
      readonly key: string;
      readonly value: string;
      readonly origin: Origin;
    }
  | { readonly op: 'listen'; readonly netns: string; readonly socket: Socket }
  | {
      readonly op: 'ipset-create';
      readonly netns: string;
      readonly set: Omit<IpSet, 'entries' | 'generation'>;
    }
  /** Whole sets with their elements, in place of those of the same name; namespaces may share them. */
  | { readonly op: 'ipset-share'; readonly netns: string; readonly sets: readonly IpSet[] }
  | { readonly op: 'ipset-destroy' | 'ipset-flush'; readonly netns: string; readonly name: string }
  | { readonly op: 'ipset-add'; readonly netns: string; readonly name: string; readonly entry: IpSetEntry }
  | {
      readonly op: 'ipset-del';
      readonly netns: string;
      readonly name: string;
      readonly fields: readonly IpSetField[];
    }
  /** `ipvsadm -A` (a virtual server without real ones), `-E` (which keeps them). */
  | {
      readonly op: 'ipvs-service-add' | 'ipvs-service-edit';
      readonly netns: string;
      readonly service: VirtualServerSpec;
      readonly origin: Origin;
    }
  /** `ipvsadm -R`: virtual servers that are not there yet, each with its real servers. */
  | { readonly op: 'ipvs-restore'; readonly netns: string; readonly services: readonly VirtualServer[] }
  /** `ipvsadm -D`. */
  | { readonly op: 'ipvs-service-delete'; readonly netns: string; readonly service: VirtualServerName }
  /** `ipvsadm --set`: seconds; 0 leaves one as it is. */
  | { readonly op: 'ipvs-timeouts'; readonly netns: string; readonly timeouts: IpvsTimeouts }
  /** `ipvsadm -C`. */
  | { readonly op: 'ipvs-clear'; readonly netns: string }
  /** `ipvsadm -a` (a real server of a virtual one), `-e` (its weight or forwarding method). */
  | {
      readonly op: 'ipvs-server-add' | 'ipvs-server-edit';
      readonly netns: string;
      readonly service: VirtualServerName;
      readonly server: RealServerSpec;
      readonly origin: Origin;
    }
  /** `ipvsadm -d`. */
  | {
      readonly op: 'ipvs-server-delete';
      readonly netns: string;
      readonly service: VirtualServerName;
      readonly server: Pick<RealServerSpec, 'ip' | 'port'>;
    }
  /** One call of `iptables` (family 6: `ip6tables`) by hand, after every program has written its rules. */
  | {
      readonly op: 'iptables';
      readonly netns: string;
      readonly family: Family;
      readonly table: TableName;
      readonly command: IptablesCommand;
      readonly origin: Origin;
    }
  | {
      readonly op: 'iptables-restore';
      readonly netns: string;
      readonly family: Family;
      readonly tables: readonly RestoreTable[];
    };

/** What one call of `iptables` does, named after its options; rules are numbered from 1. */
export type IptablesCommand =
  | { readonly kind: 'append'; readonly chain: string; readonly rules: readonly Rule[] }
  | {
      readonly kind: 'insert';
      readonly chain: string;
      readonly number: number;
      readonly rules: readonly Rule[];
    }
  | { readonly kind: 'replace'; readonly chain: string; readonly number: number; readonly rule: Rule }
  | { readonly kind: 'delete' | 'check'; readonly chain: string; readonly rules: readonly Rule[] }
  | { readonly kind: 'delete-number'; readonly chain: string; readonly number: number }
  /** Without a chain: all of them. */
  | { readonly kind: 'flush' | 'zero' | 'delete-chain'; readonly chain?: string }
  | { readonly kind: 'new-chain'; readonly chain: string }
  | { readonly kind: 'rename-chain'; readonly chain: string; readonly to: string }
  | { readonly kind: 'policy'; readonly chain: string; readonly policy: 'ACCEPT' | 'DROP' };

/** One `*table ... COMMIT` section of an `iptables-restore --noflush`. */
export interface RestoreTable {
  readonly table: TableName;
  /** `:CHAIN - [0:0]`: user chains are created, or emptied when they exist. */
  readonly chains: readonly RestoreChain[];
  /** More chains, each with its rules: a list that namespaces may share, and that is checked once for all of them. */
  readonly sharedChains?: readonly SharedChain[];
  readonly rules: readonly RestoreRule[];
  /** `-P`-like policy changes, written as `:INPUT DROP`. */
  readonly policies?: readonly { readonly chain: string; readonly policy: 'ACCEPT' | 'DROP' }[];
}

/** A user chain. */
export interface RestoreChain {
  readonly name: string;
  readonly origin: Origin;
  /** `-N`, and no matter when it is there: a chain that exists keeps its rules (EnsureChain). */
  readonly ensure?: true;
  /** What `-A` puts into it first: a list that becomes the chain's own, that namespaces may share, and that nobody changes. */
  readonly rules?: Rule[];
}

export interface SharedChain {
  readonly name: string;
  readonly origin: Origin;
  readonly rules: Rule[];
}

/** `-A CHAIN` (append) or `-I CHAIN` (insert at the top). */
export interface RestoreRule {
  readonly chain: string;
  readonly insert?: boolean;
  /** `-C` first: nothing is added when the chain has a rule that says the same (EnsureRule, InsertUnique). */
  readonly ensure?: true;
  readonly rule: Rule;
}

/** A device without its peer; missing numbers take the kernel's defaults (MTU 1500, queue length 1000). */
export type LinkSpec = {
  readonly name: string;
  readonly mac: Mac;
  readonly mtu?: number;
  readonly txQueueLength?: number;
} & (
  | { readonly kind: 'bridge' | 'dummy' | 'tun' }
  | {
      readonly kind: 'vxlan';
      readonly vni: number;
      readonly device: string;
      readonly local: Ip;
      readonly dstPort: number;
      readonly learning: boolean;
    }
);

export interface VethEnd {
  readonly netns: string;
  readonly name: string;
  readonly mac: Mac;
  readonly mtu?: number;
}

/** What `ip route` is told; what is left out is what `ip route` leaves out. */
export interface RouteSpec {
  readonly dst: Cidr;
  readonly type?: RouteType;
  readonly via?: Ip;
  readonly device?: string;
  readonly onlink?: boolean;
  readonly prefsrc?: Ip;
  readonly metric?: number;
  readonly scope?: RouteScope;
  readonly protocol?: 'kernel' | 'boot' | 'static' | 'ra';
  readonly table?: number;
  readonly mtu?: number;
}

/** What `ip rule` is told; without a priority the kernel takes the one before the second rule (fib_default_rule_pref). */
export type PolicyRuleSpec = Partial<Omit<PolicyRule, 'origin'>>;

/** Why a transaction was refused; nothing of it took effect. */
export interface TransactionError {
  readonly operation: Operation;
  /** The real tool's words: `Cannot find device "cni0"`, `RTNETLINK answers: File exists`. */
  readonly message: string;
}
