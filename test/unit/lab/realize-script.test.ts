import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { realizeScript } from '../../../src/lab/index.ts';
import { manifestCluster, topologyCluster } from '../../support/lab-cluster.ts';

const GOLDEN = fileURLToPath(new URL('../../golden/lab/one-node.sh', import.meta.url));

/** A node, a pod that listens, and something of each part that a script can have. */
const ONE_NODE = `
apiVersion: v1
kind: Node
metadata: { name: node1 }
spec: { podCIDR: 10.244.1.0/24 }
status: { addresses: [{ type: InternalIP, address: 192.168.56.11 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  nodeName: node1
  containers: [{ name: web, image: web, ports: [{ containerPort: 8080 }, { containerPort: 53, protocol: UDP }] }]
status: { phase: Running }
`;
const BREAKS = [
  'node1: ipset create blocked hash:ip',
  'node1: ipset add blocked 198.51.100.7',
  'node1: iptables -I INPUT -m set --match-set blocked src -j DROP',
  'node1: ip route add 198.51.100.0/24 via 192.168.56.1 table 100',
  'node1: ip rule add from 10.244.1.2 table 100 priority 100',
  'node1: sysctl -w net.ipv4.conf.flannel/1.rp_filter=1',
  'pod/web: ip link set eth0 down',
];

function shell(script: string, ...options: readonly string[]): { status: number | null; stderr: string } {
  return spawnSync('sh', [...options, '-s'], { input: script, encoding: 'utf8' });
}

const shellcheck = spawnSync('shellcheck', ['--version']).status === 0;

describe('the script that builds a cluster', () => {
  const { world } = manifestCluster(ONE_NODE, { breaks: BREAKS });

  it('is this one, for a small cluster (UPDATE=1 writes it anew)', () => {
    const script = realizeScript(world);
    if (process.env['UPDATE'] === '1') writeFileSync(GOLDEN, script);
    expect(script).toBe(readFileSync(GOLDEN, 'utf8'));
  });

  it('is the same for the same world', () => {
    const again = manifestCluster(ONE_NODE, { breaks: BREAKS }).world;
    expect(realizeScript(again)).toBe(realizeScript(world));
  });

  it.each(['two-nodes', 'direct-routing', 'host-port', 'broken-policy-rule'])(
    'is read by a POSIX shell: %s',
    (name) => {
      expect(shell(realizeScript(topologyCluster(name).world), '-n')).toMatchObject({
        status: 0,
        stderr: '',
      });
    },
  );

  it.skipIf(!shellcheck)(
    `has nothing that shellcheck dislikes${shellcheck ? '' : ' (skipped: no shellcheck)'}`,
    () => {
      const script = realizeScript(topologyCluster('host-port').world);
      const { stdout, status } = spawnSync('shellcheck', ['-S', 'style', '-'], {
        input: script,
        encoding: 'utf8',
      });
      expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
    },
  );

  describe('of a cluster in IPVS mode', () => {
    const ipvs = realizeScript(topologyCluster('two-nodes', { set: ['kube-proxy.mode=ipvs'] }).world);

    it('makes kube-ipvs0 with its addresses, never up, and restores sets, rules and virtual servers', () => {
      expect(shell(ipvs, '-n')).toMatchObject({ status: 0, stderr: '' });
      expect(ipvs).toMatch(
        /^ +'link add kube-ipvs0 index \d+ address \S+ mtu 1500 txqueuelen 0 type dummy'/m,
      );
      expect(ipvs).toContain("'address add 10.96.0.10/32 dev kube-ipvs0' ");
      expect(ipvs).not.toContain('link set kube-ipvs0 up');
      expect(ipvs).toContain("'net.ipv4.vs.conntrack = 1'");
      const [, services = ''] = /lines \\\n((?: +'-[^\n]*\n)+) +ipvs node1\n/.exec(ipvs) ?? [];
      expect(services).toBe(
        [
          "    '-A -t 10.96.0.10:80 -s rr' \\",
          "    '-a -t 10.96.0.10:80 -r 10.244.1.2:8080 -m -w 1' \\",
          "    '-a -t 10.96.0.10:80 -r 10.244.2.3:8080 -m -w 1' |",
          '',
        ].join('\n'),
      );
    });

    it('asks for ipvsadm and for IPVS in the kernel, before it builds anything', () => {
      expect(ipvs).toContain("'ipvsadm ipvsadm' ");
      expect(ipvs).toContain("'ip_vs /proc/net/ip_vs IPVS'\n");
      const none = ipvs
        .replaceAll('/proc/net/ip_vs', '/nowhere')
        .replace(/^tools\(\) \{$/m, 'tools() { echo sh dash; return; }; x() {');
      const asked = `id() { echo 0; }; modprobe() { :; }; ip() { echo "ip $*" >&2; }; set -- up\n${none}`;
      expect(shell(asked)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(
          /^(missing: the kernel's bridge netfilter .*\n)?missing: the kernel's IPVS \(modprobe ip_vs\)\n$/,
        ),
      });
    });
  });

  it('says how it is used, exit 2', () => {
    expect(shell(realizeScript(world))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^usage: \S+ up\|down\|status\|exec WHO CMD\.\.\.\n$/),
    });
  });

  it('names only tools of what the cluster has', () => {
    const tools = (script: string): string[] => {
      const [, list = ''] = /^tools\(\) \{\n {2}lines \\\n([^}]*)\}/m.exec(script) ?? [];
      return [...list.matchAll(/'(.*)'/g)].map(([, line = '']) => line);
    };
    expect(tools(realizeScript(world))).toEqual([
      'ip iproute2',
      'bridge iproute2',
      'sysctl procps',
      'iptables-restore iptables',
      'ipset ipset',
      'python3 python3-minimal',
    ]);
    expect(tools(realizeScript(topologyCluster('two-nodes').world, { listeners: false }))).toEqual([
      'ip iproute2',
      'bridge iproute2',
      'sysctl procps',
      'iptables-restore iptables',
    ]);
  });
});
