import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../../src/addr/index.ts';
import { buildCluster } from '../../../../src/cluster/index.ts';
import { printIpsetSave, printIptablesSave, printIpvsadmSave } from '../../../../src/formats/index.ts';
import { loadCluster } from '../../../../src/k8s/index.ts';
import { type Netns, rulesetOf, sysctl } from '../../../../src/kernel/index.ts';

const CLUSTER = `apiVersion: v1
kind: Node
metadata: { name: node1 }
spec: { podCIDR: 10.244.1.0/24 }
status: { addresses: [{ type: InternalIP, address: 192.168.56.11 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-0, labels: { app: web } }
spec: { nodeName: node1, containers: [{ name: c, image: web, ports: [{ containerPort: 8080 }] }] }
status: { phase: Running, podIP: 10.244.1.2 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: LoadBalancer
  selector: { app: web }
  clusterIP: 10.96.0.10
  ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }]
status: { loadBalancer: { ingress: [{ ip: 203.0.113.10 }] } }
`;

/** node1 after kube-proxy has run with these settings, in IPVS mode. */
function node(...settings: readonly string[]): Netns {
  const set = ['mode=ipvs', 'clusterCIDR=10.244.0.0/16', ...settings].map((one) => `kube-proxy.${one}`);
  const loaded = loadCluster([{ file: 'cluster.yaml', text: CLUSTER }], { set });
  const built = buildCluster(loaded.objects, { programs: new Set(['kube-proxy']) });
  const errors = [...loaded.diagnostics, ...built.diagnostics].filter(({ severity }) => severity === 'error');
  expect(errors).toEqual([]);
  const netns = built.world.netns.get('node/node1');
  if (netns === undefined) throw new Error('no node1');
  return netns;
}

function servers(netns: Netns): string[] {
  return printIpvsadmSave(netns)
    .split('\n')
    .filter((line) => line.startsWith('-A'));
}

function natRules(netns: Netns): string[] {
  const text = printIptablesSave(rulesetOf(netns, 4));
  return text.split('\n').filter((line) => line.startsWith('-A KUBE-SERVICES'));
}

describe('an option of kube-proxy in IPVS mode', () => {
  it('scheduler: every virtual server has it, rr unless said', () => {
    expect(servers(node()).every((line) => line.endsWith(' -s rr'))).toBe(true);
    const own = servers(node('ipvs.scheduler=wlc'));
    expect(own.length).toBeGreaterThan(2);
    expect(own.every((line) => line.endsWith(' -s wlc'))).toBe(true);
  });

  it('scheduler mh: hashes the source port too', () => {
    expect(servers(node('ipvs.scheduler=mh')).every((line) => line.endsWith(' -s mh -b mh-port'))).toBe(true);
    expect(servers(node('ipvs.scheduler=sh')).every((line) => line.endsWith(' -s sh'))).toBe(true);
  });

  it('strictARP: only then the sysctls for ARP are set', () => {
    const keys = ['net.ipv4.conf.all.arp_ignore', 'net.ipv4.conf.all.arp_announce'];
    const values = (netns: Netns): string[] => keys.map((key) => sysctl(netns, key));
    expect(values(node())).toEqual(['0', '0']);
    expect(values(node('ipvs.strictARP=true'))).toEqual(['1', '2']);
  });

  it('excludeCIDRs: keeps virtual servers of others, of which a fresh node has none', () => {
    const excluded = printIpvsadmSave(node('ipvs.excludeCIDRs=["10.96.0.0/12"]'));
    expect(excluded).toBe(printIpvsadmSave(node()));
  });

  it('masqueradeAll: what goes to a ClusterIP is masqueraded whoever sends it', () => {
    const masquerade = (netns: Netns): string | undefined =>
      natRules(netns).find((line) => line.includes('KUBE-CLUSTER-IP') && line.includes('KUBE-MARK-MASQ'));
    expect(masquerade(node())).toMatch(/^-A KUBE-SERVICES ! -s 10\.244\.0\.0\/16 /);
    expect(masquerade(node('iptables.masqueradeAll=true'))).toMatch(
      /^-A KUBE-SERVICES -m comment .* KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ$/,
    );
  });

  it('tcpTimeout, tcpFinTimeout and udpTimeout: those that are given, the others stay as Linux has them', () => {
    expect(node().ipvsTimeouts).toEqual({ tcp: 900, tcpFin: 120, udp: 300 });
    const own = node('ipvs.tcpTimeout=1h', 'ipvs.udpTimeout=7s');
    expect(own.ipvsTimeouts).toEqual({ tcp: 3600, tcpFin: 120, udp: 7 });
    expect(node('ipvs.tcpFinTimeout=1m').ipvsTimeouts).toEqual({ tcp: 900, tcpFin: 60, udp: 300 });
  });

  it('nodePortAddresses: NodePorts are on those addresses only, and on none that no address is in', () => {
    const at = (netns: Netns): string[] => servers(netns).filter((line) => line.includes(':30080'));
    expect(at(node('nodePortAddresses=["192.168.56.0/24"]'))).toEqual(['-A -t 192.168.56.11:30080 -s rr']);
    const nowhere = node('nodePortAddresses=["198.51.100.0/24"]');
    expect(at(nowhere)).toEqual([]);
    expect(printIpsetSave(nowhere.sets.values())).not.toContain('add KUBE-NODE-PORT-TCP 30080');
  });

  it('localhostNodePorts: changes nothing, 127.0.0.1 serves no NodePort here', () => {
    const open = node('iptables.localhostNodePorts=true');
    expect(servers(open)).toEqual(servers(node('iptables.localhostNodePorts=false')));
    expect(servers(open).some((line) => line.includes('127.0.0.1'))).toBe(false);
    expect(sysctl(open, 'net.ipv4.conf.all.route_localnet')).toBe('0');
  });

  it('any: conntrack follows IPVS, and kube-ipvs0 has the addresses of Services', () => {
    const netns = node();
    expect(sysctl(netns, 'net.ipv4.vs.conntrack')).toBe('1');
    const link = netns.links.get('kube-ipvs0');
    expect([link?.up, link?.addresses.map(({ ip }) => formatIp(ip))]).toEqual([
      false,
      ['10.96.0.10', '203.0.113.10'],
    ]);
  });
});
