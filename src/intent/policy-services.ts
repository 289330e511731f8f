import type { Ip } from '../addr/index.ts';
import type { ClusterObjects, EndpointSlice, Pod } from '../k8s/index.ts';
import { type Connection, judgeConnection } from './policy-judge.ts';
import type { PortQuery } from './policy-match.ts';
import { type PolicyEnd, type PolicyModel, policedPods } from './policy-model.ts';

/** A port of a Service, and where DNAT may send what is sent there. */
export interface ServiceTarget extends PortQuery {
  /** `svc/ns/name`. */
  readonly name: string;
  /** The cluster IPs; none for a headless Service, whose clients connect to the endpoints. */
  readonly addresses: readonly Ip[];
  readonly backends: readonly { readonly end: PolicyEnd; readonly query: PortQuery }[];
}

/** All ports of all Services with their ready endpoints. */
export function serviceTargets(
  objects: Pick<ClusterObjects, 'services' | 'endpointSlices' | 'pods'>,
): ServiceTarget[] {
  const byIp = new Map<Ip, Pod>();
  for (const pod of policedPods(objects))
    if (!pod.hostNetwork) for (const ip of pod.podIPs) byIp.set(ip, pod);
  const byName = new Map(policedPods(objects).map((pod) => [`${pod.meta.namespace}/${pod.meta.name}`, pod]));
  const slices = new Map<string, EndpointSlice[]>();
  for (const slice of objects.endpointSlices) {
    const service = `${slice.meta.namespace}/${slice.serviceName}`;
    const own = slices.get(service);
    if (own === undefined) slices.set(service, [slice]);
    else own.push(slice);
  }
  return objects.services.flatMap((service) => {
    if (service.type === 'ExternalName') return [];
    const key = `${service.meta.namespace}/${service.meta.name}`;
    return service.ports.map((port): ServiceTarget => {
      const backends = (slices.get(key) ?? []).flatMap((slice) => {
        const target = slice.ports.find(
          (p) => (p.name ?? '') === port.name && p.protocol === port.protocol,
        )?.port;
        if (target === undefined) return [];
        const query = { port: target, protocol: port.protocol };
        return slice.endpoints.flatMap(({ ready, addresses, targetRef }) => {
          const [ip] = addresses;
          if (!ready || ip === undefined) return [];
          const pod =
            (targetRef?.kind === 'Pod'
              ? byName.get(`${targetRef.namespace}/${targetRef.name}`)
              : undefined) ?? byIp.get(ip);
          const end: PolicyEnd = pod === undefined ? { kind: 'address', ip } : { kind: 'pod', pod };
          return [{ end, query }];
        });
      });
      return {
        name: `svc/${key}`,
        port: port.port,
        protocol: port.protocol,
        addresses: service.clusterIPs,
        backends,
      };
    });
  });
}

/** How many endpoints of a Service's port an end may reach, of how many. */
export interface ServiceVerdict {
  readonly allowed: number;
  readonly of: number;
  /** Whether the sender's egress allows the Service's own address, where plugins judge before DNAT; else true. */
  readonly open: boolean;
  /** The connections that were judged, one an endpoint. */
  readonly connections: readonly Connection[];
}

/**
 * Judges a connection through a Service: each endpoint, on its own port. Where plugins judge before DNAT, the
 * sender's egress must allow the Service's address and port as well.
 */
export function judgeService(model: PolicyModel, from: PolicyEnd, target: ServiceTarget): ServiceVerdict {
  const before = model.modes.serviceAddress === 'before-dnat' && target.addresses.length > 0;
  const { port, protocol } = target;
  const open =
    !before ||
    target.addresses.some(
      (ip) => judgeConnection(model, { from, to: { kind: 'address', ip }, port, protocol }).egress.allowed,
    );
  const connections = target.backends.map(
    ({ end, query }): Connection => ({ from, to: end, ...query, viaService: target.addresses.length > 0 }),
  );
  const allowed = open ? connections.filter((one) => judgeConnection(model, one).allowed).length : 0;
  return { allowed, of: connections.length, open, connections };
}
