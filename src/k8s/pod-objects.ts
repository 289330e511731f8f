import type { Ip } from '../addr/index.ts';
import type { Meta, Protocol } from './object-meta.ts';

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface ContainerPort {
  readonly container: string;
  readonly name: string;
  readonly containerPort: number;
  readonly protocol: Protocol;
  /** 0: none. */
  readonly hostPort: number;
  readonly hostIP?: Ip;
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export interface Toleration {
  /** Empty (with Exists): every key. */
  readonly key: string;
  readonly operator: 'Equal' | 'Exists';
  readonly value: string;
  /** Empty: every effect. */
  readonly effect: Taint['effect'] | '';
}

export interface NodeSelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

/** All requirements hold; a term without any matches no node. */
export interface NodeSelectorTerm {
  readonly matchExpressions: readonly NodeSelectorRequirement[];
  /** Of the fields of a Node only metadata.name can be asked for. */
  readonly matchFields: readonly NodeSelectorRequirement[];
}

/** spec.affinity.nodeAffinity. */
export interface NodeAffinity {
  /** One of the terms holds; undefined: every node will do. */
  readonly required?: readonly NodeSelectorTerm[];
  readonly preferred: readonly { readonly weight: number; readonly term: NodeSelectorTerm }[];
}

export type DnsPolicy = 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None';

/** spec.dnsConfig: what the kubelet adds to resolv.conf. */
export interface DnsConfig {
  readonly nameservers: readonly Ip[];
  /** As written: a trailing dot stays. */
  readonly searches: readonly string[];
  readonly options: readonly { readonly name: string; readonly value?: string }[];
}

/** Lines that the kubelet adds to /etc/hosts. */
export interface HostAlias {
  readonly ip: Ip;
  readonly hostnames: readonly string[];
}

/** What a pod says of the names that it looks up, apart from dnsPolicy. */
export interface PodNames {
  readonly dnsConfig?: DnsConfig;
  readonly hostAliases?: readonly HostAlias[];
  /** Undefined: true. */
  readonly enableServiceLinks?: boolean;
}

/** An init container; one with restartPolicy Always is a sidecar, which keeps running. */
export interface InitContainer {
  readonly name: string;
  readonly sidecar: boolean;
}

/** A port on which something of a pod is taken to listen though no containerPort declares it. */
export interface ListenEvidence {
  readonly protocol: Protocol;
  readonly port: number;
  /** On 127.0.0.1 alone. */
  readonly loopback: boolean;
  /** Where it stands: `spec.containers{web}.readinessProbe`; of an annotation its name. */
  readonly field: string;
  /** It is stated for podwalk (podwalk.dev/listens), and not only concluded. */
  readonly stated: boolean;
}

/** What a pod's manifest and a workload's template say alike. */
export interface PodSpec extends PodNames {
  /** Empty: the scheduler chooses. */
  readonly nodeName: string;
  readonly hostNetwork: boolean;
  /** Names of the containers, sidecars last; undefined: those that ports name, or one. */
  readonly containers?: readonly string[];
  /** Init containers, sidecars among them; undefined: none. */
  readonly initContainers?: readonly InitContainer[];
  readonly ports: readonly ContainerPort[];
  /** Ports of probes, of lifecycle handlers and of args, commands and env values; undefined: none. */
  readonly evidence?: readonly ListenEvidence[];
  readonly nodeSelector: ReadonlyMap<string, string>;
  /** Undefined: none. */
  readonly nodeAffinity?: NodeAffinity;
  /** Undefined: none. */
  readonly tolerations?: readonly Toleration[];
  readonly hostname: string;
  readonly subdomain: string;
  readonly serviceAccountName: string;
  /** Undefined: ClusterFirst. */
  readonly dnsPolicy?: DnsPolicy;
}

export interface Pod extends PodSpec {
  readonly kind: 'Pod';
  readonly meta: Meta;
  /** Pending also where the scheduler found no node. */
  readonly phase: PodPhase;
  /** status.podIPs (or podIP); empty: host-local gives the next free one. */
  readonly podIPs: readonly Ip[];
  /** The Ready condition; a Running pod without conditions counts as ready. */
  readonly ready: boolean;
  /** status.hostIPs (or hostIP): the addresses of its node. Undefined: none. */
  readonly hostIPs?: readonly Ip[];
  /** What more its status says; undefined: nothing. */
  readonly status?: PodStatus;
  /** Why the scheduler gave it no node; undefined: it did, or has not tried. */
  readonly unscheduled?: Unscheduled;
}

/** The condition PodScheduled where it is False. */
export interface Unscheduled {
  /** `Unschedulable`, `SchedulingGated`. */
  readonly reason: string;
  /** kube-scheduler's sentence; may be empty. */
  readonly message: string;
  /** Whether the input's status says so, or the scheduler that is modelled here. */
  readonly by: 'status' | 'scheduler';
}

/** What a pod's status says beyond phase, addresses and readiness, as kubectl's printer reads it. */
export interface PodStatus {
  /** `Evicted`, `NodeLost`; may be empty. */
  readonly reason: string;
  readonly message: string;
  readonly initContainers: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  /** Condition Initialized is True. */
  readonly initialized: boolean;
  /** Condition Ready is True. */
  readonly readyCondition: boolean;
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restarts: number;
  readonly state:
    | { readonly kind: 'waiting'; readonly reason: string }
    | { readonly kind: 'running' }
    | {
        readonly kind: 'terminated';
        readonly reason: string;
        readonly exitCode: number;
        readonly signal: number;
      }
    /** None is given, which kubectl takes for waiting. */
    | { readonly kind: 'none' };
}

/** Succeeded or Failed: it has no network any more. */
export function isFinished(pod: Pick<Pod, 'phase'>): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

/**
 * Pending without an address: the scheduler has no node for it, or kubelet has not made its network yet. It gets
 * none here either, for its status says how it is.
 */
export function isUnstarted({ phase, podIPs }: Pick<Pod, 'phase' | 'podIPs'>): boolean {
  return phase === 'Pending' && podIPs.length === 0;
}
