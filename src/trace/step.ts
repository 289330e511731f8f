/**
 * The steps of a hop as plain JSON values, and the reasons that they name: both lists are closed.
 */

/** Why a path ended as it did; a closed list. */
export type Reason =
  | 'OK'
  | 'NO_LISTENER'
  | 'REJECT_RULE'
  | 'DROP_RULE'
  | 'DROP_POLICY'
  | 'POLICY'
  | 'NO_ROUTE'
  | 'BLACKHOLE_ROUTE'
  | 'UNREACHABLE_ROUTE'
  | 'PROHIBIT_ROUTE'
  | 'NEIGHBOUR_UNREACHABLE'
  | 'NO_FDB_ENTRY'
  | 'WRONG_MAC'
  | 'TTL_EXCEEDED'
  | 'FRAG_NEEDED'
  | 'MTU_EXCEEDED'
  | 'RP_FILTER'
  | 'MARTIAN_SOURCE'
  | 'MARTIAN_DESTINATION'
  | 'FORWARDING_DISABLED'
  | 'HAIRPIN_DISABLED'
  | 'LINK_DOWN'
  | 'LEFT_CLUSTER'
  | 'LOOP'
  | 'REPLY_LOST'
  | 'REPLY_FROM_WRONG_ADDRESS'
  | 'NO_REAL_SERVER'
  | 'NAME_NOT_FOUND'
  | 'NAME_SERVER_FAILURE'
  | 'UNSUPPORTED';

export interface AddressPort {
  readonly ip: string;
  readonly port?: number;
}

/** Where a fact of the state comes from. */
export interface OriginView {
  readonly program: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly field?: string;
}

/** The addresses of a packet as a step leaves them. */
export interface PacketView {
  readonly protocol: string;
  readonly src: string;
  readonly dst: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly ttl: number;
  /** Present when not 0. */
  readonly mark?: string;
  /** TCP flags, ICMP type: what kind of packet it is. */
  readonly info?: string;
}

/** One matched rule of a netfilter walk. */
export interface RuleView {
  readonly table: string;
  readonly chain: string;
  /** 1-based position in its chain. */
  readonly number: number;
  /** The rule as iptables-save prints it, without `-A CHAIN`. */
  readonly text: string;
  readonly origin: OriginView;
}

/** What the NetworkPolicies of one pod said of a packet, read off the rules that matched. */
export interface PolicyDecision {
  /** `namespace/name`. */
  readonly pod: string;
  readonly direction: 'ingress' | 'egress';
  readonly verdict: 'allowed' | 'denied';
  /**
   * `rule`: a policy's rule allows; `no-rule`: the pod is isolated and none does; `open`: no policy isolates it; `own-node`:
   * its own node always may; `icmp`: echo requests and errors always may.
   */
  readonly why: 'rule' | 'no-rule' | 'open' | 'own-node' | 'icmp';
  /** One sentence for a person. */
  readonly text: string;
  /** The addresses that the policies saw: behind DNAT, and where it was, masquerading. */
  readonly source: string;
  readonly destination: string;
  /** The sender's own address, where masquerading hid it. */
  readonly sender?: string;
  /** What the sender asked for, where DNAT replaced it. */
  readonly asked?: string;
  /** The policies that isolate the pod in this direction and were asked, `namespace/name`. */
  readonly policies: readonly string[];
  /** With `rule`: the rule that allows, and which of its peers and ports; all are counted from 0. */
  readonly by?: {
    readonly policy: string;
    readonly direction: 'ingress' | 'egress';
    readonly rule: number;
    readonly peer?: number;
    readonly port?: number;
  };
  /** With `no-rule`: the rules that were asked; those that lack one half only come first. */
  readonly misses?: readonly PolicyMiss[];
  /** With `no-rule`: the nearest edit that would allow it. */
  readonly change?: string;
}

/** A rule of a policy that does not allow a packet. */
export interface PolicyMiss {
  readonly policy: string;
  /** Counted from 0, as in the manifest's path; null: the policy has no rule at all for the direction. */
  readonly rule: number | null;
  /** Which half does not match; `state`: both do, but not what the node holds of them. */
  readonly failed: 'peer' | 'port' | 'both' | 'state';
  /** The selector, block or port that failed, and what it met. */
  readonly text: string;
}

