import type { Family } from '../addr/index.ts';
import type { Field } from './field.ts';
import type { GeneratedNames } from './generated-names.ts';
import type {
  EndpointSlice,
  Ingress,
  Meta,
  Namespace,
  NetworkPolicy,
  Node,
  Pod,
  Service,
  SourceRef,
  Topology,
  Workload,
} from './objects.ts';

/** A decoded object and the data that it came from, for what is checked and completed later. */
export interface Loaded<T> {
  readonly object: T;
  readonly field: Field;
}

/** What the API server would allocate for a Service; decided when all Services are known. */
export interface LoadedService extends Loaded<Service> {
  readonly allocate: {
    /** Asked for by ipFamilies or ipFamilyPolicy; undefined: the cluster's default. */
    readonly families: readonly Family[];
    readonly policy: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack' | undefined;
    readonly clusterIPs: boolean;
    readonly nodePorts: boolean;
    readonly healthCheckNodePort: boolean;
  };
}

/** The older way to list a Service's backends; mirrored to EndpointSlices. */
export interface Endpoints {
  readonly meta: Meta;
  /** One slice a subset and family, without the names that mirroring gives. */
  readonly slices: readonly EndpointSlice[];
}

/** Objects of one kind that no walk heeds. */
export interface Unread {
  readonly kind: string;
  /** The API group; empty for Kubernetes' first. */
  readonly group: string;
  count: number;
  /** Of the first of them. */
  readonly source: SourceRef | undefined;
}

/** An object that is known by its name and read for what it says of the network. */
export interface Configuration {
  readonly kind: string;
  readonly meta: Pick<Meta, 'namespace' | 'name' | 'source'>;
  readonly field: Field;
}

/** What the documents hold, before it is completed and checked across objects. */
export interface Draft {
  readonly namespaces: Loaded<Namespace>[];
  readonly nodes: Loaded<Node>[];
  readonly pods: Loaded<Pod>[];
  readonly workloads: Loaded<Workload>[];
  readonly services: LoadedService[];
  readonly endpointSlices: Loaded<EndpointSlice>[];
  readonly endpoints: Loaded<Endpoints>[];
  readonly networkPolicies: Loaded<NetworkPolicy>[];
  readonly ingresses: Ingress[];
  /** Configurations are decoded after `--set`; here is their data. */
  readonly kubeProxy: Field[];
  readonly flannel: Field[];
  readonly kubelet: Field[];
  /** Configurations of CNI plugins. */
  readonly cni: Field[];
  readonly topologies: Loaded<Topology>[];
  /** ConfigMaps of CoreDNS, and those whose keys are files beside its Corefile. */
  readonly coreDns: Field[];
  readonly coreDnsCustom: Field[];
  readonly nodeLocalDns: Field[];
  /** Kinds that nothing reads, or nothing but lint, by the name that they are told by. */
  readonly unread: Map<string, Unread>;
  /** What configures a network: ConfigMaps that other networks have, and what installs them. */
  readonly configurations: Configuration[];
  /** The names of objects that have only a generateName. */
  readonly generated: GeneratedNames;
}

export function emptyDraft(): Draft {
  return {
    namespaces: [],
    nodes: [],
    pods: [],
    workloads: [],
    services: [],
    endpointSlices: [],
    endpoints: [],
    networkPolicies: [],
    ingresses: [],
    kubeProxy: [],
    flannel: [],
    kubelet: [],
    cni: [],
    topologies: [],
    coreDns: [],
    coreDnsCustom: [],
    nodeLocalDns: [],
    unread: new Map(),
    configurations: [],
    generated: new Map(),
  };
}
