/** A kind that can be listed, and the words that name it. */
export interface KindInfo {
  /** As kubectl lists it, and the key of this table: `pods`. */
  readonly plural: KindName;
  /** `Pod`. */
  readonly kind: string;
  /** API group; empty: the core group. */
  readonly group: string;
  readonly namespaced: boolean;
  /** Singular and short names. */
  readonly names: readonly string[];
}

export type KindName =
  | 'nodes'
  | 'namespaces'
  | 'pods'
  | 'replicationcontrollers'
  | 'services'
  | 'endpoints'
  | 'endpointslices'
  | 'daemonsets'
  | 'deployments'
  | 'replicasets'
  | 'statefulsets'
  | 'jobs'
  | 'networkpolicies';

function kind(plural: KindName, name: string, group: string, ...names: string[]): KindInfo {
  const namespaced = plural !== 'nodes' && plural !== 'namespaces';
  return { plural, kind: name, group, namespaced, names: [name.toLowerCase(), ...names] };
}

/** The kinds of `kubectl api-resources` that podwalk keeps, in the order in which `get all` lists kinds. */
export const KINDS: readonly KindInfo[] = [
  kind('nodes', 'Node', '', 'no'),
  kind('namespaces', 'Namespace', '', 'ns'),
  kind('pods', 'Pod', '', 'po'),
  kind('replicationcontrollers', 'ReplicationController', '', 'rc'),
  kind('services', 'Service', '', 'svc'),
  kind('endpoints', 'Endpoints', '', 'ep'),
  kind('endpointslices', 'EndpointSlice', 'discovery.k8s.io'),
  kind('daemonsets', 'DaemonSet', 'apps', 'ds'),
  kind('deployments', 'Deployment', 'apps', 'deploy'),
  kind('replicasets', 'ReplicaSet', 'apps', 'rs'),
  kind('statefulsets', 'StatefulSet', 'apps', 'sts'),
  kind('jobs', 'Job', 'batch'),
  kind('networkpolicies', 'NetworkPolicy', 'networking.k8s.io', 'netpol'),
];

/** What `get all` lists: the category `all` of kubectl. */
export const ALL_KINDS: readonly KindName[] = [
  'pods',
  'replicationcontrollers',
  'services',
  'daemonsets',
  'deployments',
  'replicasets',
  'statefulsets',
  'jobs',
];

const BY_WORD: ReadonlyMap<string, KindInfo> = new Map(
  KINDS.flatMap((info) =>
    [info.plural, ...info.names].flatMap((word): [string, KindInfo][] => [
      [word, info],
      ...(info.group === '' ? [] : [[`${word}.${info.group}`, info] satisfies [string, KindInfo]]),
    ]),
  ),
);

/** Finds a kind by any of its names, in any case, with its group or without: `po`, `Deployment`, `deploy.apps`. */
export function findKind(word: string): KindInfo | undefined {
  return BY_WORD.get(word.toLowerCase());
}

/** Every word that names a kind, without groups. */
export function kindWords(): string[] {
  return KINDS.flatMap((info) => [info.plural, ...info.names]);
}

/** `pod`, `deployment.apps`: what stands before the name in `-o name`. */
export function resourceOf({ kind: name, group }: KindInfo): string {
  return `${name.toLowerCase()}${group === '' ? '' : `.${group}`}`;
}