/**
 * One thing that happened to a packet inside a hop. The list is closed; `type` tells the variant.
 */
export type Step =
  /** A socket (or the kernel, for errors and RSTs) made the packet. First step of the first hop. */
  | { readonly type: 'originate'; readonly by: 'socket' | 'kernel'; readonly packet: PacketView }
  /** A frame came in on the hop's device. First step of every other hop. */
  | { readonly type: 'receive'; readonly from: string; readonly packet: PacketView }
  /** A table was walked at a hook. `evaluated` counts the rules that the kernel evaluates, chains included. */
  | {
      readonly type: 'netfilter';
      readonly hook: string;
      readonly table: string;
      readonly priority: number;
      readonly evaluated: number;
      readonly rules: readonly RuleView[];
      readonly verdict: 'ACCEPT' | 'DROP' | 'REJECT' | 'UNKNOWN';
      /** True when the built-in chain's policy decided. */
      readonly policy: boolean;
      /** What NetworkPolicies said, pod by pod; absent where none was asked. */
      readonly decisions?: readonly PolicyDecision[];
    }
  /** A random choice was taken on the way (statistic). */
  | { readonly type: 'choose'; readonly what: string; readonly odds: string; readonly probability: number }
  /** Addresses were rewritten; `manip` names which side. */
  | {
      readonly type: 'nat';
      readonly manip: 'DNAT' | 'SNAT' | 'un-DNAT' | 'un-SNAT';
      readonly before: AddressPort;
      readonly after: AddressPort;
    }
  /**
   * IPVS dealt with the packet at a hook: `schedule` (the scheduler chose the server), `template` (the client is persistent
   * and had one), `connection` (a further packet of a known connection), `none` (no server to send it to), `reply` (what a
   * server answered), `error` (an ICMP error about a connection).
   */
  | {
      readonly type: 'ipvs';
      readonly hook: string;
      readonly priority: number;
      readonly action: 'schedule' | 'template' | 'connection' | 'none' | 'reply' | 'error';
      readonly service: AddressPort;
      readonly scheduler: string;
      readonly server: AddressPort | null;
      /** Of the choice; present with `schedule`. */
      readonly odds?: string;
      readonly probability?: number;
      /** Of the virtual server. */
      readonly origin: OriginView;
    }
  | { readonly type: 'conntrack'; readonly state: string; readonly note?: string }
  | {
      readonly type: 'route';
      readonly decision: 'local' | 'forward' | 'output' | 'reroute' | 'none';
      readonly route: string | null;
      readonly source?: string;
      readonly origin?: OriginView;
    }
  | {
      readonly type: 'neighbour';
      readonly ip: string;
      readonly device: string;
      readonly mac: string | null;
      readonly state: string;
      readonly origin?: OriginView;
    }
  | {
      readonly type: 'bridge';
      readonly bridge: string;
      readonly decision: 'forward' | 'flood' | 'local' | 'drop';
      readonly mac: string;
      readonly port: string | null;
    }
  | {
      readonly type: 'encapsulate' | 'decapsulate';
      readonly vni: number;
      readonly outerSrc: string;
      readonly outerDst: string;
      readonly sport: number;
      readonly dport: number;
    }
  /** TTL went down by one. */
  | { readonly type: 'ttl'; readonly from: number; readonly to: number }
  /** An ICMP error or RST was made in answer to this packet. */
  | { readonly type: 'answer'; readonly what: string; readonly reason: Reason }
  | { readonly type: 'note'; readonly code: string; readonly text: string }
  /** The frame left by the hop's out device. A last step. */
  | { readonly type: 'transmit'; readonly device: string; readonly mac?: string }
  /** The packet reached a socket or the kernel's own receiver. A last step. */
  | { readonly type: 'deliver'; readonly to: string; readonly origin?: OriginView }
  /** The packet ended here. A last step. `device`: one that had taken it, when it was lost behind that. */
  | {
      readonly type: 'drop';
      readonly reason: Reason;
      readonly detail: string;
      readonly fix?: string;
      readonly device?: string;
    };

export type StepType = Step['type'];
