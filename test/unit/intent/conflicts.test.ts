import { describe, expect, it } from 'vitest';
import { checkConflicts, diagnose } from '../../../src/intent/index.ts';
import { answer } from '../../../src/trace/index.ts';
import { clusterOf } from '../../fixtures/objects.ts';

function node(name: string, ip: string, podCIDR: string, annotations: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations },
    spec: { podCIDR },
    status: { addresses: [{ type: 'InternalIP', address: ip }] },
  };
}

function pod(name: string, nodeName: string, port: object, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: { nodeName, containers: [{ name: 'c', image: 'registry.example/c', ports: [port] }], ...spec },
  };
}

function service(spec: object, status: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
    status,
  };
}

const N1 = node('n1', '192.0.2.11', '10.244.1.0/24');
const N2 = node('n2', '192.0.2.12', '10.244.2.0/24');
const WEB = pod('web', 'n2', { containerPort: 80 });
const CLIENT = pod('client', 'n1', { containerPort: 9000 });
const IPVS = { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration', mode: 'ipvs' };

function cluster(objects: readonly object[]) {
  return clusterOf(`# YAML\n${objects.map((one) => JSON.stringify(one)).join('\n---\n')}`);
}

function told(...objects: readonly object[]): string[] {
  return checkConflicts(cluster(objects).objects).map(
    ({ severity, code, message }) => `${severity} ${code} ${message}`,
  );
}

/** What a walk that fails is said to fail by. */
function cause(source: string, destination: string, objects: readonly object[]) {
  const built = cluster(objects);
  const question = { source, destination, namespace: 'default' };
  const found = answer(built, question, { all: true });
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  const { trace } = found.value;
  const diagnosis = diagnose(built, { question, options: { all: true }, trace });
  return {
    verdict: trace.verdict,
    culprit: diagnosis?.culprit?.what,
    mend: diagnosis?.mend?.text,
    verified: diagnosis?.mend?.verified,
  };
}

describe('a hostPort that is a nodePort', () => {
  const hostPort = pod('hp', 'n1', { containerPort: 9000, hostPort: 30080 });
  const nodePort = service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] });

  it('is told with who has it, which the walk shows', () => {
    const [onIptables] = told(N1, N2, WEB, hostPort, nodePort);
    expect(onIptables).toBe(
      "warning PW313 Service default/web: spec.ports[0].nodePort 30080/TCP is also a hostPort of Pod default/hp on n1: kube-proxy's rule comes first, and the Pod is not reached there",
    );
    const reached = (more: readonly object[]) => {
      const found = answer(
        cluster([N1, N2, WEB, hostPort, nodePort, ...more]),
        { source: 'external', destination: 'node/n1:30080', namespace: 'default' },
        { all: true },
      );
      return found.ok ? found.value.trace.paths[0]?.endpoint : undefined;
    };
    expect(reached([])).toMatchObject({ pod: 'web' });
    expect(told(N1, N2, WEB, hostPort, nodePort, IPVS)[0]).toContain('the Service is not reached there');
    expect(reached([IPVS])).toMatchObject({ pod: 'hp' });
  });

  it('is the cause where the node port leads nowhere', () => {
    expect(cause('external', 'node/n1:30080', [N1, N2, hostPort, nodePort])).toMatchObject({
      culprit: expect.stringContaining('is also a hostPort of Pod default/hp'),
      mend: 'Service default/web: spec.ports[0].nodePort: 30000',
      verified: true,
    });
  });

  it('is not told of another protocol, another number, or one that podwalk has drawn', () => {
    const udp = pod('hp', 'n1', { containerPort: 9000, hostPort: 30080, protocol: 'UDP' });
    expect(told(N1, N2, WEB, udp, nodePort)).toEqual([]);
    const drawn = service({ type: 'NodePort' });
    const number = cluster([N1, N2, WEB, drawn]).objects.services[0]?.ports[0]?.nodePort ?? 0;
    expect(number).toBeGreaterThan(0);
    expect(told(N1, N2, WEB, pod('hp', 'n1', { containerPort: 9, hostPort: number }), drawn)).toEqual([]);
  });
});

