/**
 * Kinds that bear on a cluster's network and that no walk heeds: other people's policies, address pools, routes,
 * meshes and ways in. One row is what one warning (PW223) says; a new kind is a word in a row, or one more row.
 */
export interface UnmodelledKinds {
  /** API groups, without version; one that begins with a dot stands for every group that ends so. */
  readonly groups: string;
  /** `*`: whatever else the groups have. The first row that holds a kind is its row. */
  readonly kinds: string;
  /** Whose they are. */
  readonly of: string;
  /** What they do in a cluster that has them, and what the walk does instead. */
  readonly means: string;
}

const DECIDES =
  'may allow or deny what is shown otherwise here; only NetworkPolicies of networking.k8s.io are enforced';
const ADDRESSES =
  "give pods their addresses; here a pod without status.podIP gets the next of its node's podCIDR";
const ROUTES =
  "set up routes, tunnels and rules between nodes and beyond; the walk takes those of flannel's configuration";
const EGRESS =
  'send what pods send out by other nodes, or with other source addresses; here it leaves by their own node';
const BALANCED = "lead to other backends than kube-proxy's rules do, which are what is walked";
const MESH =
  'rule what the proxies of a mesh do with a connection, and whether they take it; the walk passes them by';
const WAY_IN =
  'are ways in by host and path, which are not walked: trace the Service behind them, from a pod that serves them';
const POOL =
  'give Services of type LoadBalancer their addresses; here they have those of status.loadBalancer alone';
const ANNOUNCES =
  "decide which nodes announce a load balancer's address, and how; here the first eligible node answers ARP for it";
const FURTHER_NETWORKS = 'put pods on further networks; here a pod has one device, eth0';
const NODE_NETWORK = "set the nodes' own devices, addresses and routes; here a node has one device, eth0";
const FAR =
  'join Services of several clusters; here there is one cluster, and what they import has no address';

