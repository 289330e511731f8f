import {
  type Cidr,
  cidr,
  contains,
  formatCidr,
  formatIp,
  type Ip,
  nthIp,
  overlaps,
} from '../../addr/index.ts';
import type { ClusterObjects, Meta, Service } from '../../k8s/index.ts';
import { type Conflict, isSame } from './conflict.ts';

/** Ranges for pods and for Services that private networks seldom have, to suggest one that is free. */
const POD_NETWORKS = ['10.244.0.0/16', '10.42.0.0/16', '100.64.0.0/16', '172.28.0.0/16'].map(cidr);
const SERVICE_RANGES = ['10.96.0.0/12', '10.43.0.0/16', '172.30.0.0/16', '100.80.0.0/16'].map(cidr);

interface Range {
  /** `podCIDR 10.244.1.0/24 of Node n1` */
  readonly text: string;
  readonly cidr: Cidr;
}

/**
 * Addresses of Services in ranges of pods or nodes, and ranges of pods in those of nodes (PW314); of what the input
 * states: ranges that are assumed are chosen so that they do not meet. (podCIDRs of two Nodes that meet are PW304.)
 */
export function rangeConflicts(objects: ClusterObjects): Conflict[] {
  const pods = podRanges(objects);
  const lans = nodeRanges(objects);
  if (pods.length === 0 && lans.length === 0) return [];
  const ofServices = objects.services.flatMap((service) => inRanges(objects, service, [...pods, ...lans]));
  return [...ofServices, ...podsInLans(objects, lans)];
}

/** Flannel's Network where it is stated, else the podCIDRs of the Nodes of the input. */
function podRanges({ flannel, nodes, stated }: ClusterObjects): Range[] {
  const own = nodes.flatMap(({ meta, podCIDRs }) =>
    meta.source === undefined
      ? []
      : podCIDRs.map((one) => ({ text: `podCIDR ${formatCidr(one)} of Node ${meta.name}`, cidr: one })),
  );
  if (stated?.podNetwork !== true) return own;
  const networks = [flannel.network, ...(flannel.ipv6Network === undefined ? [] : [flannel.ipv6Network])];
  return [...own, ...networks.map((one) => ({ text: `flannel's Network ${formatCidr(one)}`, cidr: one }))];
}

function nodeRanges({ topology, stated }: ClusterObjects): Range[] {
  if (stated?.networks !== true) return [];
  return topology.networks.map(({ name, cidr: one }) => ({
    text: `network ${name} ${formatCidr(one)} of the nodes`,
    cidr: one,
  }));
}

function inRanges(objects: ClusterObjects, service: Service, ranges: readonly Range[]): Conflict[] {
  return service.clusterIPs.flatMap((ip, i): Conflict[] => {
    if (objects.stated?.clusterIPs.has(ip) === false) return [];
    const range = ranges.find((one) => contains(one.cidr, ip));
    if (range === undefined) return [];
    const free = freeAddress(objects, ip);
    return [
      {
        code: 'PW314',
        severity: 'warning',
        kind: 'Service',
        meta: service.meta,
        path: i === 0 ? ['spec', 'clusterIP'] : ['spec', 'clusterIPs', i],
        field: 'spec.clusterIP',
        what: `${formatIp(ip)} is inside ${range.text}: whoever has that range at his own link asks there for it, and no rule of kube-proxy sees the packet`,
        fix: 'give Services a range apart from those of pods and nodes (--service-cluster-ip-range)',
        edits:
          free === undefined
            ? []
            : [
                {
                  text: `spec.clusterIP: an address outside ${formatCidr(range.cidr)}, such as ${formatIp(free)}`,
                  apply: (all) => ({
                    ...all,
                    services: all.services.map((one) =>
                      isSame(one.meta, service.meta)
                        ? { ...one, clusterIPs: one.clusterIPs.map((own) => (own === ip ? free : own)) }
                        : one,
                    ),
                  }),
                },
              ],
        touches: ({ destination }) => destination === ip,
      },
    ];
  });
}

