import type {
  ClusterObjects,
  EndpointSlice,
  Meta,
  Namespace,
  NetworkPolicy,
  Node,
  Pod,
  Service,
  Workload,
} from '../k8s/index.ts';
import { type Column, formatTable } from './columns.ts';
import {
  ENDPOINTS_COLUMNS,
  NAMESPACE_COLUMNS,
  NODE_COLUMNS,
  POD_COLUMNS,
  SERVICE_COLUMNS,
  SLICE_COLUMNS,
} from './columns-core.ts';
import { POLICY_COLUMNS, workloadColumns } from './columns-workload.ts';
import { type Endpoints, endpointsOf } from './endpoints.ts';
import { type KindInfo, resourceOf } from './kinds.ts';

/** What `get` and `describe` show. */
export type ListedObject =
  | Node
  | Pod
  | Service
  | EndpointSlice
  | Endpoints
  | Namespace
  | NetworkPolicy
  | Workload;

export interface TableLayout {
  /** With the columns of `-o wide`. */
  readonly wide: boolean;
  /** With a first column NAMESPACE, as `-A` asks for. */
  readonly withNamespace: boolean;
  /** Names as `pod/web-0`, where tables of several kinds follow one another. */
  readonly withKind: boolean;
}

/** Objects of one kind, sorted by namespace and name as the API server lists them, ready to be printed. */
export interface Listed {
  readonly info: KindInfo;
  readonly objects: readonly ListedObject[];
  readonly table: (layout: TableLayout) => string;
  /** As `-o name` writes them: `pod/web-0`, a line each. */
  readonly names: string;
}

/** The objects of a kind that `keep` takes. */
export function listObjects(info: KindInfo, objects: ClusterObjects, keep: (meta: Meta) => boolean): Listed {
  const list = <T extends ListedObject>(all: readonly T[], columns: readonly Column<T>[]): Listed => {
    const found = all.filter(({ meta }) => keep(meta)).sort((a, b) => compareMeta(a.meta, b.meta));
    return {
      info,
      objects: found,
      table: (layout) => formatTable(laidOut(columns, info, layout), found, layout.wide),
      names: found.map(({ meta }) => `${resourceOf(info)}/${meta.name}\n`).join(''),
    };
  };
  const workloads = <K extends Workload['kind']>(kind: K): Listed =>
    list(
      objects.workloads.filter(
        (workload): workload is Extract<Workload, { kind: K }> => workload.kind === kind,
      ),
      workloadColumns(objects)[kind] as readonly Column<Workload>[],
    );
  const { plural } = info;
  switch (plural) {
    case 'nodes':
      return list(objects.nodes, NODE_COLUMNS);
    case 'namespaces':
      return list(namespacesOf(objects), NAMESPACE_COLUMNS);
    case 'pods':
      return list(objects.pods, POD_COLUMNS);
    case 'services':
      return list(objects.services, SERVICE_COLUMNS);
    case 'endpoints':
      return list(endpointsOf(objects), ENDPOINTS_COLUMNS);
    case 'endpointslices':
      return list(objects.endpointSlices, SLICE_COLUMNS);
    case 'replicationcontrollers':
      return workloads('ReplicationController');
    case 'daemonsets':
      return workloads('DaemonSet');
    case 'deployments':
      return workloads('Deployment');
    case 'replicasets':
      return workloads('ReplicaSet');
    case 'statefulsets':
      return workloads('StatefulSet');
    case 'jobs':
      return workloads('Job');
    case 'networkpolicies':
      return list(objects.networkPolicies, POLICY_COLUMNS);
  }
}

/** The Namespaces that are given, and those that objects are in: they must exist, too. */
function namespacesOf(objects: ClusterObjects): Namespace[] {
  const given = new Set(objects.namespaces.map(({ meta }) => meta.name));
  const used = new Set(
    [
      objects.pods,
      objects.services,
      objects.endpointSlices,
      objects.workloads,
      objects.networkPolicies,
    ].flatMap((all) => all.map(({ meta }) => meta.namespace)),
  );
  const assumed = [...used]
    .filter((name) => !given.has(name))
    .map((name): Namespace => ({ kind: 'Namespace', meta: namespaceMeta(name) }));
  return [...objects.namespaces, ...assumed];
}

function namespaceMeta(name: string): Meta {
  return {
    name,
    namespace: '',
    labels: new Map([['kubernetes.io/metadata.name', name]]),
    annotations: new Map(),
    ownerReferences: [],
    deleting: false,
  };
}

function laidOut<T extends ListedObject>(
  columns: readonly Column<T>[],
  info: KindInfo,
  layout: TableLayout,
): readonly Column<T>[] {
  const named = columns.map((column) =>
    column.head === 'NAME' && layout.withKind
      ? { ...column, value: ({ meta }: T) => `${resourceOf(info)}/${meta.name}` }
      : column,
  );
  if (!layout.withNamespace || !info.namespaced) return named;
  return [{ head: 'NAMESPACE', value: ({ meta }: T) => meta.namespace }, ...named];
}

export function compareMeta(a: Meta, b: Meta): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
