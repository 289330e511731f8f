import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

describe('podwalk dump', () => {
  it.each([
    ['iptables-save', /^-A KUBE-SERVICES -d 10\.96\.0\.10\/32 /m],
    ['ip6tables-save', /^$/],
    ['ip-addr', /inet 10\.244\.1\.1\/24 brd 10\.244\.1\.255 scope global cni0/],
    ['ip-link', /vxlan id 1 local 192\.168\.56\.11/],
    ['ip-route', /10\.244\.2\.0\/24 via 10\.244\.2\.0 dev flannel\.1 onlink/],
    ['ip-rule', /32766:\tfrom all lookup main/],
    ['ip-neigh', /10\.244\.2\.0 dev flannel\.1 lladdr .* PERMANENT/],
    ['bridge-fdb', /dst 192\.168\.56\.12 self permanent/],
    ['bridge-link', /master cni0 state forwarding/],
    ['sysctl', /net\.ipv4\.ip_forward = 1/],
  ])('prints %s of a node', async (what, text) => {
    const { code, stdout } = await podwalk(['dump', what, '--node', 'node1', '-t', 'two-nodes']);
    expect(stdout).toMatch(text);
    expect(code).toBe(0);
  });

  it('prints the state of a pod', async () => {
    const { stdout } = await podwalk(['dump', 'ip-route', '--pod', 'default/client', '-t', 'host-gw']);
    expect(stdout).toMatch(/^default via 10\.244\.1\.1 dev eth0/);
  });

  it('prints the rules of one program alone', async () => {
    const dump = ['dump', 'iptables-save', '--node', 'node1', '-t', 'two-nodes'];
    const proxy = await podwalk([...dump, '--program', 'kube-proxy']);
    const flannel = await podwalk([...dump, '--program', 'flannel']);
    expect(proxy.stdout).toContain('KUBE-SERVICES');
    expect(proxy.stdout).not.toContain('FLANNEL');
    expect(flannel.stdout).toContain('FLANNEL-POSTRTG');
    expect(flannel.stdout).not.toContain('KUBE-SERVICES');
  });

  it('prints what one program wrote of the rest of the state', async () => {
    const dump = async (what: string, program: string): Promise<string> =>
      (await podwalk(['dump', what, '--node', 'node1', '--program', program, '-t', 'two-nodes'])).stdout;
    expect(await dump('ip-route', 'flannel')).toBe('10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink \n');
    expect(await dump('ip-route', 'cni')).toMatch(/^10\.244\.1\.0\/24 dev cni0 .*\n$/);
    expect(await dump('ip-addr', 'flannel')).toMatch(/^\d+: flannel\.1: /);
    expect(await dump('bridge-fdb', 'flannel')).toMatch(
      /^\S+ dev flannel\.1 dst 192\.168\.56\.12 self permanent\n$/,
    );
    expect(await dump('ip-neigh', 'cni')).toBe('');
    expect(await dump('sysctl', 'kube-proxy')).toContain('net.ipv4.conf.all.route_localnet = 1\n');
  });
});

describe('podwalk dump of what a pod has for looking up names', () => {
  const YAML = [
    'apiVersion: v1\nkind: Node\nmetadata: { name: node1 }\n',
    'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a }], dnsConfig: { nameservers: [1.1.1.1, 2.2.2.2, 3.3.3.3] } }\n',
    'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { clusterIP: 10.96.0.20, ports: [{ port: 80 }] }\n',
  ].join('---\n');

  it('prints resolv.conf, and what kubelet would say about it', async () => {
    const found = await podwalk(['dump', 'resolv-conf', '--pod', 'a', '-f', '-'], { stdin: YAML });
    expect(found).toEqual({
      code: 0,
      stdout:
        'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\nnameserver 1.1.1.1\nnameserver 2.2.2.2\noptions ndots:5\n',
      stderr:
        'warning: kubelet event DNSConfigForming: Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.96.0.10 1.1.1.1 2.2.2.2\n',
    });
  });

  it('prints the resolv.conf of a node: the gateway of its LAN', async () => {
    const { stdout } = await podwalk(['dump', 'resolv-conf', '--node', 'node1', '-f', '-'], { stdin: YAML });
    expect(stdout).toBe('nameserver 192.168.56.1\n');
  });

  it('prints /etc/hosts and the variables of Services', async () => {
    const hosts = await podwalk(['dump', 'hosts', '--pod', 'a', '-f', '-'], { stdin: YAML });
    expect(hosts.stdout).toMatch(/^10\.244\.1\.2\ta$/m);
    const env = await podwalk(['dump', 'env', '--pod', 'a', '-f', '-'], { stdin: YAML });
    expect(env.stdout).toContain('WEB_SERVICE_HOST=10.96.0.20\nWEB_SERVICE_PORT=80\n');
  });

  it.each([
    [['env', '--node', 'node1'], 'only containers are given variables'],
    [['resolv-conf', '--pod', 'b'], 'pod "b" not found in namespace "default"'],
    [['hosts', '--pod', 'a', '--dev', 'eth0'], '--dev has nothing to do with hosts'],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await podwalk(['dump', ...words, '-f', '-'], { stdin: YAML });
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
