import { contains, type Ip } from '../../addr/index.ts';
import { type ClusterObjects, isFinished, type Pod, type Service } from '../../k8s/index.ts';
import { type Conflict, isSame, nameOf } from './conflict.ts';

/** One more than the last node port of the default range. */
const AFTER_NODE_PORTS = 32768;
const FIRST_NODE_PORT = 30000;

/**
 * Host ports of pods that are node ports too (PW313). On iptables kube-proxy's jump stands first in PREROUTING, for it
 * prepends and portmap appends, and the node port wins; in IPVS mode portmap has done its DNAT before the virtual server
 * is asked, on LOCAL_IN. A process on the host's network never sees the packets in either.
 */
export function hostPortConflicts(objects: ClusterObjects): Conflict[] {
  const { services, pods, nodes, kubeProxy, stated } = objects;
  const holders = new Map<string, { readonly pod: Pod; readonly index: number }[]>();
  for (const pod of pods) {
    if (isFinished(pod) || pod.nodeName === '') continue;
    for (const [index, { hostPort, protocol }] of pod.ports.entries()) {
      if (hostPort === 0) continue;
      const key = `${protocol}/${hostPort}`;
      const list = holders.get(key);
      if (list === undefined) holders.set(key, [{ pod, index }]);
      else list.push({ pod, index });
    }
  }
  if (holders.size === 0) return [];
  const addresses = new Map(nodes.map((node) => [node.meta.name, node.internalIPs]));
  const opens = (ip: Ip): boolean =>
    kubeProxy.nodePortAddresses.length === 0 ||
    kubeProxy.nodePortAddresses.some((range) => contains(range, ip));
  return services.flatMap((service) =>
    service.ports.flatMap(({ nodePort, protocol }, i): Conflict[] => {
      const key = `${protocol}/${nodePort}`;
      // A number that podwalk has drawn is another in the real cluster.
      if (nodePort === 0 || stated?.nodePorts.has(key) === false) return [];
      const [first] = (holders.get(key) ?? []).filter(({ pod }) =>
        (addresses.get(pod.nodeName) ?? []).some(opens),
      );
      return first === undefined ? [] : [conflict(objects, service, i, first.pod)];
    }),
  );
}

function conflict(objects: ClusterObjects, service: Service, i: number, pod: Pod): Conflict {
  const port = service.ports[i];
  const number = port?.nodePort ?? 0;
  const podWins = objects.kubeProxy.mode === 'ipvs' && !pod.hostNetwork;
  const other = freeNodePort(objects);
  const nodeIPs = objects.nodes.find(({ meta }) => meta.name === pod.nodeName)?.internalIPs ?? [];
  const outcome = podWins
    ? 'portmap has its rule before the virtual server is asked, and the Service is not reached there'
    : "kube-proxy's rule comes first, and the Pod is not reached there";
  return {
    code: 'PW313',
    severity: 'warning',
    kind: 'Service',
    meta: service.meta,
    path: ['spec', 'ports', i, 'nodePort'],
    field: `spec.ports[${i}].nodePort`,
    what: `${number}/${port?.protocol} is also a hostPort of Pod ${nameOf(pod.meta)} on ${pod.nodeName}: ${outcome}`,
    fix: 'give one of them another port',
    edits: [
      podWins
        ? {
            text: `a hostPort of Pod ${nameOf(pod.meta)} other than ${number}`,
            apply: (all) => ({
              ...all,
              pods: all.pods.map((one) =>
                isSame(one.meta, pod.meta)
                  ? {
                      ...one,
                      ports: one.ports.map((p) => (p.hostPort === number ? { ...p, hostPort: 0 } : p)),
                    }
                  : one,
              ),
            }),
          }
        : {
            text: `spec.ports[${i}].nodePort: ${other}`,
            apply: (all) => ({
              ...all,
              services: all.services.map((one) =>
                isSame(one.meta, service.meta)
                  ? { ...one, ports: one.ports.map((p, n) => (n === i ? { ...p, nodePort: other } : p)) }
                  : one,
              ),
            }),
          },
    ],
    touches: ({ port: asked, destination }) => asked === number && nodeIPs.includes(destination),
  };
}

function freeNodePort({ services, pods }: ClusterObjects): number {
  const taken = new Set([
    ...services.flatMap(({ ports }) => ports.map(({ nodePort }) => nodePort)),
    ...pods.flatMap(({ ports }) => ports.map(({ hostPort }) => hostPort)),
  ]);
  for (let port = FIRST_NODE_PORT; port < AFTER_NODE_PORTS; port++) if (!taken.has(port)) return port;
  return FIRST_NODE_PORT;
}
