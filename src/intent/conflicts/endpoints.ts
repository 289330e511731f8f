import { contains, formatIp, type Ip } from '../../addr/index.ts';
import { type ClusterObjects, type EndpointSlice, isFinished, type Pod } from '../../k8s/index.ts';
import { type Conflict, isSame } from './conflict.ts';

/** More pods than these are not tried for an endpoint that nobody has. */
const MOST_TRIED = 4;

/**
 * Endpoints written by hand whose address nobody has (PW328), where the input would show who has it: inside a podCIDR
 * of its Nodes, or in a network of its nodes. Addresses outside are fine, and so are endpoints of pods that are not in
 * the input.
 */
export function endpointConflicts(objects: ClusterObjects): Conflict[] {
  const { pods, nodes, topology, flannel, stated } = objects;
  const given = nodes.filter(({ meta }) => meta.source !== undefined);
  const ofPods = [
    ...given.flatMap(({ podCIDRs }) => podCIDRs),
    ...(stated?.podNetwork === true ? [flannel.network] : []),
  ];
  const ofNodes = given.length > 0 || stated?.networks === true ? topology.networks : [];
  if (ofPods.length + ofNodes.length === 0) return [];
  const owned = new Set<Ip>([
    ...pods.filter((pod) => !isFinished(pod)).flatMap(({ podIPs }) => podIPs),
    ...nodes.flatMap(({ internalIPs }) => internalIPs),
    ...topology.hosts.map(({ ip }) => ip),
    ...topology.networks.map(({ gateway }) => gateway),
  ]);
  const names = new Map(pods.map((pod) => [`${pod.meta.namespace}/${pod.meta.name}`, pod]));
  return objects.endpointSlices.flatMap((slice) => {
    const { meta } = slice;
    // The API servers may be on nodes that are not in the input.
    const ofApiServer = meta.namespace === 'default' && slice.serviceName === 'kubernetes';
    if (meta.source === undefined || ofApiServer) return [];
    return slice.endpoints.flatMap(({ addresses, targetRef }, i) =>
      addresses.flatMap((ip): Conflict[] => {
        if (owned.has(ip)) return [];
        const place = ofPods.some((range) => contains(range, ip))
          ? 'the pod network'
          : ofNodes.some((lan) => contains(lan.cidr, ip))
            ? 'the network of the nodes'
            : undefined;
        if (place === undefined) return [];
        if (targetRef?.kind === 'Pod') {
          const pod = names.get(`${targetRef.namespace}/${targetRef.name}`);
          // Pods that podwalk makes have addresses of its own; others may not be in the input.
          if (pod === undefined || pod.meta.source?.path.includes('template') === true) return [];
        }
        return [nobodys(objects, slice, i, ip, place)];
      }),
    );
  });
}

function nobodys(objects: ClusterObjects, slice: EndpointSlice, i: number, ip: Ip, place: string): Conflict {
  const { meta, serviceName } = slice;
  // What Endpoints say is mirrored; the place is that of the object that was written.
  const mirrored = meta.labels
    .get('endpointslice.kubernetes.io/managed-by')
    ?.startsWith('endpointslicemirroring');
  const kind = mirrored === true ? 'Endpoints' : 'EndpointSlice';
  const named = mirrored === true ? { ...meta, name: serviceName } : meta;
  const field = mirrored === true ? 'subsets[].addresses' : `endpoints[${i}].addresses`;
  const replaced =
    (to: readonly Ip[]) =>
    (all: ClusterObjects): ClusterObjects => ({
      ...all,
      endpointSlices: all.endpointSlices.map((one) =>
        isSame(one.meta, meta)
          ? {
              ...one,
              endpoints: one.endpoints.flatMap((endpoint, n) => {
                if (n !== i) return [endpoint];
                const { targetRef: _, ...rest } = endpoint;
                const addresses = endpoint.addresses.flatMap((own) => (own === ip ? to : [own]));
                return addresses.length === 0 ? [] : [{ ...rest, addresses }];
              }),
            }
          : one,
      ),
    });
  const alone = slice.endpoints.flatMap(({ addresses }) => addresses).length === 1;
  return {
    code: 'PW328',
    severity: 'warning',
    kind,
    meta: named,
    path: mirrored === true ? ['subsets'] : ['endpoints', i, 'addresses'],
    field,
    what: `has ${formatIp(ip)}, which is in ${place} and no pod, node or host has`,
    fix: 'write the address of who answers; a machine outside the cluster is named in a Topology',
    edits: alone
      ? candidates(objects, slice, ip).map((pod) => ({
          text: `${formatIp(pod.podIPs[0] ?? 0)} of Pod ${pod.meta.namespace}/${pod.meta.name} in the place of ${formatIp(ip)}`,
          apply: replaced(pod.podIPs.slice(0, 1)),
        }))
      : [{ text: `remove ${formatIp(ip)}`, apply: replaced([]) }],
    touches: ({ destination }) =>
      destination === ip ||
      objects.services.some(
        (service) =>
          service.meta.name === serviceName &&
          service.meta.namespace === meta.namespace &&
          [
            ...service.clusterIPs,
            ...service.externalIPs,
            ...service.loadBalancerIngress.flatMap((one) => one.ip ?? []),
          ].includes(destination),
      ),
  };
}

/** Pods that may be meant: of the slice's namespace, listening where it says; those of the Service's name first. */
function candidates({ pods }: ClusterObjects, { meta, ports, serviceName }: EndpointSlice, ip: Ip): Pod[] {
  const able = pods.filter(
    (pod) =>
      pod.meta.namespace === meta.namespace &&
      !isFinished(pod) &&
      typeof pod.podIPs[0] === typeof ip &&
      ports.some(({ port, protocol }) =>
        pod.ports.some((own) => own.containerPort === port && own.protocol === protocol),
      ),
  );
  const first = able.filter((pod) => pod.meta.name.startsWith(serviceName));
  return [...first, ...able.filter((pod) => !first.includes(pod))].slice(0, MOST_TRIED);
}
