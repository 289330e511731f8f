import { type Cidr, cidrOf, formatCidr } from '../addr/index.ts';
import { coreDnsFiles } from './corefile/coredns-files.ts';
import { coreDnsProgram } from './corefile/coredns-program.ts';
import { readNodeLocalDns } from './corefile/node-local-dns.ts';
import { readCorefile } from './corefile/read-corefile.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import { at, type Field, pathText, type Report, rootField } from './field.ts';
import { decodeFlannelConfig } from './kinds/flannel-config.ts';
import { decodeKubeProxyConfiguration } from './kinds/kube-proxy-configuration.ts';
import { decodeKubeletConfiguration } from './kinds/kubelet-configuration.ts';
import {
  type CniConfig,
  type CoreDnsConfig,
  type FlannelConfig,
  isFinished,
  type KubeletConfig,
  type KubeProxyConfig,
  type NodeLocalDnsConfig,
  type Topology,
  type TopologyHost,
} from './objects.ts';
import { DEFAULT_LAN, DEFAULT_POD_NETWORK, inferLans, inferPodNetwork } from './ranges.ts';
import { applySettings, type Setting } from './settings.ts';
import { flanneldMasquerades, settleCni } from './settle-cni.ts';

/** The cluster-wide configuration, given or assumed. */
export interface Settled {
  readonly kubeProxy: KubeProxyConfig;
  readonly flannel: FlannelConfig;
  /** Whether net-conf.json or `--set` names the Network: an address outside it is then an error. */
  readonly networkStated: boolean;
  /** kube-proxy's clusterCIDR where the input states it: a pod outside is a warning. */
  readonly podRanges: readonly Cidr[];
  readonly topology: Topology;
  readonly networksStated: boolean;
  /** Undefined: none was given. */
  readonly cni?: CniConfig;
  readonly coreDns?: CoreDnsConfig;
  readonly nodeLocalDns?: NodeLocalDnsConfig;
  /** Undefined: none was given. */
  readonly kubelet?: KubeletConfig;
}

/** Decodes the configurations with `--set` put in, and fills in what was not given. */
export function settle(draft: Draft, settings: readonly Setting[], diagnostics: Diagnostic[]): Settled {
  const podCIDRs = [...draft.nodes.flatMap((node) => node.object.podCIDRs), ...subnetsOfPods(draft)];
  const ofProxy = settings.filter((setting) => setting.program === 'kube-proxy');
  const ofFlannel = settings.filter((setting) => setting.program === 'flannel');
  const [proxyField] = draft.kubeProxy;
  const [kubeletField] = draft.kubelet;
  const [flannelField] = draft.flannel;

  const kubeProxy = decodeKubeProxyConfiguration(withSettings(proxyField, ofProxy, diagnostics), []);
  const network = inferPodNetwork(4, kubeProxy.clusterCIDR, podCIDRs) ?? DEFAULT_POD_NETWORK;
  const ipv6Network = inferPodNetwork(6, kubeProxy.clusterCIDR, podCIDRs);
  const assumed =
    flannelField ??
    rootField(
      {
        Network: formatCidr(network),
        ...(ipv6Network === undefined ? {} : { EnableIPv6: true, IPv6Network: formatCidr(ipv6Network) }),
        Backend: { Type: 'vxlan' },
      },
      { diagnostics, source: undefined },
    );
  const subnetsServe =
    draft.nodes.length === 0 || draft.nodes.some((node) => node.object.podCIDRs.length === 0);
  const flannel: FlannelConfig = {
    ...decodeFlannelConfig(withSettings(assumed, ofFlannel, diagnostics), network, subnetsServe),
    ...(flanneldMasquerades(draft) ? {} : { ipMasq: false }),
  };
  const clusterCIDRSet = ofProxy.some((setting) => setting.path[0] === 'clusterCIDR');
  const networks: Cidr[] = [
    flannel.network,
    ...(flannel.ipv6Network === undefined ? [] : [flannel.ipv6Network]),
  ];
  const kubelet = kubeletField === undefined ? undefined : decodeKubeletConfiguration(kubeletField);
  const nodeLocalDns = readNodeLocalDns(draft, kubelet?.clusterDomain || 'cluster.local');
  return {
    // kubeadm gives kube-proxy the pod network; a configuration that was given is left as it says.
    kubeProxy:
      proxyField === undefined && !clusterCIDRSet ? { ...kubeProxy, clusterCIDR: networks } : kubeProxy,
    flannel,
    podRanges: proxyField === undefined && !clusterCIDRSet ? [] : kubeProxy.clusterCIDR,
    networkStated: flannelField !== undefined || ofFlannel.some((setting) => setting.path[0] === 'Network'),
    ...settleTopology(draft, diagnostics),
    ...settleCni(draft, flannel),
    ...settleCoreDns(draft),
    ...(kubelet === undefined ? {} : { kubelet }),
    ...(nodeLocalDns === undefined ? {} : { nodeLocalDns }),
  };
}

