import { formatIp, type Ip } from '../../addr/index.ts';
import { leasesOf } from '../../controllers/flannel/index.ts';
import type { ClusterObjects, Node, Service } from '../../k8s/index.ts';
import { type Conflict, isSame } from './conflict.ts';

/**
 * Services that have a node's own address (PW318). In IPVS mode every node then takes it for its own, and reaches that
 * node no more; on iptables the Service has its ports there. A load balancer that gives out the nodes' addresses means
 * it, as k3s' does: a note, unless the Service is Local and has no endpoint there.
 */
export function nodeAddressConflicts(objects: ClusterObjects): Conflict[] {
  const owners = new Map<Ip, Node>();
  for (const node of objects.nodes)
    if (node.meta.source !== undefined) for (const ip of node.internalIPs) owners.set(ip, node);
  if (owners.size === 0) return [];
  return objects.services.flatMap((service) => [
    ...service.externalIPs.flatMap((ip, i) => ownAddress(objects, service, ip, owners.get(ip), i)),
    ...service.loadBalancerIngress.flatMap(({ ip, ipMode }, i) =>
      ip === undefined || ipMode !== 'VIP' ? [] : balanced(objects, service, ip, owners.get(ip), i),
    ),
  ]);
}

const IN_IPVS = 'every node binds it to kube-ipvs0, takes it for its own, and does not reach that node';

function ownAddress(
  { kubeProxy: { mode } }: ClusterObjects,
  service: Service,
  ip: Ip,
  node: Node | undefined,
  i: number,
): Conflict[] {
  if (node === undefined) return [];
  const ports = service.ports.map(({ port, protocol }) => `${port}/${protocol}`).join(', ');
  const outcome =
    mode === 'ipvs'
      ? IN_IPVS
      : `what listens there on ${ports} is not reached, on any address that is asked for as this one`;
  return [
    {
      code: 'PW318',
      severity: 'warning',
      kind: 'Service',
      meta: service.meta,
      path: ['spec', 'externalIPs', i],
      field: `spec.externalIPs[${i}]`,
      what: `${formatIp(ip)} is the address of Node ${node.meta.name}: ${outcome}`,
      fix: "give the Service an address that is not a node's, or a nodePort",
      edits: [
        {
          text: `remove ${formatIp(ip)} from spec.externalIPs`,
          apply: (all) => ({
            ...all,
            services: all.services.map((one) =>
              isSame(one.meta, service.meta)
                ? { ...one, externalIPs: one.externalIPs.filter((own) => own !== ip) }
                : one,
            ),
          }),
        },
      ],
      touches: ({ destination, source, nodes }) =>
        destination === ip || source === ip || (mode === 'ipvs' && nodes.has(node.meta.name)),
    },
  ];
}

function balanced(
  { kubeProxy: { mode }, endpointSlices }: ClusterObjects,
  service: Service,
  ip: Ip,
  node: Node | undefined,
  i: number,
): Conflict[] {
  if (node === undefined) return [];
  const { meta, externalTrafficPolicy } = service;
  const lacking =
    externalTrafficPolicy === 'Local' &&
    !endpointSlices.some(
      (slice) =>
        slice.serviceName === meta.name &&
        slice.meta.namespace === meta.namespace &&
        slice.endpoints.some(({ ready, nodeName }) => ready && nodeName === node.meta.name),
    );
  const outcome =
    mode === 'ipvs'
      ? IN_IPVS
      : lacking
        ? 'externalTrafficPolicy is Local, and without an endpoint there the node drops what comes in'
        : 'its ports there are those of the Service';
  return [
    {
      code: 'PW318',
      severity: mode === 'ipvs' || lacking ? 'warning' : 'note',
      kind: 'Service',
      meta,
      path: ['status', 'loadBalancer', 'ingress', i, 'ip'],
      field: `status.loadBalancer.ingress[${i}].ip`,
      what: `${formatIp(ip)} is the address of Node ${node.meta.name}: ${outcome}`,
      fix: lacking
        ? 'externalTrafficPolicy: Cluster, or an endpoint on every node whose address is given out'
        : "let the load balancer give out addresses that are not a node's",
      edits: [
        ...(lacking
          ? [
              {
                text: 'spec.externalTrafficPolicy: Cluster',
                apply: (all: ClusterObjects): ClusterObjects => ({
                  ...all,
                  services: all.services.map((one) =>
                    isSame(one.meta, meta) ? { ...one, externalTrafficPolicy: 'Cluster' } : one,
                  ),
                }),
              },
            ]
          : []),
        {
          text: `remove ${formatIp(ip)} from status.loadBalancer.ingress`,
          apply: (all) => ({
            ...all,
            services: all.services.map((one) =>
              isSame(one.meta, meta)
                ? { ...one, loadBalancerIngress: one.loadBalancerIngress.filter((own) => own.ip !== ip) }
                : one,
            ),
          }),
        },
      ],
      touches: ({ destination, source, nodes }) =>
        destination === ip || source === ip || (mode === 'ipvs' && nodes.has(node.meta.name)),
    },
  ];
}

/** Two nodes that tell flannel's peers one address (PW319): what is sent to the one's pods goes to the other. */
export function publicAddressConflicts(objects: ClusterObjects): Conflict[] {
  const { nodes, flannel, topology } = objects;
  // host-gw refuses such annotations itself (PW432).
  if (flannel.backend.type === 'host-gw') return [];
  const holders = new Map<Ip, Node>();
  const found: Conflict[] = [];
  for (const { node, families } of leasesOf(nodes, flannel, topology).leases.values()) {
    for (const { publicIp, interfaceIp } of families.values()) {
      const first = holders.get(publicIp);
      if (first === undefined) {
        holders.set(publicIp, node);
        continue;
      }
      // At fault is the one whose own address it is not.
      const wrong = publicIp === interfaceIp ? first : node;
      const other = wrong === node ? first : node;
      found.push(twice(wrong, other, publicIp));
    }
  }
  return found;
}

const ANNOTATIONS: readonly string[] = ['public-ip-overwrite', 'public-ip', 'node-public-ip'].flatMap(
  (name) => [name, name.replace('ip', 'ipv6')].map((one) => `flannel.alpha.coreos.com/${one}`),
);

function twice(node: Node, other: Node, ip: Ip): Conflict {
  const written =
    ANNOTATIONS.find((name) => node.meta.annotations.get(name) === formatIp(ip)) ?? ANNOTATIONS[0] ?? '';
  return {
    code: 'PW319',
    severity: 'warning',
    kind: 'Node',
    meta: node.meta,
    path: ['metadata', 'annotations', written],
    field: `metadata.annotations[${written}]`,
    what: `${formatIp(ip)} is also what Node ${other.meta.name} tells its peers: packets for the pods of one go to the other`,
    fix: 'write the address by which peers reach this node, or remove the annotation',
    edits: [
      {
        text: `remove the annotation ${written}`,
        apply: (all) => ({
          ...all,
          nodes: all.nodes.map((one) =>
            one.meta.name === node.meta.name
              ? {
                  ...one,
                  meta: {
                    ...one.meta,
                    annotations: new Map(
                      [...one.meta.annotations].filter(([name]) => !ANNOTATIONS.includes(name)),
                    ),
                  },
                }
              : one,
          ),
        }),
      },
    ],
    wide: true,
    touches: ({ nodes }) => nodes.size > 0,
  };
}
