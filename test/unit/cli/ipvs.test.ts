import { describe, expect, it } from 'vitest';
import { parseIpvsadm, parseIpvsConnections } from '../../../src/formats/index.ts';
import { podwalk } from '../../fixtures/cli.ts';

const IPVS = ['--set', 'kube-proxy.mode=ipvs'];
const THREE = ['-t', 'three-nodes', ...IPVS];
const NODE1 = ['--node', 'node1'];

async function out(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await podwalk(argv);
  if (code > 1) throw new Error(stderr);
  return stdout;
}

describe('podwalk dump ipvsadm', () => {
  const flows = ['pod/client svc/web:80', 'pod/client svc/resolver:53', 'pod/client svc/web:80'];
  const after = flows.flatMap((flow) => ['--after', flow]);

  it('-Lnc lists the connections that flows leave, in order, and their states', async () => {
    const text = await out('dump', 'ipvsadm', '-Lnc', ...NODE1, ...THREE, ...after);
    const read = parseIpvsConnections(text);
    expect(read.ok && read.entries.map(({ protocol, state, expires }) => [protocol, state, expires])).toEqual(
      [
        ['tcp', 'ESTABLISHED', 900],
        ['udp', 'UDP', 300],
        ['tcp', 'ESTABLISHED', 900],
      ],
    );
    const [first, , third] = read.ok ? read.entries : [];
    expect(first?.destination).not.toEqual(third?.destination);
  });

  it('-Lnc lists none before any packet', async () => {
    expect(await out('dump', 'ipvsadm', '-Lnc', ...NODE1, ...THREE)).toBe(
      'IPVS connection entries\npro expire state       source             virtual            destination\n',
    );
  });

  it('-Ln, as without an option, counts them with their real servers', async () => {
    const text = await out('dump', 'ipvsadm', '-Ln', ...NODE1, ...THREE, ...after);
    expect(await out('dump', 'ipvsadm', ...NODE1, ...THREE, ...after)).toBe(text);
    const read = parseIpvsadm(text);
    const counts = (read.ok ? read.services : []).flatMap(({ servers }) =>
      servers.map(({ activeConnections, inactiveConnections }) => [activeConnections, inactiveConnections]),
    );
    expect(counts.filter(([active]) => active === 1)).toHaveLength(2);
    expect(counts.filter(([, inactive]) => inactive === 1)).toHaveLength(1);
  });

  it('-Lnc shows the template of a persistent client, and the timeouts that kube-proxy was told', async () => {
    const text = await out(
      ...['dump', 'ipvsadm', '-Lnc', ...NODE1, ...THREE, '--after', 'pod/client svc/web:80'],
      ...['--break', 'node1: ipvsadm -E -t 10.96.0.10:80 -s rr -p 10800'],
      ...['--set', 'kube-proxy.ipvs.tcpTimeout=1000s'],
    );
    expect(text.split('\n').slice(2)).toEqual([
      expect.stringMatching(
        /^TCP 180:00 ASSURED {5}10\.244\.1\.2:0 {7}10\.96\.0\.10:80 {6}10\.244\.\d\.\d:8080$/,
      ),
      expect.stringMatching(
        /^TCP 16:40 {2}ESTABLISHED 10\.244\.1\.2:\d+ +10\.96\.0\.10:80 {6}10\.244\.\d\.\d:8080$/,
      ),
      '',
    ]);
  });

  it('-L is no option of other tools', async () => {
    const { code, stderr } = await podwalk(['dump', 'ip-addr', '-Lnc', ...NODE1, ...THREE]);
    expect([code, stderr]).toEqual([2, 'error: -Lnc is an option of ipvsadm: leave it out\n']);
  });
});

describe('a Service in IPVS mode', () => {
  it('is described with its virtual servers, alike ones of several nodes in one row', async () => {
    const text = await out('describe', 'svc/web', ...THREE);
    const servers = '10.244.1.3:8080, 10.244.2.2:8080, 10.244.3.2:8080';
    expect(text).toContain('Virtual servers:\n');
    expect(text).toMatch(new RegExp(`^ +TCP 10\\.96\\.0\\.10:80 +rr +${servers} +node1,node2,node3$`, 'm'));
    expect(text).toMatch(new RegExp(`^ +TCP 192\\.168\\.56\\.12:30080 +rr +${servers} +node2$`, 'm'));
    expect(text).not.toContain('Rules:');
  });

  it('is described with the weight of a real server that takes no connections', async () => {
    const drain = 'node1: ipvsadm -e -t 10.96.0.10:80 -r 10.244.1.3:8080 -m -w 0';
    expect(await out('describe', 'svc/web', ...THREE, '--break', drain)).toContain(
      '10.244.1.3:8080 (weight 0), 10.244.2.2:8080',
    );
  });

  it('has its virtual servers in its tree', async () => {
    const text = await out('tree', 'svc/web', '-t', 'two-nodes', ...IPVS);
    expect(text).toMatch(/TCP 10\.96\.0\.10:80 +- +virtual server, rr, on every node$/m);
    expect(text).toMatch(/10\.244\.2\.3:8080 +- +masq, weight 1$/m);
  });
});

describe('podwalk diff', () => {
  it('from iptables to IPVS mode tells device, address, sets and virtual servers', async () => {
    const text = await out('diff', '-t', 'two-nodes', ...IPVS);
    for (const line of [
      '-  spec.mode: "iptables"',
      '+inet 10.96.0.10/32 scope global kube-ipvs0',
      '+-A -t 10.96.0.10:80 -s rr',
      '+-a -t 10.96.0.10:80 -r 10.244.2.3:8080 -m -w 1',
      '+add KUBE-CLUSTER-IP 10.96.0.10,tcp:80',
      '-:KUBE-SVC-CDGGSHYLG3RE2FKL - [0:0]',
      '+net.ipv4.vs.conntrack = 1',
    ])
      expect(text).toContain(line);
  });

  it('tells what an ipvsadm command changes: weights and timeouts', async () => {
    const weight = 'node1: ipvsadm -e -t 10.96.0.10:80 -r 10.244.2.3:8080 -m -w 0';
    const timeout = 'node1: ipvsadm --set 0 0 60';
    const ran = await podwalk([
      ...['diff', '-t', 'two-nodes', ...IPVS, '--break', weight, '--break', timeout],
    ]);
    for (const line of [
      '+-a -t 10.96.0.10:80 -r 10.244.2.3:8080 -m -w 0',
      '-Timeout (tcp tcpfin udp): 900 120 300',
      '+Timeout (tcp tcpfin udp): 900 120 60',
    ])
      expect(ran.stdout.split('\n')).toContain(line);
  });
});
