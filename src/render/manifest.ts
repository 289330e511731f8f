import { formatCidr, formatIp } from '../addr/index.ts';
import type { ContainerStatus, EndpointSlice, Node, Pod, Service } from '../k8s/index.ts';
import type { Endpoints, EndpointsAddress } from './endpoints.ts';
import { compact, type Manifest, metadata, podSpecManifest } from './manifest-parts.ts';
import { policyManifest } from './manifest-policy.ts';
import { workloadManifest } from './manifest-workload.ts';
import type { ListedObject } from './objects.ts';

export function manifestOf(object: ListedObject): Manifest {
  switch (object.kind) {
    case 'Node':
      return nodeManifest(object);
    case 'Pod':
      return podManifest(object);
    case 'Service':
      return serviceManifest(object);
    case 'EndpointSlice':
      return sliceManifest(object);
    case 'Namespace':
      return { apiVersion: 'v1', kind: 'Namespace', metadata: metadata(object.meta) };
    case 'NetworkPolicy':
      return policyManifest(object);
    case 'Endpoints':
      return endpointsManifest(object);
    case 'Deployment':
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Job':
      return workloadManifest(object);
  }
}

function nodeManifest(node: Node): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: metadata(node.meta),
    spec: compact({
      podCIDR: node.podCIDRs[0] === undefined ? undefined : formatCidr(node.podCIDRs[0]),
      podCIDRs: node.podCIDRs.map(formatCidr),
      taints: node.taints.map((taint) => compact({ ...taint })),
      unschedulable: node.unschedulable || undefined,
    }),
    status: {
      addresses: node.internalIPs.map((ip) => ({ type: 'InternalIP', address: formatIp(ip) })),
      conditions: [{ type: 'Ready', status: node.ready ? 'True' : 'False' }],
    },
  };
}

function podManifest(pod: Pod): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(pod.meta),
    spec: podSpecManifest(pod),
    status: compact({
      phase: pod.phase,
      podIP: pod.podIPs[0] === undefined ? undefined : formatIp(pod.podIPs[0]),
      podIPs: pod.podIPs.map((ip) => ({ ip: formatIp(ip) })),
      hostIP: pod.hostIPs?.[0] === undefined ? undefined : formatIp(pod.hostIPs[0]),
      hostIPs: pod.hostIPs?.map((ip) => ({ ip: formatIp(ip) })),
      reason: pod.status?.reason,
      message: pod.status?.message,
      conditions: podConditions(pod),
      initContainerStatuses: pod.status?.initContainers.map(containerStatus),
      containerStatuses: pod.status?.containers.map(containerStatus),
    }),
  };
}

function podConditions({ ready, status, unscheduled }: Pod): Manifest[] {
  return [
    { type: 'Ready', status: ready ? 'True' : 'False' },
    ...(status?.initialized === true ? [{ type: 'Initialized', status: 'True' }] : []),
    ...(unscheduled === undefined
      ? []
      : [
          compact({
            type: 'PodScheduled',
            status: 'False',
            reason: unscheduled.reason,
            message: unscheduled.message,
          }),
        ]),
  ];
}

function containerStatus({ name, ready, started, restarts, state }: ContainerStatus): Manifest {
  const { kind, ...what } = state;
  return {
    name,
    ready,
    started,
    restartCount: restarts,
    state: kind === 'none' ? {} : { [kind]: compact(what) },
  };
}

function serviceManifest(service: Service): Manifest {
  const clusterIPs = service.headless ? ['None'] : service.clusterIPs.map(formatIp);
  const exposed = service.type === 'NodePort' || service.type === 'LoadBalancer';
  const named = service.type === 'ExternalName';
  return compact({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(service.meta),
    spec: compact({
      type: service.type,
      clusterIP: clusterIPs[0],
      clusterIPs,
      ipFamilies: named ? undefined : service.ipFamilies.map((family) => `IPv${family}`),
      selector: service.selector === undefined ? undefined : Object.fromEntries(service.selector),
      ports: service.ports.map(({ nodePort, ...port }) =>
        compact({ ...port, nodePort: nodePort === 0 ? undefined : nodePort }),
      ),
      externalIPs: service.externalIPs.map(formatIp),
      externalName: service.externalName,
      loadBalancerSourceRanges: service.loadBalancerSourceRanges.map(formatCidr),
      externalTrafficPolicy: exposed ? service.externalTrafficPolicy : undefined,
      internalTrafficPolicy: named ? undefined : service.internalTrafficPolicy,
      sessionAffinity: service.sessionAffinity,
      sessionAffinityConfig:
        service.sessionAffinity === 'ClientIP'
          ? { clientIP: { timeoutSeconds: service.sessionAffinityTimeout } }
          : undefined,
      healthCheckNodePort: service.healthCheckNodePort === 0 ? undefined : service.healthCheckNodePort,
      publishNotReadyAddresses: service.publishNotReadyAddresses || undefined,
      trafficDistribution: service.trafficDistribution,
    }),
    status:
      service.loadBalancerIngress.length === 0
        ? undefined
        : {
            loadBalancer: {
              ingress: service.loadBalancerIngress.map(({ ip, hostname, ipMode }) =>
                compact({
                  ip: ip === undefined ? undefined : formatIp(ip),
                  hostname,
                  ipMode: ip === undefined ? undefined : ipMode,
                }),
              ),
            },
          },
  });
}

function sliceManifest(slice: EndpointSlice): Manifest {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(slice.meta),
    addressType: slice.addressType,
    ports: slice.ports.map(({ name, protocol, port, appProtocol }) => ({
      ...compact({ protocol, port, appProtocol }),
      ...(name === undefined ? {} : { name }),
    })),
    endpoints: slice.endpoints.map((endpoint) =>
      compact({
        addresses: endpoint.addresses.map(formatIp),
        conditions: { ready: endpoint.ready, serving: endpoint.serving, terminating: endpoint.terminating },
        hostname: endpoint.hostname,
        nodeName: endpoint.nodeName,
        zone: endpoint.zone,
        hints: compact({
          forZones: endpoint.zoneHints?.map((name) => ({ name })) ?? [],
          forNodes: endpoint.nodeHints?.map((name) => ({ name })) ?? [],
        }),
        targetRef: endpoint.targetRef === undefined ? undefined : compact({ ...endpoint.targetRef }),
      }),
    ),
  };
}

function endpointsManifest({ meta, subsets }: Endpoints): Manifest {
  const address = ({ ip, endpoint }: EndpointsAddress): Manifest =>
    compact({
      ip: formatIp(ip),
      hostname: endpoint.hostname,
      nodeName: endpoint.nodeName,
      targetRef: endpoint.targetRef === undefined ? undefined : compact({ ...endpoint.targetRef }),
    });
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: metadata(meta),
    subsets: subsets.map(({ addresses, notReadyAddresses, ports }) =>
      compact({
        addresses: addresses.map(address),
        notReadyAddresses: notReadyAddresses.map(address),
        ports: ports.map((port) => compact({ ...port })),
      }),
    ),
  };
}