/** An address for a Service that is in nobody's range, of the same family. */
function freeAddress(objects: ClusterObjects, like: Ip): Ip | undefined {
  if (typeof like !== 'number') return undefined;
  const taken = new Set(objects.services.flatMap(({ clusterIPs }) => clusterIPs));
  const others = [
    objects.flannel.network,
    ...objects.nodes.flatMap(({ podCIDRs }) => podCIDRs),
    ...objects.topology.networks.map(({ cidr: one }) => one),
  ];
  const range = SERVICE_RANGES.find((one) => !others.some((other) => overlaps(one, other)));
  if (range === undefined) return undefined;
  for (let n = 100; n < 65_000; n++) {
    const ip = nthIp(range, n);
    if (!taken.has(ip)) return ip;
  }
  return undefined;
}

/** Networks of nodes, and Nodes' own addresses, inside the ranges of pods. */
function podsInLans(objects: ClusterObjects, lans: readonly Range[]): Conflict[] {
  const { nodes, flannel, stated } = objects;
  const given = nodes.filter(({ meta }) => meta.source !== undefined);
  for (const { meta, podCIDRs } of given) {
    for (const range of podCIDRs) {
      const met =
        lans.find((lan) => overlaps(lan.cidr, range)) ??
        given
          .flatMap((node) =>
            node.internalIPs.map((ip) => ({
              text: `the address ${formatIp(ip)} of Node ${node.meta.name}`,
              ip,
            })),
          )
          .find(({ ip }) => contains(range, ip));
      if (met !== undefined)
        return [
          renumber(objects, 'Node', meta, ['spec', 'podCIDR'], 'spec.podCIDR', formatCidr(range), met.text),
        ];
    }
  }
  if (stated?.podNetwork !== true) return [];
  const lan = lans.find((one) => overlaps(one.cidr, flannel.network));
  const config: Meta = {
    name: 'kube-flannel-cfg',
    namespace: 'kube-flannel',
    labels: new Map(),
    annotations: new Map(),
    ownerReferences: [],
    deleting: false,
    ...(flannel.source === undefined ? {} : { source: flannel.source }),
  };
  const network = formatCidr(flannel.network);
  return lan === undefined
    ? []
    : [renumber(objects, 'ConfigMap', config, ['data', 'net-conf.json'], 'Network', network, lan.text)];
}

function renumber(
  objects: ClusterObjects,
  kind: string,
  meta: Meta,
  path: readonly string[],
  field: string,
  range: string,
  met: string,
): Conflict {
  const others = objects.topology.networks.map((lan) => lan.cidr);
  const free = POD_NETWORKS.find((one) => !others.some((other) => overlaps(one, other)));
  return {
    code: 'PW314',
    severity: 'warning',
    kind,
    meta,
    path,
    field,
    what: `${range} and ${met} overlap: one address has two ways, and the route that is more specific has it`,
    fix: 'give pods a range apart from those of the nodes',
    edits:
      free === undefined
        ? []
        : [
            {
              text: `a pod network apart from the nodes', such as ${formatCidr(free)}, and podCIDRs of it`,
              apply: (all) => moved(all, free),
            },
          ],
    wide: true,
    touches: () => true,
  };
}

/** The cluster with another pod network: every Node and every pod gets addresses of it. */
function moved(objects: ClusterObjects, network: Cidr): ClusterObjects {
  // Where subnets begin and end is said of the old network.
  const { subnetMin: _, subnetMax: __, ...flannel } = objects.flannel;
  return {
    ...objects,
    flannel: { ...flannel, network },
    kubeProxy: {
      ...objects.kubeProxy,
      clusterCIDR: [network, ...objects.kubeProxy.clusterCIDR.filter((one) => typeof one.base !== 'number')],
    },
    nodes: objects.nodes.map((node) => ({
      ...node,
      podCIDRs: node.podCIDRs.filter((one) => typeof one.base !== 'number'),
    })),
    pods: objects.pods.map((pod) => (pod.hostNetwork ? pod : { ...pod, podIPs: [] })),
  };
}