describe('ranges that overlap', () => {
  it('are told where a clusterIP is inside a podCIDR, and are the cause on the node that has it', () => {
    const objects = [N1, N2, WEB, CLIENT, service({ clusterIP: '10.244.1.20' })];
    expect(told(...objects)[0]).toContain(
      'spec.clusterIP 10.244.1.20 is inside podCIDR 10.244.1.0/24 of Node n1',
    );
    const found = cause('pod/client', 'svc/web', objects);
    expect(found.verdict).toBe('unreachable');
    expect(found.culprit).toContain('is inside podCIDR 10.244.1.0/24');
    expect(found.mend).toContain('such as 10.96.0.100');
    expect(found.verified).toBe(true);
  });

  it('are told where the podCIDR of a Node holds the Nodes, and are the cause', () => {
    const objects = [
      node('n1', '10.0.0.11', '10.0.0.0/24'),
      node('n2', '10.0.0.12', '10.0.1.0/24'),
      WEB,
      CLIENT,
      service({}),
    ];
    expect(told(...objects)).toEqual([
      expect.stringContaining(
        'PW314 Node n1: spec.podCIDR 10.0.0.0/24 and the address 10.0.0.11 of Node n1 overlap',
      ),
    ]);
    const found = cause('pod/web', 'pod/client:9000', objects);
    expect(found.verdict).not.toBe('delivered');
    expect(found.culprit).toContain('overlap');
    expect(found.verified).toBe(true);
  });

  it('are not told of ranges apart, nor of what podwalk assumes', () => {
    expect(told(N1, N2, WEB, service({ clusterIP: '10.96.0.10' }))).toEqual([]);
    expect(told(service({ clusterIP: '10.244.1.20' }))).toEqual([]);
  });
});

describe("a Service with a node's own address", () => {
  it('is the cause of what the node is not reached for in IPVS mode', () => {
    const objects = [N1, N2, WEB, CLIENT, service({ externalIPs: ['192.0.2.12'] }), IPVS];
    expect(told(...objects)[0]).toContain(
      'PW318 Service default/web: spec.externalIPs[0] 192.0.2.12 is the address of Node n2: every node binds it',
    );
    expect(cause('node/n1', 'node/n2', objects)).toMatchObject({
      culprit: expect.stringContaining('192.0.2.12 is the address of Node n2'),
      mend: 'Service default/web: remove 192.0.2.12 from spec.externalIPs',
      verified: true,
    });
  });

  it('is noted of a load balancer that gives out the addresses of nodes, and no more', () => {
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.12' }] } };
    expect(told(N1, N2, WEB, service({ type: 'LoadBalancer' }, status))[0]).toMatch(/^note PW318/);
    const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
    const first = { loadBalancer: { ingress: [{ ip: '192.0.2.11' }] } };
    expect(told(N1, N2, WEB, service(local, first))[0]).toMatch(
      /^warning PW318 .*Local, and without an endpoint/,
    );
  });
});

describe('a public-ip given twice', () => {
  const wrong = node('n2', '192.0.2.12', '10.244.2.0/24', {
    'flannel.alpha.coreos.com/public-ip-overwrite': '192.0.2.11',
  });
  const n3 = node('n3', '192.0.2.13', '10.244.3.0/24');
  const objects = [N1, wrong, n3, WEB, pod('client', 'n3', { containerPort: 9000 })];

  it('is told at the node whose own it is not, and is the cause', () => {
    expect(told(...objects)).toEqual([
      'warning PW319 Node n2: metadata.annotations[flannel.alpha.coreos.com/public-ip-overwrite] 192.0.2.11 is also what Node n1 tells its peers: packets for the pods of one go to the other',
    ]);
    const found = cause('pod/client', 'pod/web:80', objects);
    expect(found.verdict).not.toBe('delivered');
    expect(found).toMatchObject({
      culprit: expect.stringContaining('is also what Node n1 tells its peers'),
      mend: 'Node n2: remove the annotation flannel.alpha.coreos.com/public-ip-overwrite',
      verified: true,
    });
  });
});

