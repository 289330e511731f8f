/**
 * Programs that make another network than the one that is walked, recognised by what their manifests call them. One
 * row is what one warning (PW224) says.
 */
export interface OtherNetwork {
  readonly of: string;
  /** Names of its DaemonSets and Deployments; pods have them with a suffix. */
  readonly programs: string;
  /** Image names without registry and tag; an image fits that ends so. */
  readonly images: string;
  /** Names of its ConfigMaps, also with kustomize's hash behind. */
  readonly configMaps: string;
  /** How its data path differs from what is walked. */
  readonly differs: string;
  /** It runs beside a pod network and adds to it. */
  readonly beside?: true;
  /** It always does kube-proxy's work itself. */
  readonly services?: true;
}

export const CALICO: OtherNetwork = {
  of: 'Calico',
  programs: 'calico-node',
  images: 'calico/node',
  configMaps: 'calico-config',
  differs:
    'each pod hangs on a veth of its own (cali...), without a bridge, with a /32 route; between nodes go BGP routes, IP in IP or VXLAN; its policies are chains cali-...',
};

export const CANAL: OtherNetwork = {
  of: 'Canal',
  programs: 'canal canal-node',
  images: '',
  configMaps: 'canal-config',
  differs:
    "routes and tunnels between nodes are flannel's, as walked; but each pod hangs on a veth of its own (cali...), without a bridge, and policies are Calico's chains, not kube-router's",
};

export const CILIUM: OtherNetwork = {
  of: 'Cilium',
  programs: 'cilium cilium-agent',
  images: 'cilium/cilium cilium/cilium-ci',
  configMaps: 'cilium-config',
  differs:
    'eBPF programs at each veth (lxc...) route, translate and judge, before any rule of iptables; between nodes goes cilium_vxlan, or nothing but routes',
};

export const KUBE_ROUTER: OtherNetwork = {
  of: 'kube-router',
  programs: 'kube-router',
  images: 'cloudnativelabs/kube-router',
  configMaps: 'kube-router-cfg',
  differs:
    'the bridge is kube-bridge, and between nodes go BGP routes or IP in IP; its NetworkPolicies are as walked',
};

export const OTHER_NETWORKS: readonly OtherNetwork[] = [
  CANAL,
  CALICO,
  CILIUM,
  KUBE_ROUTER,
  {
    of: "AWS' VPC plugin",
    programs: 'aws-node',
    images: 'amazon-k8s-cni amazon/aws-vpc-cni',
    configMaps: 'amazon-vpc-cni',
    differs:
      'pods have addresses of the VPC, on veths of their own (eni...), and rules choose the interface that they leave by; nothing is tunnelled',
  },
  {
    of: 'Weave Net',
    programs: 'weave-net',
    images: 'weaveworks/weave-kube weave-kube',
    configMaps: '',
    differs: 'the bridge is weave, between nodes goes its own tunnel, and policies are chains WEAVE-NPC',
  },
  {
    of: 'Antrea',
    programs: 'antrea-agent',
    images: 'antrea/antrea-ubuntu antrea/antrea-agent-ubuntu antrea/antrea-ubi antrea/antrea-agent-ubi',
    configMaps: 'antrea-config',
    differs:
      'flows of Open vSwitch (br-int) route, balance and judge; between nodes goes Geneve (antrea-gw0)',
  },
  {
    of: 'kindnet',
    programs: 'kindnet',
    images: 'kindest/kindnetd kindnetd',
    configMaps: '',
    differs:
      'each pod hangs on a veth of its own, without a bridge; routes between nodes are as those of flannel host-gw, and chain KIND-MASQ-AGENT masquerades',
  },
  {
    of: 'OVN-Kubernetes',
    programs: 'ovnkube-node ovnkube-master ovnkube-control-plane',
    images: 'ovn-kube ovn-kubernetes ovn-kube-ubuntu ovn-kube-fedora',
    configMaps: 'ovnkube-config ovn-config',
    differs: 'flows of Open vSwitch (br-int) route, balance and judge; between nodes goes Geneve',
    services: true,
  },
  {
    of: 'Kube-OVN',
    programs: 'kube-ovn-cni ovs-ovn',
    images: 'kubeovn/kube-ovn',
    configMaps: 'ovn-vpc-nat-config',
    differs: 'flows of Open vSwitch (br-int) route and judge; between nodes goes Geneve, or a VLAN',
  },
  {
    of: "Azure's network plugin",
    programs: 'azure-cni azure-cns azure-npm azure-vnet azure-cni-networkmonitor',
    images: 'azure-npm azure-cns azure-cni',
    configMaps: 'azure-npm-config cns-config',
    differs: 'pods have addresses of the virtual network, and policies are chains AZURE-NPM',
  },
  {
    of: "GKE's network",
    programs: 'anetd netd',
    images: 'gke.gcr.io/netd',
    configMaps: '',
    differs: 'each pod hangs on a veth of its own (gke...), and the VPC has the routes between nodes',
  },
  {
    of: 'Terway',
    programs: 'terway terway-eni terway-eniip',
    images: 'acs/terway',
    configMaps: 'eni-config',
    differs: 'pods have addresses of the VPC; nothing is tunnelled',
  },
  {
    of: 'Romana',
    programs: 'romana-agent',
    images: 'romana/agent',
    configMaps: '',
    differs: 'each pod hangs on a veth of its own, and nodes have plain routes to each other',
  },
  {
    of: 'kube-vip',
    programs: 'kube-vip kube-vip-ds kube-vip-cloud-provider',
    images: 'kube-vip/kube-vip plndr/kube-vip',
    configMaps: 'kubevip',
    differs:
      'its leader puts the addresses of load balancers on its own device and announces them; here the first eligible node does',
    beside: true,
  },
  {
    of: 'Multus',
    programs: 'kube-multus-ds multus kube-multus-ds-amd64',
    images: 'k8snetworkplumbingwg/multus-cni nfvpe/multus',
    configMaps: 'multus-cni-config multus-daemon-config',
    differs: 'pods may have further devices beside eth0; here they have eth0 alone',
    beside: true,
  },
  {
    of: "Istio's node agent",
    programs: 'istio-cni-node ztunnel',
    images: 'istio/install-cni istio/ztunnel',
    configMaps: 'istio-cni-config',
    differs: 'it leads the connections of pods in the mesh to proxies; the walk passes these by',
    beside: true,
  },
  {
    of: "Linkerd's CNI plugin",
    programs: 'linkerd-cni',
    images: 'linkerd/cni-plugin',
    configMaps: 'linkerd-cni-config',
    differs: 'it leads the connections of pods in the mesh to their proxies; the walk passes these by',
    beside: true,
  },
];

/** Whether one of the names fits. */
export function isNamed(names: string, name: string): boolean {
  return names !== '' && names.split(' ').includes(name);
}
