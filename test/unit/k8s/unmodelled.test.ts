import { describe, expect, test } from 'vitest';
import { loadCluster } from '../../../src/k8s/index.ts';
import { UNMODELLED_KINDS, unmodelledRow } from '../../../src/k8s/unmodelled/kinds.ts';
import { diagnose, loadFine } from './fixtures.ts';

function object(apiVersion: string, kind: string, name: string, rest = ''): string {
  return `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name} }\n${rest}\n`;
}

/** Warnings, as `PW223 message`. */
function warnings(text: string): string[] {
  return diagnose(text)
    .filter(({ severity }) => severity !== 'note')
    .map(({ severity, code, message }) => `${severity} ${code} ${message}`);
}

function agent(kind: string, name: string, container: string): string {
  return object(
    'apps/v1',
    kind,
    name,
    `spec: { selector: { matchLabels: { app: a } }, template: { metadata: { labels: { app: a } }, spec: { hostNetwork: true, containers: [${container}] } } }`,
  );
}

describe('kinds that bear on the network and are not walked', () => {
  test.each([
    ['policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy', 'decide before NetworkPolicies'],
    ['policy.networking.k8s.io/v1alpha1', 'BaselineAdminNetworkPolicy', 'decide before NetworkPolicies'],
    ['policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', 'decide before NetworkPolicies'],
    ['projectcalico.org/v3', 'NetworkPolicy', 'may allow or deny'],
    ['crd.projectcalico.org/v1', 'GlobalNetworkPolicy', 'may allow or deny'],
    ['projectcalico.org/v3', 'StagedNetworkPolicy', 'count what they would deny'],
    ['crd.projectcalico.org/v1', 'IPPool', 'give pods their addresses'],
    ['crd.projectcalico.org/v1', 'BGPPeer', 'routes, tunnels and rules'],
    ['cilium.io/v2', 'CiliumNetworkPolicy', 'may allow or deny'],
    ['cilium.io/v2', 'CiliumEgressGatewayPolicy', 'leaves by their own node'],
    ['cilium.io/v2alpha1', 'CiliumLoadBalancerIPPool', 'status.loadBalancer'],
    ['crd.antrea.io/v1beta1', 'ClusterNetworkPolicy', 'may allow or deny'],
    ['security.istio.io/v1', 'AuthorizationPolicy', 'proxies of a mesh'],
    ['networking.istio.io/v1beta1', 'VirtualService', 'proxies of a mesh'],
    ['policy.linkerd.io/v1beta1', 'Server', 'proxies of a mesh'],
    ['gateway.networking.k8s.io/v1', 'HTTPRoute', 'ways in by host and path'],
    ['metallb.io/v1beta1', 'L2Advertisement', 'first eligible node answers ARP'],
    ['metallb.io/v1beta2', 'BGPPeer', 'have routers send to every node'],
    ['k8s.cni.cncf.io/v1', 'NetworkAttachmentDefinition', 'one device, eth0'],
    ['networking.k8s.io/v1', 'ServiceCIDR', 'ranges that clusterIPs come from'],
    ['multicluster.x-k8s.io/v1alpha1', 'ServiceImport', 'several clusters'],
    ['route.openshift.io/v1', 'Route', 'ways in by host and path'],
    ['k8s.ovn.org/v1', 'EgressFirewall', 'may deny what pods send'],
    ['kubeovn.io/v1', 'Vpc', 'routes, tunnels and rules'],
    ['networking.k8s.io/v1', 'Ingress', 'ways in by host and path'],
  ])('%s %s is named, with what that means', (apiVersion, kind, means) => {
    const [only, ...more] = warnings(object(apiVersion, kind, 'one'));
    expect(more).toEqual([]);
    expect(only).toContain(`not modelled: 1 ${kind} of `);
    expect(only).toContain(`(${apiVersion.split('/')[0]}): they `);
    expect(only).toContain(means);
  });

  test('are named once, with their number', () => {
    const text = [1, 2, 3].map((n) => object('projectcalico.org/v3', 'NetworkPolicy', `p${n}`)).join('');
    expect(warnings(`${text}${object('projectcalico.org/v3', 'GlobalNetworkPolicy', 'g')}`)).toEqual([
      'warning PW223 not modelled: 3 NetworkPolicy, 1 GlobalNetworkPolicy of Calico (projectcalico.org): they may allow or deny what is shown otherwise here; only NetworkPolicies of networking.k8s.io are enforced',
    ]);
  });

  test('have the names that kinds of Kubernetes have, under any version, and are no mistake', () => {
    const foreign = [
      object('projectcalico.org/v9', 'NetworkPolicy', 'a'),
      object('serving.knative.dev/v1', 'Service', 'a'),
      object('example.com/v1', 'Node', 'a'),
      object('acme.k8s.io/v1', 'Pod', 'a'),
    ].join('');
    const { ignored, networkPolicies, services, pods } = loadFine(foreign);
    expect([networkPolicies, services, pods]).toEqual([[], [], []]);
    expect([...ignored.keys()]).toEqual([
      'NetworkPolicy.projectcalico.org',
      'Service.serving.knative.dev',
      'Node.example.com',
      'Pod.acme.k8s.io',
    ]);
  });

  test('a group that is nearly that of a kind that is read is asked about', () => {
    expect(warnings(object('networking.k8.io/v1', 'NetworkPolicy', 'a'))).toEqual([
      'warning PW111 nothing reads the kind "NetworkPolicy" of "networking.k8.io/v1": the object is ignored',
    ]);
  });

  test('a list of them counts its items', () => {
    const text =
      'apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicyList\nitems: [{ metadata: { name: a } }, { metadata: { name: b } }]';
    expect(warnings(text)[0]).toContain('not modelled: 2 CiliumNetworkPolicy of Cilium');
  });

  test('kinds that do not bear on it are a note with their numbers', () => {
    const text = `${object('v1', 'Secret', 'a')}${object('v1', 'Secret', 'b')}${object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'networkpolicies.crd.projectcalico.org')}`;
    expect(diagnose(text).map(({ severity, code, message }) => [severity, code, message])).toEqual([
      ['note', 'PW229', 'nothing reads these: 2 Secret, 1 CustomResourceDefinition'],
    ]);
  });

  test('no row of the table is hidden by one before it', () => {
    const hidden = UNMODELLED_KINDS.filter((row) => {
      const [group = ''] = row.groups.split(' ');
      return row.kinds
        .split(' ')
        .some((kind) => unmodelledRow(kind === '*' ? 'Anything' : kind, group.replace(/^\./, 'a.')) !== row);
    });
    expect(hidden).toEqual([]);
  });
});

