import { familyOf } from '../../addr/index.ts';
import {
  type ClusterObjects,
  clusterDnsAddress,
  clusterDnsService,
  type Deployment,
  type Meta,
  type Service,
  type ServicePort,
} from '../../k8s/index.ts';

const NAMESPACE = 'kube-system';
const LABELS: ReadonlyMap<string, string> = new Map([['k8s-app', 'kube-dns']]);

/**
 * The objects with what kubeadm installs for DNS: the Service kube-system/kube-dns and a Deployment of two CoreDNS.
 * A cluster that has such a Service keeps what it has; so do CoreDNS pods that only lack it. To be called on objects as
 * they were loaded: what is added stands last, and moves nothing else.
 */
export function withDns(objects: ClusterObjects): ClusterObjects {
  if (clusterDnsService(objects) !== undefined) return objects;
  const services = [...objects.services, kubeDns(objects)];
  return hasCoreDns(objects)
    ? { ...objects, services }
    : { ...objects, services, workloads: [...objects.workloads, COREDNS] };
}

function hasCoreDns({ pods, workloads }: ClusterObjects): boolean {
  const isCoreDns = ({ namespace }: Meta, labels: ReadonlyMap<string, string>): boolean =>
    namespace === NAMESPACE && labels.get('k8s-app') === 'kube-dns';
  return (
    pods.some(({ meta }) => isCoreDns(meta, meta.labels)) ||
    workloads.some(({ meta, template }) => isCoreDns(meta, template.labels))
  );
}

function metaOf(name: string): Meta {
  return {
    name,
    namespace: NAMESPACE,
    labels: LABELS,
    annotations: new Map(),
    ownerReferences: [],
    deleting: false,
  };
}

function kubeDns(objects: ClusterObjects): Service {
  const address = clusterDnsAddress(objects);
  return {
    kind: 'Service',
    meta: metaOf('kube-dns'),
    type: 'ClusterIP',
    clusterIPs: [address],
    headless: false,
    ipFamilies: [familyOf(address)],
    selector: LABELS,
    ports: [port('dns', 'UDP', 53), port('dns-tcp', 'TCP', 53), port('metrics', 'TCP', 9153)],
    externalIPs: [],
    externalName: '',
    loadBalancerIngress: [],
    loadBalancerSourceRanges: [],
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    sessionAffinity: 'None',
    sessionAffinityTimeout: 10800,
    healthCheckNodePort: 0,
    publishNotReadyAddresses: false,
  };
}

function port(name: string, protocol: ServicePort['protocol'], number: number): ServicePort {
  return { name, protocol, port: number, targetPort: number, nodePort: 0 };
}

/** cmd/kubeadm/app/phases/addons/dns/manifests.go CoreDNSDeployment, as far as the network sees it. */
const COREDNS: Deployment = {
  kind: 'Deployment',
  meta: metaOf('coredns'),
  replicas: 2,
  selector: { matchLabels: LABELS, matchExpressions: [] },
  template: {
    labels: LABELS,
    annotations: new Map(),
    hash: '7db6d8ff4d',
    spec: {
      nodeName: '',
      hostNetwork: false,
      containers: ['coredns'],
      ports: [
        containerPort('dns', 'UDP', 53),
        containerPort('dns-tcp', 'TCP', 53),
        containerPort('metrics', 'TCP', 9153),
      ],
      nodeSelector: new Map(),
      tolerations: [
        { key: 'CriticalAddonsOnly', operator: 'Exists', value: '', effect: '' },
        { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', value: '', effect: 'NoSchedule' },
      ],
      hostname: '',
      subdomain: '',
      serviceAccountName: 'coredns',
      dnsPolicy: 'Default',
    },
  },
};

function containerPort(
  name: string,
  protocol: ServicePort['protocol'],
  number: number,
): Deployment['template']['spec']['ports'][number] {
  return { container: 'coredns', name, containerPort: number, protocol, hostPort: 0 };
}
