import { type Cidr, cidr, containsCidr, formatCidr, sameCidr } from '../../addr/index.ts';
import type { ClusterObjects, Diagnostic, FlannelConfig, KubeProxyConfig, Node } from '../../k8s/index.ts';
import { at } from './completion.ts';
import { coveringPrefix, subnetPool } from './subnets.ts';

const DEFAULT_POD_NETWORK: Cidr = cidr('10.244.0.0/16');
/** kubeadm's habit: the cluster's IPv6 pod network is a /56 or larger, a node's part of it a /64. */
const IPV6_CLUSTER_LENGTH = 56;
const IPV4_CLUSTER_LENGTH = 16;

const isV4 = (c: Cidr): boolean => typeof c.base === 'number';
const isV6 = (c: Cidr): boolean => typeof c.base === 'bigint';

/**
 * The pod network of the cluster: flannel's Network when a configuration states one, kube-proxy's clusterCIDR
 * when that is stated and holds every node's CIDR, else what the nodes' CIDRs have in common, else 10.244.0.0/16.
 */
export function completeFlannel(objects: ClusterObjects, nodes: readonly Node[]): FlannelConfig {
  const { flannel } = objects;
  if (flannel.source !== undefined || !sameCidr(flannel.network, DEFAULT_POD_NETWORK)) return flannel;
  const given = nodes.flatMap((n) => n.podCIDRs);
  const v4 = given.filter(isV4);
  const v6 = given.filter(isV6);
  const stated = objects.kubeProxy.source === undefined ? [] : objects.kubeProxy.clusterCIDR;
  const network = inferNetwork(v4, stated.filter(isV4), DEFAULT_POD_NETWORK, IPV4_CLUSTER_LENGTH);
  const ipv6Network =
    flannel.ipv6Network ??
    (v6.length === 0 ? undefined : inferNetwork(v6, stated.filter(isV6), undefined, IPV6_CLUSTER_LENGTH));
  return {
    ...flannel,
    ...(network === undefined ? {} : { network }),
    ...(ipv6Network === undefined ? {} : { ipv6Network }),
    enableIPv4: flannel.enableIPv4 && (v4.length > 0 || v6.length === 0),
    enableIPv6: flannel.enableIPv6 || v6.length > 0,
  };
}

function inferNetwork(
  cidrs: readonly Cidr[],
  stated: readonly Cidr[],
  usual: Cidr | undefined,
  longest: number,
): Cidr | undefined {
  const holdsAll = (c: Cidr): boolean => cidrs.every((x) => containsCidr(c, x));
  return (
    stated.find(holdsAll) ?? (usual !== undefined && holdsAll(usual) ? usual : coveringPrefix(cidrs, longest))
  );
}

/** kube-proxy's clusterCIDR follows the pod network where no configuration of its own was given. */
export function completeKubeProxy(config: KubeProxyConfig, flannel: FlannelConfig): KubeProxyConfig {
  const [only, ...more] = config.clusterCIDR;
  const untouched = only !== undefined && more.length === 0 && sameCidr(only, DEFAULT_POD_NETWORK);
  if (config.source !== undefined || !untouched) return config;
  const clusterCIDR = [
    ...(flannel.enableIPv4 ? [flannel.network] : []),
    ...(flannel.enableIPv6 && flannel.ipv6Network !== undefined ? [flannel.ipv6Network] : []),
  ];
  return { ...config, clusterCIDR };
}

/** Gives every node without podCIDR the subnet of its position; PW406 when the network has none left. */
export function completePodCidrs(
  nodes: readonly Node[],
  flannel: FlannelConfig,
  diagnostics: Diagnostic[],
): readonly Node[] {
  if (nodes.every((n) => n.podCIDRs.length > 0)) return nodes;
  const taken = nodes.flatMap((n) => n.podCIDRs);
  const pools = [
    ...(flannel.enableIPv4
      ? [
          subnetPool(
            {
              network: flannel.network,
              length: flannel.subnetLen,
              ...(flannel.subnetMin === undefined ? {} : { min: flannel.subnetMin }),
              ...(flannel.subnetMax === undefined ? {} : { max: flannel.subnetMax }),
            },
            taken.filter(isV4),
          ),
        ]
      : []),
    ...(flannel.enableIPv6 && flannel.ipv6Network !== undefined
      ? [
          subnetPool(
            {
              network: flannel.ipv6Network,
              length: flannel.ipv6Network.length <= 62 ? 64 : flannel.ipv6Network.length + 2,
            },
            taken.filter(isV6),
          ),
        ]
      : []),
  ];
  return nodes.map((node, i) => {
    if (node.podCIDRs.length > 0) return node;
    const podCIDRs = pools.map((pool) => pool.take(i + 1)).filter((c) => c !== undefined);
    if (podCIDRs.length < pools.length) {
      diagnostics.push({
        severity: 'error',
        code: 'PW406',
        message: `no subnet of /${flannel.subnetLen} is left in ${formatCidr(flannel.network)} for Node ${node.meta.name}`,
        fix: 'set spec.podCIDR, or a larger Network or longer SubnetLen in kube-flannel-cfg',
        ...at(node.meta, 'spec'),
      });
    }
    return { ...node, podCIDRs };
  });
}