describe("networks that are not flannel's", () => {
  test.each([
    ['calico-node', 'docker.io/calico/node:v3.27.0', 'Calico'],
    ['cilium', 'quay.io/cilium/cilium:v1.15.1@sha256:abc', 'Cilium'],
    ['aws-node', '602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.16.0', "AWS' VPC plugin"],
    ['weave-net', 'weaveworks/weave-kube:2.8.1', 'Weave Net'],
    ['antrea-agent', 'antrea/antrea-agent-ubuntu:v2.0', 'Antrea'],
    ['kindnet', 'docker.io/kindest/kindnetd:v20240202', 'kindnet'],
    ['ovnkube-node', 'ghcr.io/ovn-org/ovn-kubernetes/ovn-kube-ubuntu:master', 'OVN-Kubernetes'],
    ['kube-ovn-cni', 'docker.io/kubeovn/kube-ovn:v1.12.0', 'Kube-OVN'],
    ['azure-npm', 'mcr.microsoft.com/containernetworking/azure-npm:v1.5', "Azure's network plugin"],
  ])('%s is known by its name, and by its image %s', (name, image, of) => {
    const named = warnings(agent('DaemonSet', name, '{ name: c, image: example.com/mirror }'));
    const imaged = warnings(agent('DaemonSet', 'agent', `{ name: c, image: "${image}" }`));
    expect(named[0]).toContain(
      `PW224 the walk is flannel's, this cluster's is not: ${of} is here (DaemonSet default/${name})`,
    );
    expect(imaged[0]).toContain(`: ${of} is here (DaemonSet default/agent)`);
  });

  test('one is told once, with the first of what gives it away, and that flannel is there too', () => {
    const config = object('v1', 'ConfigMap', 'calico-config', 'data: {}');
    const flannel = agent('DaemonSet', 'kube-flannel-ds', '{ name: c, image: docker.io/flannel/flannel }');
    const told = warnings(agent('DaemonSet', 'calico-node', '{ name: c, image: a }') + config + flannel);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(
      'Calico is here (DaemonSet default/calico-node, ConfigMap default/calico-config), beside flannel',
    );
  });

  test('their pods and their configurations will do', () => {
    const pod = (name: string): string =>
      object(
        'v1',
        'Pod',
        name,
        'spec: { hostNetwork: true, nodeName: node1, containers: [{ name: c, image: a }] }',
      );
    expect(warnings(pod('kindnet-x7k2p') + pod('kindnet-b4hq9'))).toHaveLength(1);
    expect(warnings(object('operator.tigera.io/v1', 'Installation', 'default'))[0]).toContain(
      'Calico is here (Installation default)',
    );
    expect(warnings(object('v1', 'ConfigMap', 'antrea-config-9c7h568bgf', 'data: {}'))[0]).toContain(
      'Antrea is here (ConfigMap default/antrea-config-9c7h568bgf)',
    );
  });

  test('a program that is only called like one is none', () => {
    expect(
      warnings(agent('Deployment', 'cilium-test', '{ name: c, image: example.com/notcilium/cilium-web }')),
    ).toEqual([]);
  });

  test("Canal is flannel's routes with Calico's policies, and its net-conf.json is flannel's", () => {
    const text =
      agent(
        'DaemonSet',
        'canal',
        '{ name: a, image: calico/node:v3 }, { name: b, image: flannel/flannel:v0.24 }',
      ) +
      object(
        'v1',
        'ConfigMap',
        'canal-config',
        `data: { net-conf.json: '{"Network": "10.99.0.0/16", "Backend": {"Type": "vxlan"}}' }`,
      );
    const told = warnings(text);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('Canal is here (DaemonSet default/canal, ConfigMap default/canal-config)');
    expect(told[0]).toContain("policies are Calico's chains");
    expect(loadFine(text).flannel.network).toEqual({ base: 10 * 2 ** 24 + 99 * 2 ** 16, length: 16 });
  });

  test('kube-router beside flannel, for policies alone, is what is walked', () => {
    const args = (...off: string[]): string =>
      agent(
        'DaemonSet',
        'kube-router',
        `{ name: c, image: docker.io/cloudnativelabs/kube-router:v2, args: [${off.map((one) => `--${one}=false`).join(', ')}] }`,
      );
    const codes = (...off: string[]): string[] => warnings(args(...off)).map((told) => told.slice(8, 13));
    expect(codes('run-router', 'run-service-proxy')).toEqual([]);
    expect(codes('run-router')).toEqual(['PW225']);
    expect(codes()).toEqual(['PW224', 'PW225']);
    // Only routers outside learn addresses from it; pods stay on what CNI plugin they have.
    expect(codes('run-service-proxy', 'enable-cni', 'enable-ibgp')).toEqual([]);
    expect(codes('run-service-proxy', 'enable-cni')).toEqual(['PW224']);
  });

  test.each([
    [
      object('v1', 'ConfigMap', 'cilium-config', 'data: { kube-proxy-replacement: "true" }'),
      'kube-proxy-replacement: true',
    ],
    [
      object(
        'operator.tigera.io/v1',
        'Installation',
        'default',
        'spec: { calicoNetwork: { linuxDataplane: BPF } }',
      ),
      'linuxDataplane: BPF',
    ],
    [
      agent(
        'DaemonSet',
        'calico-node',
        '{ name: c, image: a, env: [{ name: FELIX_BPFENABLED, value: "true" }] }',
      ),
      'FELIX_BPFENABLED',
    ],
  ])('what replaces kube-proxy is told besides', (text, how) => {
    const told = warnings(text);
    expect(told.map((one) => one.slice(8, 13))).toEqual(['PW224', 'PW225']);
    expect(told[1]).toContain(how);
  });

  test('what runs beside a pod network is told as what it adds', () => {
    expect(warnings(agent('DaemonSet', 'kube-multus-ds', '{ name: c, image: a }'))).toEqual([
      'warning PW226 not modelled: Multus (DaemonSet default/kube-multus-ds): pods may have further devices beside eth0; here they have eth0 alone',
    ]);
  });

  test("pods' addresses are no mistake there", () => {
    const text =
      agent('DaemonSet', 'calico-node', '{ name: c, image: a }') +
      'apiVersion: v1\nkind: Node\nmetadata: { name: n1 }\nspec: { podCIDR: 10.244.1.0/24 }\n'.replace(
        /^/,
        '---\n',
      ) +
      object(
        'v1',
        'Pod',
        'web',
        'spec: { nodeName: n1, containers: [{ name: c, image: a }] }\nstatus: { podIP: 192.168.219.70 }',
      );
    const { objects, diagnostics } = loadCluster([{ file: 'test.yaml', text }]);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(objects.otherNetwork).toBe('Calico');
    expect(diagnostics.map(({ code }) => code)).toContain('PW227');
  });
});
