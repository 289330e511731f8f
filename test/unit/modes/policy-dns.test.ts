import { describe, expect, test } from 'vitest';
import { answer, type Path, type Step } from '../../../src/trace/index.ts';
import { podwalk } from '../../fixtures/cli.ts';
import { inMode, MODES, type Mode } from './modes.ts';

/** A client whose egress is judged, a server on either node, and the cluster's DNS. */
function manifests(egress: object[]): string {
  const node = (n: number): object => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node${n}` },
    spec: { podCIDR: `10.244.${n}.0/24` },
    status: { addresses: [{ type: 'InternalIP', address: `192.168.56.1${n}` }] },
  });
  const pod = (name: string, n: number, ip: string, port: object, namespace = 'default'): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name.replace(/-\d$/, '') } },
    spec: { nodeName: `node${n}`, containers: [{ name: 'c', image: 'i', ports: [port] }] },
    status: { phase: 'Running', podIP: ip },
  });
  const service = (
    name: string,
    clusterIP: string,
    app: string,
    ports: object[],
    namespace = 'default',
  ): object => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { clusterIP, selector: { app }, ports },
  });
  const http = { containerPort: 8080 };
  const dns = { containerPort: 53, protocol: 'UDP' };
  const items = [
    node(1),
    node(2),
    pod('client', 1, '10.244.1.9', http),
    pod('here', 1, '10.244.1.2', http),
    pod('there', 2, '10.244.2.2', http),
    pod('coredns', 2, '10.244.2.53', dns, 'kube-system'),
    service('here', '10.96.0.20', 'here', [{ port: 80, targetPort: 8080 }]),
    service('there', '10.96.0.21', 'there', [{ port: 80, targetPort: 8080 }]),
    service('kube-dns', '10.96.0.10', 'coredns', [{ name: 'dns', port: 53, protocol: 'UDP' }], 'kube-system'),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'client' },
      spec: { podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Egress'], egress },
    },
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

function walk(mode: Mode, destination: string, egress: object[], protocol: 'tcp' | 'udp' = 'tcp'): Path {
  const question = { source: 'pod/client', destination, namespace: 'default', protocol };
  const found = answer(inMode(mode, manifests(egress)), question, { all: true });
  const [path] = found.ok ? found.value.trace.paths : [];
  if (path === undefined) throw new Error(`no way to ${destination}`);
  return path;
}

/** `node1 OUTPUT`: where a chain of a pod was asked, and what it said. */
function judged({ hops }: Path): string[] {
  return hops.flatMap(({ place, steps }) =>
    steps.flatMap((step: Step) =>
      step.type === 'netfilter' && step.rules.some(({ chain }) => chain.startsWith('KUBE-POD-FW-'))
        ? [`${place} ${step.hook} ${step.verdict}`]
        : [],
    ),
  );
}

const WEB = [{ to: [{ podSelector: {} }], ports: [{ port: 8080 }] }];
const CLUSTER_IPS = [{ to: [{ ipBlock: { cidr: '10.96.0.0/12' } }] }];

describe('a NetworkPolicy in IPVS mode', () => {
  test.each(['10.96.0.20:80', '10.96.0.21:80'])(
    'judges what a pod sends to %s in OUTPUT, after IPVS has put the pod in the place of the ClusterIP',
    (destination) => {
      expect(walk('ipvs', destination, WEB).verdict).toBe('delivered');
      const denied = walk('ipvs', destination, CLUSTER_IPS);
      expect(denied.verdict).toBe('refused');
      expect(judged(denied)).toEqual(['node1 OUTPUT REJECT']);
    },
  );

  test.each(['10.96.0.20:80', '10.96.0.21:80'])(
    'judges the same in FORWARD in iptables mode: %s',
    (destination) => {
      expect(walk('iptables', destination, WEB).verdict).toBe('delivered');
      expect(judged(walk('iptables', destination, CLUSTER_IPS))).toEqual(['node1 FORWARD REJECT']);
    },
  );

  test('lets a ClusterIP into INPUT whatever the pod may do', () => {
    const input = walk('ipvs', '10.96.0.20:80', CLUSTER_IPS)
      .hops.flatMap(({ steps }) => steps)
      .find((step) => step.type === 'netfilter' && step.hook === 'INPUT' && step.table === 'filter');
    if (input?.type !== 'netfilter') throw new Error('INPUT was not walked');
    expect(input.verdict).toBe('ACCEPT');
    expect(input.rules.map(({ chain }) => chain)).toContain('KUBE-ROUTER-INPUT');
  });

  test('judges what a pod sends to a pod in FORWARD, as ever', () => {
    const denied = walk('ipvs', '10.244.2.2:8080', CLUSTER_IPS);
    expect(judged(denied)).toEqual(['node1 FORWARD REJECT']);
  });
});

describe.each(MODES)('the DNS of the cluster in %s mode', (mode) => {
  const DNS = [{ ports: [{ port: 53, protocol: 'UDP' }] }];

  test('is reached by its ClusterIP where the policy allows port 53, and not where it does not', () => {
    expect(walk(mode, 'svc/kube-system/kube-dns', DNS, 'udp')).toMatchObject({
      verdict: 'delivered',
      endpoint: { pod: 'coredns', port: 53 },
      replySource: { ip: '10.96.0.10', port: 53 },
    });
    expect(walk(mode, 'svc/kube-system/kube-dns', WEB, 'udp').verdict).toBe('refused');
  });

  test('answers a pod', async () => {
    const ran = await podwalk(
      [
        'dig',
        'there.default.svc.cluster.local',
        '--from',
        'pod/client',
        '-f',
        '-',
        '--set',
        `kube-proxy.mode=${mode}`,
      ],
      { stdin: manifests(DNS) },
    );
    expect(ran.stdout).toMatch(/^there\.default\.svc\.cluster\.local\.\s+\d+\s+IN\s+A\s+10\.96\.0\.21$/m);
    expect(ran.code).toBe(0);
  });
});
