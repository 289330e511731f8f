import { type Cidr, formatCidr, formatIp, type Ip } from '../addr/index.ts';
import { type ClusterObjects, DEFAULT_CNI } from '../k8s/index.ts';
import type { Manifest } from './manifest-parts.ts';

/** Fields of settings that hold an address, which is a number inside. */
const ADDRESSES: ReadonlySet<string> = new Set(['gateway', 'ip', 'subnetMin', 'subnetMax', 'clusterDNS']);

/** The settings of a cluster as plain values with their kinds, for comparing and showing; they do not load again. */
export function settingsManifests({
  kubeProxy,
  flannel,
  cni,
  topology,
  kubelet,
  coreDns,
}: ClusterObjects): Manifest[] {
  return [
    { kind: 'KubeProxyConfiguration', metadata: { name: 'kube-proxy' }, spec: plain(kubeProxy) },
    { kind: 'ConfigMap', metadata: { name: 'kube-flannel-cfg' }, spec: plain(flannel) },
    { kind: 'CniConfiguration', metadata: { name: 'cni-conf.json' }, spec: plain(cni ?? DEFAULT_CNI) },
    ...(kubelet === undefined
      ? []
      : [{ kind: 'KubeletConfiguration', metadata: { name: 'kubelet-config' }, spec: plain(kubelet) }]),
    { kind: 'Topology', metadata: { name: 'topology' }, spec: plain(topology) },
    ...(coreDns === undefined
      ? []
      : [{ kind: 'ConfigMap', metadata: { name: 'coredns' }, spec: plain(coreDns) }]),
  ];
}

function plain(value: unknown, key = ''): unknown {
  if (typeof value === 'bigint') return formatIp(value);
  if (typeof value === 'number') return ADDRESSES.has(key) ? formatIp(value as Ip) : value;
  if (Array.isArray(value)) return value.map((one) => plain(one, key));
  if (typeof value !== 'object' || value === null) return value;
  if (isCidr(value)) return formatCidr(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'source' && name !== 'origin')
      .map(([name, field]) => [name, plain(field, name)]),
  );
}

function isCidr(value: object): value is Cidr {
  return 'base' in value && 'length' in value;
}
