import { describe, expect, test } from 'vitest';
import { formatCidr, formatIp, ip } from '../../../src/addr/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';
import { codes, flannel, kubeProxy, loadFine, node, service } from './fixtures.ts';

describe('what the API server defaults is defaulted', () => {
  test('a Service is a ClusterIP Service of TCP ports to the same port, in namespace default', () => {
    const [web] = loadFine(
      service('{ clusterIP: 10.96.0.10, selector: { app: web }, ports: [{ port: 80 }] }'),
    ).services;
    expect(web).toMatchObject({
      meta: { name: 'web', namespace: 'default' },
      type: 'ClusterIP',
      clusterIPs: [ip('10.96.0.10')],
      ipFamilies: [4],
      headless: false,
      ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 80, nodePort: 0 }],
      internalTrafficPolicy: 'Cluster',
      externalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      sessionAffinityTimeout: 10800,
    });
  });

  test('an empty selector is none', () => {
    const [web] = loadFine(service('{ clusterIP: None, selector: {} }')).services;
    expect(web?.selector).toBeUndefined();
    expect(web?.headless).toBe(true);
  });

  test('missing cluster IPs and node ports are allocated, the same for the same name whoever else is there', () => {
    const spec = '{ type: LoadBalancer, externalTrafficPolicy: Local, ports: [{ port: 80 }] }';
    const alone = loadFine(service(spec)).services[0];
    const second = loadFine(`${service(spec, 'other')}---\n${service(spec)}`).services[1];
    expect(second?.clusterIPs).toEqual(alone?.clusterIPs);
    expect(second?.ports).toEqual(alone?.ports);
    expect(alone?.ports[0]?.nodePort).toBeGreaterThanOrEqual(30000);
    expect(alone?.ports[0]?.nodePort).toBeLessThanOrEqual(32767);
    expect(alone?.healthCheckNodePort).toBeGreaterThanOrEqual(30000);
    expect(alone?.healthCheckNodePort).not.toBe(alone?.ports[0]?.nodePort);
    expect(formatIp(alone?.clusterIPs[0] ?? 0)).toMatch(/^10\.(9[6-9]|10\d|11[01])\./);
  });

  test('no two of five hundred Services without addresses get the same one', () => {
    const spec = '{ type: NodePort, ports: [{ port: 80 }] }';
    const { services } = loadFine(
      Array.from({ length: 500 }, (_, i) => service(spec, `s${i}`)).join('---\n'),
    );
    expect(new Set(services.map((s) => s.clusterIPs[0])).size).toBe(500);
    expect(new Set(services.map((s) => s.ports[0]?.nodePort)).size).toBe(500);
  });

  test('a TCP and a UDP port of one number share a node port, as the API server allocates them', () => {
    const spec = '{ type: NodePort, ports: [{ name: a, port: 53 }, { name: b, port: 53, protocol: UDP }] }';
    const ports = loadFine(service(spec)).services[0]?.ports ?? [];
    expect(ports[0]?.nodePort).toBeGreaterThan(0);
    expect(ports[1]?.nodePort).toBe(ports[0]?.nodePort);
  });

  test('allocateLoadBalancerNodePorts false leaves a LoadBalancer without node ports', () => {
    const spec = '{ type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{ port: 80 }] }';
    expect(loadFine(service(spec)).services[0]?.ports[0]?.nodePort).toBe(0);
  });

  test('a second family is allocated only where the cluster has it', () => {
    const spec = '{ ipFamilyPolicy: PreferDualStack, ports: [{ port: 80 }] }';
    expect(loadFine(service(spec)).services[0]?.ipFamilies).toEqual([4]);
    const dual = `apiVersion: v1\nkind: Node\nmetadata: { name: n }\nspec: { podCIDRs: [10.244.1.0/24, "fd00:244:1::/64"] }\n---\n`;
    const [web] = loadFine(dual + service(spec)).services;
    expect(web?.ipFamilies).toEqual([4, 6]);
    expect(web?.clusterIPs.map((one) => typeof one)).toEqual(['number', 'bigint']);
  });

  test('source ranges are trimmed, and an annotation serves where the field is absent', () => {
    const spec =
      '{ type: LoadBalancer, loadBalancerSourceRanges: [" 198.51.100.0/24 "], ports: [{ port: 80 }] }';
    expect(loadFine(service(spec)).services[0]?.loadBalancerSourceRanges).toEqual([
      { base: ip('198.51.100.0'), length: 24 },
    ]);
  });

  test('the status of a Service that is no LoadBalancer is not its', () => {
    const status = 'status: { loadBalancer: { ingress: [{ ip: 203.0.113.1 }] } }\n';
    const spec = (type: string): string => `{ type: ${type}, ports: [{ port: 80 }] }`;
    expect(loadFine(service(spec('LoadBalancer'), 'web', status)).services[0]?.loadBalancerIngress).toEqual([
      { ip: ip('203.0.113.1'), ipMode: 'VIP' },
    ]);
    expect(loadFine(service(spec('NodePort'), 'web', status)).services[0]?.loadBalancerIngress).toEqual([]);
  });

  test('a pod without status runs and is ready; one that is Pending is not', () => {
    const pod = (status: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }] }\n${status}`;
    expect(loadFine(pod('')).pods[0]).toMatchObject({
      phase: 'Running',
      ready: true,
      podIPs: [],
      serviceAccountName: 'default',
      ports: [{ container: 'c', name: '', containerPort: 80, protocol: 'TCP', hostPort: 0 }],
    });
    expect(loadFine(pod('status: { phase: Pending }')).pods[0]?.ready).toBe(false);
    const unready = 'status: { phase: Running, conditions: [{ type: Ready, status: "False" }] }';
    expect(loadFine(pod(unready)).pods[0]?.ready).toBe(false);
  });

  test('ports of sidecars count, those of other init containers do not', () => {
    const text =
      'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  containers: [{ name: c }]\n  initContainers:\n  - { name: i, ports: [{ containerPort: 1 }] }\n  - { name: s, restartPolicy: Always, ports: [{ containerPort: 2 }] }\n';
    expect(loadFine(text).pods[0]?.ports.map((p) => p.containerPort)).toEqual([2]);
  });

  test('a namespace carries its name as a label', () => {
    const text = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: a }\n';
    expect(loadFine(text).namespaces[0]?.meta.labels.get('kubernetes.io/metadata.name')).toBe('a');
  });

  test('podCIDR and podIP win over differing lists', () => {
    const text =
      'apiVersion: v1\nkind: Node\nmetadata: { name: n }\nspec: { podCIDR: 10.244.9.0/24, podCIDRs: [10.244.8.0/24] }\n';
    expect(loadFine(text).nodes[0]?.podCIDRs).toEqual([{ base: ip('10.244.9.0'), length: 24 }]);
    expect(codes(text)).toContain('warning PW214');
  });

  test('conditions of an EndpointSlice that are absent are read as ready, serving, not terminating', () => {
    const text =
      'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: a, labels: { kubernetes.io/service-name: web } }\naddressType: IPv4\nports: [{ port: 80 }]\nendpoints: [{ addresses: [10.244.1.2] }, { addresses: [10.244.1.3], conditions: { ready: false } }]\n';
    const [slice] = loadFine(text).endpointSlices;
    expect(slice?.ports).toEqual([{ name: '', protocol: 'TCP', port: 80 }]);
    expect(slice?.endpoints.map((e) => [e.ready, e.serving, e.terminating])).toEqual([
      [true, true, false],
      [false, false, false],
    ]);
  });
});

describe('configurations', () => {
  test('nothing given: flannel vxlan on 10.244.0.0/16, kube-proxy iptables with clusterCIDR', () => {
    const { flannel: f, kubeProxy: k, topology } = loadFine(node('n1', '10.244.1.0/24', '192.168.56.11'));
    expect(f).toMatchObject({
      network: { base: ip('10.244.0.0'), length: 16 },
      enableIPv6: false,
      subnetLen: 24,
    });
    expect(f.backend).toEqual({
      type: 'vxlan',
      vni: 1,
      port: 0,
      directRouting: false,
      learning: false,
      gbp: false,
      mtu: 0,
    });
    expect(k).toMatchObject({
      mode: 'iptables',
      clusterCIDR: [{ base: ip('10.244.0.0'), length: 16 }],
      detectLocalMode: 'ClusterCIDR',
      iptables: { masqueradeAll: false, masqueradeBit: 14, localhostNodePorts: true },
      ipvs: { scheduler: 'rr' },
    });
    expect(topology.networks).toEqual([
      { name: 'lan', cidr: { base: ip('192.168.56.0'), length: 24 }, gateway: ip('192.168.56.1'), mtu: 1500 },
    ]);
    expect(topology.hosts).toEqual([
      { name: 'client', ip: ip('192.168.56.100'), network: 'lan', listens: [] },
    ]);
  });

  test('a KubeProxyConfiguration without clusterCIDR has none', () => {
    expect(loadFine(kubeProxy('mode: ""')).kubeProxy).toMatchObject({ mode: 'iptables', clusterCIDR: [] });
  });

  test('the pod network follows clusterCIDR, or else the podCIDRs', () => {
    const stated = loadFine(`${kubeProxy('clusterCIDR: 10.42.0.0/16,fd00:42::/48')}`);
    expect(stated.flannel.network).toEqual({ base: ip('10.42.0.0'), length: 16 });
    expect(stated.flannel).toMatchObject({ enableIPv6: true, ipv6Network: { length: 48 } });
    const text = `${node('a', '10.42.1.0/24', '10.0.0.5')}---\n${node('b', '10.43.1.0/24', '10.0.0.6')}`;
    const inferred = loadFine(text);
    expect(inferred.flannel.network).toEqual({ base: ip('10.42.0.0'), length: 15 });
    expect(inferred.kubeProxy.clusterCIDR).toEqual([inferred.flannel.network]);
    expect(inferred.topology.networks[0]).toMatchObject({ cidr: { base: ip('10.0.0.0'), length: 24 } });
  });

  test('nodes of different networks get a LAN each and a router between them', () => {
    const text = `${node('a', '10.244.1.0/24', '10.0.0.1')}---\n${node('b', '10.244.2.0/24', '172.16.0.6')}`;
    const { topology } = loadFine(text);
    expect(topology.networks.map((n) => [n.name, formatIp(n.gateway)])).toEqual([
      ['lan-1', '10.0.0.2'],
      ['lan-2', '172.16.0.1'],
    ]);
    expect(topology.routers).toEqual([{ name: 'router', networks: ['lan-1', 'lan-2'] }]);
  });

  test('each /24 with nodes is a LAN of its own, which a note says', () => {
    const lans = (...addresses: string[]) => {
      const text = addresses.map((address, i) => node(`n${i}`, `10.244.${i}.0/24`, address)).join('---\n');
      const { objects, diagnostics } = loadCluster([{ file: 'cluster.yaml', text }], { set: [] });
      return [
        objects.topology.networks.map(({ cidr }) => formatCidr(cidr)),
        diagnostics.map((d) => d.message),
      ];
    };
    expect(lans('192.168.56.11', '192.168.56.12')).toEqual([['192.168.56.0/24'], []]);
    expect(lans('10.0.0.5', '10.0.0.6')).toEqual([
      ['10.0.0.0/24'],
      ["node networks inferred from the Nodes' InternalIPs: 10.0.0.0/24"],
    ]);
    expect(lans('192.168.56.11', '192.168.57.11', '192.168.56.12')).toEqual([
      ['192.168.56.0/24', '192.168.57.0/24'],
      [
        "node networks inferred from the Nodes' InternalIPs: 192.168.56.0/24, 192.168.57.0/24, joined by one router",
      ],
    ]);
  });

  test('net-conf.json is matched without case, and its type is lower-cased', () => {
    const { flannel: f } = loadFine(
      flannel('{"network": "10.100.0.0/20", "BACKEND": {"TYPE": "VXLAN", "vni": 7, "directrouting": true}}'),
    );
    expect(f).toMatchObject({
      network: { base: ip('10.100.0.0'), length: 20 },
      backend: { type: 'vxlan', vni: 7, directRouting: true },
      subnetMin: ip('10.100.1.0'),
      subnetMax: ip('10.100.15.0'),
    });
  });

  test('a bad SubnetLen is an error only where it serves', () => {
    const conf = flannel('{"Network": "10.244.0.0/16", "SubnetLen": 17, "Backend": {"Type": "host-gw"}}');
    expect(codes(conf)).toContain('error PW202');
    expect(codes(`${conf}---\n${node('a', '10.244.1.0/24', '192.168.56.11')}`)).toEqual([
      'warning PW221',
      'note PW221',
    ]);
  });

  test('kube-proxy is configured by any ConfigMap that holds its kind under config.conf', () => {
    const text =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: any, namespace: kube-system }\ndata:\n  config.conf: |\n    apiVersion: kubeproxy.config.k8s.io/v1alpha1\n    kind: KubeProxyConfiguration\n    mode: iptables\n    ipvs: { scheduler: sh, tcpTimeout: 1h2m3s }\n';
    expect(loadFine(text).kubeProxy).toMatchObject({
      mode: 'iptables',
      ipvs: { scheduler: 'sh', tcpTimeout: 3723 },
    });
  });
});

describe('--set', () => {
  test('changes one setting of what is assumed and leaves the rest', () => {
    const { flannel: f, kubeProxy: k } = loadFine(node('n1', '10.244.1.0/24', '192.168.56.11'), [
      'flannel.Backend.Type=host-gw',
      'kube-proxy.ipvs.scheduler=sh',
      'kube-proxy.iptables.masqueradeAll=true',
    ]);
    expect(f).toMatchObject({ network: { length: 16 }, backend: { type: 'host-gw' } });
    expect(k).toMatchObject({
      mode: 'iptables',
      ipvs: { scheduler: 'sh' },
      iptables: { masqueradeAll: true },
      clusterCIDR: [{ length: 16 }],
    });
  });

  test('changes one setting of what is given, in any case of the name', () => {
    const given = `${flannel('{"Network": "10.9.0.0/16", "Backend": {"type": "host-gw", "vni": 5}}')}---\n${kubeProxy('clusterCIDR: 10.9.0.0/16')}`;
    const { flannel: f, kubeProxy: k } = loadFine(given, [
      'flannel.backend.TYPE=vxlan',
      'kube-proxy.nodePortAddresses=192.168.56.0/24,127.0.0.0/8',
      'kube-proxy.featureGates.Anything=true',
    ]);
    expect(f.backend).toMatchObject({ type: 'vxlan', vni: 5 });
    expect(k.nodePortAddresses.map((cidr) => cidr.length)).toEqual([24, 8]);
    expect(k.clusterCIDR).toHaveLength(1);
  });
});

describe('Endpoints', () => {
  const endpoints =
    '---\napiVersion: v1\nkind: Endpoints\nmetadata: { name: db }\nsubsets:\n- addresses: [{ ip: 192.0.2.1 }, { ip: "2001:db8::1" }]\n  notReadyAddresses: [{ ip: 192.0.2.2, nodeName: n }]\n  ports: [{ port: 5432 }]\n';

  test('are mirrored for a Service without selector, one slice a family', () => {
    const { endpointSlices } = loadFine(service('{ ports: [{ port: 5432 }] }', 'db', endpoints));
    expect(
      endpointSlices.map((s) => [s.addressType, s.serviceName, s.endpoints.map((e) => e.ready)]),
    ).toEqual([
      ['IPv4', 'db', [true, false]],
      ['IPv6', 'db', [true]],
    ]);
    expect(endpointSlices[0]?.meta.name).toMatch(/^db-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(endpointSlices[0]?.ports).toEqual([{ name: '', protocol: 'TCP', port: 5432 }]);
  });

  test('are ignored with a note where the Service has a selector', () => {
    const text = service('{ selector: { app: db }, ports: [{ port: 5432 }] }', 'db', endpoints);
    expect(loadFine(text).endpointSlices).toEqual([]);
    expect(codes(text)).toContain('note PW311');
  });
});
