import type { Family } from '../../../addr/index.ts';
import {
  entryKey,
  type IpSet,
  type IpSetEntry,
  type IpSetField,
  type Origin,
} from '../../../kernel/index.ts';
import { PROGRAM } from '../common/index.ts';

/** The sets of IPVS mode, in the order of ipsetInfo; what each is for stands in the rules that match it. */
export const SETS = {
  'KUBE-LOOP-BACK': {
    type: 'hash:ip,port,ip',
    comment: 'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose',
  },
  'KUBE-CLUSTER-IP': {
    type: 'hash:ip,port',
    comment: 'Kubernetes service cluster ip + port for masquerade purpose',
  },
  'KUBE-EXTERNAL-IP': {
    type: 'hash:ip,port',
    comment: 'Kubernetes service external ip + port for masquerade and filter purpose',
  },
  'KUBE-EXTERNAL-IP-LOCAL': {
    type: 'hash:ip,port',
    comment: 'Kubernetes service external ip + port with externalTrafficPolicy=local',
  },
  'KUBE-LOAD-BALANCER': { type: 'hash:ip,port', comment: 'Kubernetes service lb portal' },
  'KUBE-LOAD-BALANCER-FW': {
    type: 'hash:ip,port',
    comment: 'Kubernetes service load balancer ip + port for load balancer with sourceRange',
  },
  'KUBE-LOAD-BALANCER-LOCAL': {
    type: 'hash:ip,port',
    comment: 'Kubernetes service load balancer ip + port with externalTrafficPolicy=local',
  },
  'KUBE-LOAD-BALANCER-SOURCE-IP': {
    type: 'hash:ip,port,ip',
    comment: 'Kubernetes service load balancer ip + port + source IP for packet filter purpose',
  },
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': {
    type: 'hash:ip,port,net',
    comment: 'Kubernetes service load balancer ip + port + source cidr for packet filter purpose',
  },
  'KUBE-NODE-PORT-TCP': {
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport TCP port for masquerade purpose',
  },
  'KUBE-NODE-PORT-LOCAL-TCP': {
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport TCP port with externalTrafficPolicy=local',
  },
  'KUBE-NODE-PORT-UDP': {
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport UDP port for masquerade purpose',
  },
  'KUBE-NODE-PORT-LOCAL-UDP': {
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport UDP port with externalTrafficPolicy=local',
  },
  'KUBE-NODE-PORT-SCTP-HASH': {
    type: 'hash:ip,port',
    comment: "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
  },
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': {
    type: 'hash:ip,port',
    comment: "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
  },
  'KUBE-HEALTH-CHECK-NODE-PORT': { type: 'bitmap:port', comment: 'Kubernetes health check node port' },
  'KUBE-IPVS-IPS': { type: 'hash:ip', comment: 'Kubernetes IPVS addresses' },
} as const;
export type SetName = keyof typeof SETS;

/** A set's name in a family: those of IPv6 begin with KUBE-6-, and the kernel takes 31 characters (NewIPSet). */
export function setName(name: SetName, family: Family): string {
  return family === 4 ? name : name.replace('KUBE-', 'KUBE-6-').slice(0, 31);
}

/** An entry with the key that it has in a set; shared by the nodes that have it. */
export interface KeyedEntry {
  readonly key: string;
  readonly entry: IpSetEntry;
}

export function entryOf(origin: Origin, ...fields: readonly IpSetField[]): KeyedEntry {
  return { key: entryKey(fields), entry: { fields, nomatch: false, origin } };
}

/** A set while its entries are gathered. */
export interface SetDraft {
  readonly entries: Map<string, IpSetEntry>;
  /** kube-proxy asked for entries, whether the kernel took them or not: the rules about the set are written. */
  wanted: boolean;
}

export type SetDrafts = Readonly<Record<SetName, SetDraft>>;

const NAMES = Object.keys(SETS) as readonly SetName[];

export function newDrafts(): SetDrafts {
  const drafts = NAMES.map((name): [SetName, SetDraft] => [name, { entries: new Map(), wanted: false }]);
  return Object.fromEntries(drafts) as Record<SetName, SetDraft>;
}

/** Adds an entry, of which the first one stays. */
export function put(drafts: SetDrafts, name: SetName, { key, entry }: KeyedEntry): void {
  const { entries } = drafts[name];
  drafts[name].wanted = true;
  if (!entries.has(key)) entries.set(key, entry);
}

const PORTS = { range: { from: 0, to: 65535 } };

/** The sets as `ipset create ... -exist` makes them, filled. */
export function filledSets(drafts: SetDrafts, family: Family): IpSet[] {
  return NAMES.map((name) => {
    const { type } = SETS[name];
    const sizes = { family, hashsize: 1024, maxelem: 65536, bucketsize: 12 };
    return {
      name: setName(name, family),
      type,
      options: {
        ...(type === 'bitmap:port' ? PORTS : sizes),
        counters: false,
        comment: false,
        skbinfo: false,
        forceadd: false,
      },
      entries: drafts[name].entries,
      origin: PROGRAM,
      generation: 0,
    };
  });
}
