import type { ServicePortState } from './proxy-state.ts';
import type { ServiceEndpoint } from './service-endpoints.ts';
import { type ServicePortInfo, usesClusterEndpoints, usesLocalEndpoints } from './service-ports.ts';

/** The endpoints that a node uses for a service port. */
export interface CategorizedEndpoints {
  /** For traffic policy Cluster. */
  readonly cluster: readonly ServiceEndpoint[];
  /** For traffic policy Local. */
  readonly local: readonly ServiceEndpoint[];
  /** Those that any rule of the node may choose. */
  readonly reachable: readonly ServiceEndpoint[];
  /** Is there a usable endpoint anywhere in the cluster? */
  readonly hasAny: boolean;
}

const NONE: readonly ServiceEndpoint[] = [];
const ZONE_LABEL = 'topology.kubernetes.io/zone';
/** The deprecated annotation goes before the current one (newBaseServiceInfo). */
const HINT_ANNOTATIONS = [
  'service.kubernetes.io/topology-aware-hints',
  'service.kubernetes.io/topology-mode',
] as const;

/** Whether the Service asks for hints: any value but "", "disabled" and "Disabled" does since v1.27. */
function wantsHints(info: ServicePortInfo): boolean {
  const { annotations } = info.service.meta;
  const value = HINT_ANNOTATIONS.map((name) => annotations.get(name)).find((text) => text !== undefined);
  return value !== undefined && value !== '' && value !== 'disabled' && value !== 'Disabled';
}

/**
 * Whether hints narrow the ready endpoints on a node of this zone: all of them have hints, the node has a zone, and one of
 * them is meant for it (canUseTopology in topology.go).
 */
function canUseHints(
  info: ServicePortInfo,
  ready: readonly ServiceEndpoint[],
  zone: string | undefined,
): boolean {
  if (zone === undefined || zone === '' || !wantsHints(info)) return false;
  return (
    ready.every((endpoint) => endpoint.zoneHints.length > 0) &&
    ready.some((endpoint) => endpoint.zoneHints.includes(zone))
  );
}

/** The endpoints as one node sees them: of an address that slices repeat, the node's own entry, else the first. */
export function seenFrom(nodeName: string, state: ServicePortState): ServicePortState {
  if (!state.endpoints.some((endpoint) => endpoint.repeats !== undefined)) return state;
  const endpoints = state.endpoints.map(
    (endpoint) => endpoint.repeats?.findLast((again) => again.nodeName === nodeName) ?? endpoint,
  );
  return {
    info: state.info,
    endpoints,
    ready: endpoints.filter((endpoint) => endpoint.ready),
    servingTerminating: endpoints.filter(({ serving, terminating }) => serving && terminating),
  };
}

/**
 * Which endpoints a node uses (CategorizeEndpoints in topology.go of v1.30). Ready ones, narrowed by hints where these
 * apply; when there is none, those that still serve while they terminate. Lists are shared between nodes where they are equal.
 */
export function categorizeEndpoints(
  state: ServicePortState,
  nodeName: string,
  nodeLabels: ReadonlyMap<string, string>,
): CategorizedEndpoints {
  const { info, ready, servingTerminating } = seenFrom(nodeName, state);
  let cluster = NONE;
  let hinted = false;
  if (usesClusterEndpoints(info)) {
    const zone = nodeLabels.get(ZONE_LABEL);
    hinted = canUseHints(info, ready, zone);
    cluster = hinted ? ready.filter((endpoint) => endpoint.zoneHints.includes(zone ?? '')) : ready;
    if (cluster.length === 0) cluster = servingTerminating;
  }
  if (!usesLocalEndpoints(info)) {
    return { cluster, local: NONE, reachable: cluster, hasAny: cluster.length > 0 };
  }
  const hasAny = ready.length > 0 || servingTerminating.length > 0;
  const isLocal = (endpoint: ServiceEndpoint): boolean => endpoint.nodeName === nodeName;
  const localReady = ready.filter(isLocal);
  const local = localReady.length > 0 ? localReady : servingTerminating.filter(isLocal);
  if (!usesClusterEndpoints(info)) return { cluster, local, reachable: local, hasAny };
  const rest = local.filter((endpoint) => !cluster.includes(endpoint));
  return { cluster, local, reachable: rest.length === 0 ? cluster : [...cluster, ...rest], hasAny };
}