export const UNMODELLED_KINDS: readonly UnmodelledKinds[] = [
  {
    groups: 'policy.networking.k8s.io',
    kinds: 'AdminNetworkPolicy BaselineAdminNetworkPolicy ClusterNetworkPolicy *',
    of: 'the cluster administrator',
    means:
      'decide before NetworkPolicies (baseline ones after them) what may pass: they may allow or deny what is shown otherwise here',
  },
  {
    groups: 'projectcalico.org .projectcalico.org',
    kinds: 'StagedNetworkPolicy StagedGlobalNetworkPolicy StagedKubernetesNetworkPolicy',
    of: 'Calico',
    means: 'are staged policies: they only count what they would deny; nothing here counts it',
  },
  {
    groups: 'projectcalico.org .projectcalico.org',
    kinds:
      'NetworkPolicy GlobalNetworkPolicy HostEndpoint Tier NetworkSet GlobalNetworkSet Profile WorkloadEndpoint',
    of: 'Calico',
    means: DECIDES,
  },
  {
    groups: 'projectcalico.org .projectcalico.org',
    kinds: 'IPPool IPReservation IPAMBlock IPAMConfig IPAMConfiguration IPAMHandle BlockAffinity',
    of: 'Calico',
    means: `${ADDRESSES}; a pool also says what is tunnelled (ipipMode, vxlanMode) and masqueraded (natOutgoing)`,
  },
  { groups: 'projectcalico.org .projectcalico.org', kinds: '*', of: 'Calico', means: ROUTES },
  { groups: 'operator.tigera.io', kinds: '*', of: "Calico's operator", means: ROUTES },
  {
    groups: 'cilium.io',
    kinds: 'CiliumNetworkPolicy CiliumClusterwideNetworkPolicy CiliumCIDRGroup CiliumIdentity',
    of: 'Cilium',
    means: DECIDES,
  },
  {
    groups: 'cilium.io',
    kinds: 'CiliumEgressGatewayPolicy CiliumEgressNATPolicy',
    of: 'Cilium',
    means: EGRESS,
  },
  {
    groups: 'cilium.io',
    kinds: 'CiliumLocalRedirectPolicy CiliumEnvoyConfig CiliumClusterwideEnvoyConfig',
    of: 'Cilium',
    means: BALANCED,
  },
  { groups: 'cilium.io', kinds: 'CiliumLoadBalancerIPPool', of: 'Cilium', means: POOL },
  {
    groups: 'cilium.io',
    kinds:
      'CiliumL2AnnouncementPolicy CiliumBGPPeeringPolicy CiliumBGPClusterConfig CiliumBGPPeerConfig CiliumBGPAdvertisement CiliumBGPNodeConfig CiliumBGPNodeConfigOverride',
    of: 'Cilium',
    means: ANNOUNCES,
  },
  { groups: 'cilium.io', kinds: 'CiliumPodIPPool', of: 'Cilium', means: ADDRESSES },
  { groups: 'cilium.io', kinds: '*', of: 'Cilium', means: ROUTES },
  {
    groups: 'crd.antrea.io .antrea.tanzu.vmware.com',
    kinds: 'NetworkPolicy ClusterNetworkPolicy Tier Group ClusterGroup',
    of: 'Antrea',
    means: DECIDES,
  },
  {
    groups: 'crd.antrea.io .antrea.tanzu.vmware.com',
    kinds: 'Egress ExternalIPPool',
    of: 'Antrea',
    means: EGRESS,
  },
  { groups: 'crd.antrea.io .antrea.tanzu.vmware.com', kinds: 'IPPool', of: 'Antrea', means: ADDRESSES },
  { groups: 'crd.antrea.io .antrea.io .antrea.tanzu.vmware.com', kinds: '*', of: 'Antrea', means: ROUTES },
  {
    groups: 'k8s.ovn.org',
    kinds: 'EgressFirewall NetworkQoS',
    of: 'OVN-Kubernetes',
    means: 'may deny what pods send to the world outside; here only NetworkPolicies do',
  },
  {
    groups: 'k8s.ovn.org',
    kinds: 'EgressIP EgressService AdminPolicyBasedExternalRoute EgressQoS',
    of: 'OVN-Kubernetes',
    means: EGRESS,
  },
  { groups: 'k8s.ovn.org', kinds: '*', of: 'OVN-Kubernetes', means: FURTHER_NETWORKS },
  {
    groups: 'network.openshift.io',
    kinds: 'EgressNetworkPolicy NetNamespace',
    of: 'OpenShift',
    means: DECIDES,
  },
  { groups: 'network.openshift.io', kinds: '*', of: 'OpenShift', means: ROUTES },
  { groups: 'config.openshift.io operator.openshift.io', kinds: 'Network', of: 'OpenShift', means: ROUTES },
  { groups: 'operator.openshift.io', kinds: 'IngressController', of: 'OpenShift', means: WAY_IN },
  { groups: 'route.openshift.io', kinds: 'Route', of: 'OpenShift', means: WAY_IN },
  { groups: 'kubeovn.io', kinds: 'SecurityGroup', of: 'Kube-OVN', means: DECIDES },
  {
    groups: 'kubeovn.io',
    kinds: 'Subnet IP Vip IPPool',
    of: 'Kube-OVN',
    means: `${ADDRESSES}; a subnet may also be private or masqueraded`,
  },
  { groups: 'kubeovn.io', kinds: '*', of: 'Kube-OVN', means: ROUTES },
  { groups: 'kube-router.io', kinds: '*', of: 'kube-router', means: ROUTES },
  {
    groups: 'networking.k8s.aws',
    kinds: 'PolicyEndpoint ClusterPolicyEndpoint ClusterNetworkPolicy ApplicationNetworkPolicy',
    of: "AWS' VPC plugin",
    means: DECIDES,
  },
  { groups: 'vpcresources.k8s.aws', kinds: 'SecurityGroupPolicy', of: "AWS' VPC plugin", means: DECIDES },
  {
    groups: 'vpcresources.k8s.aws crd.k8s.amazonaws.com',
    kinds: '*',
    of: "AWS' VPC plugin",
    means: ADDRESSES,
  },
  { groups: 'elbv2.k8s.aws', kinds: 'TargetGroupBinding', of: "AWS' load balancers", means: WAY_IN },
  {
    groups: 'networking.gke.io',
    kinds: 'FQDNNetworkPolicy GKENetworkParamSet Network',
    of: 'GKE',
    means: DECIDES,
  },
  { groups: 'acn.azure.com', kinds: '*', of: "Azure's plugin", means: ADDRESSES },
  { groups: 'spiderpool.spidernet.io', kinds: '*', of: 'Spiderpool', means: ADDRESSES },
  { groups: 'egressgateway.spidernet.io', kinds: '*', of: 'EgressGateway', means: EGRESS },
  { groups: 'whereabouts.cni.cncf.io', kinds: '*', of: 'Whereabouts', means: ADDRESSES },
  { groups: 'k8s.cni.cncf.io', kinds: 'MultiNetworkPolicy', of: 'Multus', means: DECIDES },
  { groups: 'k8s.cni.cncf.io', kinds: '*', of: 'Multus', means: FURTHER_NETWORKS },
  { groups: 'sriovnetwork.openshift.io', kinds: '*', of: 'SR-IOV', means: FURTHER_NETWORKS },
  {
    groups: 'nmstate.io',
    kinds: 'NodeNetworkConfigurationPolicy NodeNetworkState',
    of: 'nmstate',
    means: NODE_NETWORK,
  },
  { groups: 'security.istio.io', kinds: '*', of: 'Istio', means: MESH },
  { groups: 'networking.istio.io', kinds: 'Gateway', of: 'Istio', means: WAY_IN },
  { groups: 'networking.istio.io', kinds: '*', of: 'Istio', means: MESH },
  { groups: 'install.istio.io sailoperator.io', kinds: '*', of: 'Istio', means: MESH },
  { groups: 'policy.linkerd.io linkerd.io', kinds: '*', of: 'Linkerd', means: MESH },
  { groups: 'kuma.io', kinds: '*', of: 'Kuma', means: MESH },
  {
    groups: 'consul.hashicorp.com',
    kinds:
      'ServiceIntentions ServiceDefaults ServiceRouter ServiceSplitter ServiceResolver ProxyDefaults Mesh IngressGateway TerminatingGateway',
    of: 'Consul',
    means: MESH,
  },
  {
    groups: 'access.smi-spec.io split.smi-spec.io specs.smi-spec.io .openservicemesh.io',
    kinds: '*',
    of: 'a service mesh',
    means: MESH,
  },
  {
    groups: 'gateway.networking.k8s.io .gateway.networking.k8s.io',
    kinds: '*',
    of: 'Gateway API',
    means: WAY_IN,
  },
  {
    groups: 'gateway.networking.x-k8s.io',
    kinds: '*',
    of: 'Gateway API',
    means: WAY_IN,
  },
  { groups: 'networking.k8s.io extensions', kinds: 'Ingress', of: 'an ingress controller', means: WAY_IN },
  {
    groups: 'traefik.io traefik.containo.us',
    kinds: 'IngressRoute IngressRouteTCP IngressRouteUDP TraefikService',
    of: 'Traefik',
    means: WAY_IN,
  },
  { groups: 'projectcontour.io', kinds: 'HTTPProxy TLSCertificateDelegation', of: 'Contour', means: WAY_IN },
  { groups: 'k8s.nginx.org', kinds: '*', of: 'the NGINX ingress controller', means: WAY_IN },
  { groups: 'configuration.konghq.com', kinds: 'TCPIngress UDPIngress', of: 'Kong', means: WAY_IN },
  { groups: 'getambassador.io', kinds: 'Mapping TCPMapping Host Listener', of: 'Emissary', means: WAY_IN },
  { groups: 'metallb.io', kinds: 'IPAddressPool AddressPool ServiceL2Status', of: 'MetalLB', means: POOL },
  {
    groups: 'metallb.io',
    kinds: 'L2Advertisement',
    of: 'MetalLB',
    means: ANNOUNCES,
  },
  {
    groups: 'metallb.io frrk8s.metallb.io',
    kinds: '*',
    of: 'MetalLB',
    means:
      "have routers send to every node that announces a load balancer's address (BGP); here the first eligible node answers ARP for it",
  },
  { groups: 'purelb.io', kinds: '*', of: 'PureLB', means: POOL },
  { groups: 'network.kubesphere.io', kinds: 'Eip BgpConf BgpPeer', of: 'OpenELB', means: POOL },
  { groups: 'kube-vip.io kubevip.io', kinds: '*', of: 'kube-vip', means: ANNOUNCES },
  {
    groups: 'networking.k8s.io',
    kinds: 'ServiceCIDR',
    of: 'the API server',
    means: 'are the ranges that clusterIPs come from; here the range is inferred from the Services',
  },
  {
    groups: 'networking.k8s.io',
    kinds: 'IPAddress',
    of: 'the API server',
    means: 'are clusterIPs that are taken; here those of the Services in the input are, and no others',
  },
  {
    groups: 'multicluster.x-k8s.io net.gke.io submariner.io lighthouse.submariner.io',
    kinds: '*',
    of: 'several clusters',
    means: FAR,
  },
];

/** The row of a kind; undefined: it does not bear on the network, as far as is known. */
export function unmodelledRow(kind: string, group: string): UnmodelledKinds | undefined {
  return UNMODELLED_KINDS.find(
    (row) =>
      words(row.groups).some((known) => (known.startsWith('.') ? group.endsWith(known) : group === known)) &&
      words(row.kinds).some((known) => known === '*' || known === kind),
  );
}

function words(text: string): string[] {
  return text.split(' ');
}
