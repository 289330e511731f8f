import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const PILLARS = '__PILLAR__LOCAL__DNS__,__PILLAR__DNS__SERVER__';

/** A cluster with the cache on its nodes, as Kubernetes' manifests install it. */
function cluster(localip: string, ...more: readonly string[]): string {
  return [
    'apiVersion: v1\nkind: Pod\nmetadata: { name: client, labels: { app: client } }\nspec: { containers: [{ name: c, image: i }] }',
    'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { clusterIP: 10.96.0.20, selector: { app: client }, ports: [{ port: 80 }] }',
    'apiVersion: podwalk/v1\nkind: Topology\nhosts: [{ name: db.example.com, ip: 203.0.113.50 }]',
    'apiVersion: v1\nkind: Service\nmetadata: { name: kube-dns-upstream, namespace: kube-system }\nspec: { selector: { k8s-app: kube-dns }, ports: [{ name: dns, port: 53, protocol: UDP }, { name: dns-tcp, port: 53 }] }',
    `apiVersion: apps/v1\nkind: DaemonSet\nmetadata: { name: node-local-dns, namespace: kube-system }\nspec:\n  selector: { matchLabels: { k8s-app: node-local-dns } }\n  template:\n    metadata: { labels: { k8s-app: node-local-dns } }\n    spec: { hostNetwork: true, dnsPolicy: Default, containers: [{ name: node-cache, image: i, args: ["-localip", "${localip}"], ports: [{ containerPort: 53, protocol: UDP }] }] }`,
    ...more,
  ].join('\n---\n');
}

const KUBELET =
  'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [169.254.20.10]\nclusterDomain: cluster.local';
const resolve = (stdin: string, name: string) =>
  podwalk(['resolve', name, '--walk', '--from', 'pod/client', '-f', '-'], { stdin });

describe('NodeLocal DNSCache', () => {
  it('answers on the node, at its own address, names of the cluster and outside', async () => {
    for (const [name, address] of [
      ['web', '10.96.0.20'],
      ['db.example.com', '203.0.113.50'],
    ] as const) {
      const { code, stdout } = await resolve(cluster('169.254.20.10', KUBELET), name);
      expect(code).toBe(0);
      expect(stdout).toMatch(
        new RegExp(`169\\.254\\.20\\.10 +NOERROR +${address} +by kube-system/node-local-dns-`),
      );
      expect(stdout).not.toContain('LEFT_CLUSTER');
    }
  });

  it('takes the ClusterIP of DNS on its node: kube-proxy does not translate what is not tracked', async () => {
    const { stdout } = await resolve(cluster(PILLARS), 'web');
    expect(stdout).toMatch(/10\.96\.0\.10 +NOERROR +10\.96\.0\.20 +by kube-system\/node-local-dns-/);
    expect(stdout).not.toContain('DNAT');
  });

  it('leaves its device and its rules on the node, each on top of those before', async () => {
    const dump = async (what: string): Promise<string> =>
      (await podwalk(['dump', what, '--node', 'node1', '-f', '-'], { stdin: cluster(PILLARS) })).stdout;
    expect(await dump('ip-addr')).toMatch(
      /nodelocaldns:[\s\S]*inet 169\.254\.20\.10\/32[\s\S]*inet 10\.96\.0\.10\/32/,
    );
    const rules = (await dump('iptables-save')).split('\n').filter((line) => line.includes('NodeLocal'));
    expect(rules).toHaveLength(20);
    expect(rules[0]).toBe(
      '-A PREROUTING -d 10.96.0.10/32 -p udp -m udp --dport 53 -m comment --comment "NodeLocal DNS Cache: skip conntrack" -j NOTRACK',
    );
  });

  it('asks CoreDNS by its own way: a policy that stops the node stops the names of the cluster alone', async () => {
    const drop = [
      '--break',
      'node1: iptables -I OUTPUT -p tcp --dport 53 -j DROP',
      '--break',
      'node2: iptables -I OUTPUT -p tcp --dport 53 -j DROP',
    ];
    const ask = (name: string) =>
      podwalk(['dig', name, '--walk', '--from', 'pod/client', ...drop, '-f', '-'], {
        stdin: cluster('169.254.20.10', KUBELET),
      });
    expect((await ask('web.default.svc.cluster.local')).stdout).toContain('status: SERVFAIL');
    expect((await ask('db.example.com')).stdout).toContain('status: NOERROR');
  });

  it('answers by the Corefile of its ConfigMap', async () => {
    const map =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: node-local-dns, namespace: kube-system }\ndata:\n  Corefile: |\n    .:53 {\n      hosts {\n        10.0.0.9 old.corp\n        fallthrough\n      }\n      bind __PILLAR__LOCAL__DNS__\n      forward . __PILLAR__UPSTREAM__SERVERS__\n    }';
    const text = cluster('__PILLAR__LOCAL__DNS__', KUBELET, map);
    expect((await resolve(text, 'old.corp')).stdout).toMatch(/answer +10\.0\.0\.9/);
    // Nothing of it asks CoreDNS.
    expect((await resolve(text, 'web')).code).toBe(1);
  });
});