describe('an endpoint that nobody has', () => {
  const endpoints = (...ips: readonly string[]) => ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'db' },
    subsets: [{ addresses: ips.map((ip) => ({ ip })), ports: [{ port: 80 }] }],
  });
  const db = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'db' },
    spec: { ports: [{ port: 80 }] },
  };

  it('is told inside the pod network and the network of the nodes, and is the cause', () => {
    const objects = [N1, N2, WEB, CLIENT, db, endpoints('10.244.2.99')];
    expect(told(...objects)).toEqual([
      'warning PW328 Endpoints default/db: subsets[].addresses has 10.244.2.99, which is in the pod network and no pod, node or host has',
    ]);
    const found = cause('pod/client', 'svc/db', objects);
    expect(found.verdict).not.toBe('delivered');
    expect(found.culprit).toContain('10.244.2.99');
    expect(found.mend).toContain('10.244.2.2 of Pod default/web in the place of 10.244.2.99');
    expect(found.verified).toBe(true);
    expect(told(N1, N2, db, endpoints('192.0.2.77'))[0]).toContain('is in the network of the nodes');
  });

  it('is not told outside, of what is there, or where no Node is in the input', () => {
    expect(told(N1, N2, WEB, db, endpoints('203.0.113.7'))).toEqual([]);
    expect(told(N1, N2, WEB, db, endpoints('192.0.2.12', '10.244.2.2'))).toEqual([]);
    expect(told(db, endpoints('10.244.2.99'))).toEqual([]);
  });
});

describe('a nameserver of the nodes that is the node itself', () => {
  const topology = (resolvConf: string) => ({ apiVersion: 'podwalk/v1', kind: 'Topology', resolvConf });

  it('is told, for CoreDNS would ask itself', () => {
    expect(told(N1, N2, topology('nameserver 127.0.0.53\n'))[0]).toContain(
      'warning PW329 Topology topology: resolvConf has nameserver 127.0.0.53',
    );
    expect(told(N1, N2, topology('nameserver 192.0.2.1\n'))).toEqual([]);
  });

  it('is no loop where the Corefile forwards to addresses alone', () => {
    const corefile = (to: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'coredns', namespace: 'kube-system' },
      data: { Corefile: `.:53 {\n  kubernetes cluster.local\n  forward . ${to}\n}\n` },
    });
    const local = topology('nameserver 127.0.0.53\n');
    expect(told(N1, N2, local, corefile('203.0.113.53'))).toEqual([]);
    expect(told(N1, N2, local, corefile('/etc/resolv.conf'))[0]).toContain('PW329');
  });

  it('is no loop where kubelet hands out another file', () => {
    const kubelet = (resolvConf: string) => ({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      clusterDNS: ['10.96.0.10'],
      clusterDomain: 'cluster.local',
      resolvConf,
    });
    const local = topology('nameserver 127.0.0.53\n');
    expect(told(N1, N2, local, kubelet('/run/systemd/resolve/resolv.conf'))).toEqual([]);
    expect(told(N1, N2, local, kubelet('/etc/resolv.conf'))[0]).toContain('PW329');
  });
});

describe('a namespaceSelector that fits no Namespace', () => {
  it('is the cause of a refusal, with the label that every namespace has', () => {
    const policy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'from-shop' },
      spec: {
        podSelector: { matchLabels: { app: 'web' } },
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { name: 'shop' } } }] }],
      },
    };
    const buyer = {
      ...pod('buyer', 'n1', { containerPort: 1 }),
      metadata: { name: 'buyer', namespace: 'shop' },
    };
    expect(cause('pod/shop/buyer', 'pod/default/web:80', [N1, N2, WEB, buyer, policy])).toEqual({
      verdict: 'refused',
      culprit: expect.stringMatching(/namespaceSelector fits no Namespace: shop has no label "name"/),
      mend: 'NetworkPolicy default/from-shop: spec.ingress[0].from[0].namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } }',
      verified: true,
    });
  });
});