/** The /24 (IPv6: /64) of each pod on a node whose podCIDR nothing states: the pod network holds it. */
function subnetsOfPods({ nodes, pods }: Draft): Cidr[] {
  const stated = new Set(
    nodes.filter(({ object }) => object.podCIDRs.length > 0).map(({ object }) => object.meta.name),
  );
  const found = new Map<string, Cidr>();
  for (const { object } of pods) {
    if (object.hostNetwork || isFinished(object) || stated.has(object.nodeName)) continue;
    if (object.nodeName === '' && stated.size > 0) continue;
    for (const ip of object.podIPs) {
      const subnet = cidrOf(ip, typeof ip === 'number' ? 24 : 64);
      found.set(`${subnet.base}`, subnet);
    }
  }
  return [...found.values()];
}

function settleCoreDns(draft: Draft): Pick<Settled, 'coreDns'> {
  const [map] = draft.coreDns;
  const field = map === undefined ? undefined : at(map, 'data', 'Corefile');
  if (map === undefined || typeof field?.value !== 'string') return {};
  const files = coreDnsFiles(map, draft.coreDnsCustom);
  const coreDns = readCorefile({ text: field.value, field, files, ...coreDnsProgram(draft) });
  return coreDns === undefined ? {} : { coreDns };
}

/** The data with settings put in, reporting mistakes in them as `--set`'s. */
function withSettings(
  field: Field | undefined,
  settings: readonly Setting[],
  diagnostics: Diagnostic[],
): Field {
  const report: Report = field?.report ?? { diagnostics, source: undefined };
  const texts = new Map(settings.map((setting) => [pathText(setting.path), setting.text]));
  return rootField(applySettings(field?.value ?? {}, settings), { ...report, settings: texts });
}

function settleTopology(
  draft: Draft,
  diagnostics: Diagnostic[],
): Pick<Settled, 'topology' | 'networksStated'> {
  const given = draft.topologies[0]?.object ?? { networks: [], routers: [], hosts: [] };
  const networksStated = given.networks.length > 0;
  const lans = networksStated ? [] : inferLans(draft.nodes.flatMap((node) => node.object.internalIPs));
  const networks = networksStated
    ? given.networks
    : lans.map((lan, i) => ({
        name: lans.length === 1 ? 'lan' : `lan-${i + 1}`,
        cidr: lan.cidr,
        gateway: lan.gateway,
        mtu: 1500,
      }));
  if (
    !networksStated &&
    lans[0]?.cidr !== undefined &&
    (lans.length > 1 || formatCidr(lans[0].cidr) !== formatCidr(DEFAULT_LAN))
  ) {
    const list = networks.map((lan) => formatCidr(lan.cidr)).join(', ');
    diagnostics.push({
      severity: 'note',
      code: 'PW230',
      message: `node networks inferred from the Nodes' InternalIPs: ${list}${lans.length > 1 ? ', joined by one router' : ''}`,
      fix: 'state them in a Topology if they are others',
    });
  }
  const routers =
    networksStated || lans.length < 2
      ? given.routers
      : [{ name: 'router', networks: networks.map((lan) => lan.name) }];
  const [first] = networks;
  const client: TopologyHost | undefined =
    given.hosts.length > 0 || first === undefined
      ? undefined
      : { name: 'client', ip: lans[0]?.client ?? clientOn(first.cidr), network: first.name, listens: [] };
  return {
    networksStated,
    topology: {
      networks,
      routers,
      hosts: client === undefined ? given.hosts : [client],
      ...(given.resolvConf === undefined ? {} : { resolvConf: given.resolvConf }),
      ...(given.breaks === undefined ? {} : { breaks: given.breaks }),
      ...(given.source === undefined ? {} : { source: given.source }),
    },
  };
}

function clientOn(lan: Cidr): TopologyHost['ip'] {
  return typeof lan.base === 'number'
    ? lan.base + Math.min(100, 2 ** (32 - lan.length) - 2)
    : lan.base + 0x100n;
}
