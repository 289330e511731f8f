import { describe, expect, it } from 'vitest';
import { parseDig } from '../../../src/formats/dig/index.ts';
import { podwalk } from '../../fixtures/cli.ts';

const CLUSTER = ['-f', 'test/golden/dns/cluster.yaml'];
const from = ['--from', 'pod/web-a', ...CLUSTER];

describe('podwalk dig', () => {
  it('prints what dig prints in a pod', async () => {
    const ran = await podwalk(['dig', 'outside.shop.svc.cluster.local', ...from]);
    expect(ran).toEqual({
      code: 0,
      stderr: '',
      stdout: `
; <<>> DiG 9.18 (podwalk) <<>> outside.shop.svc.cluster.local
;; global options: +cmd
;; Got answer:
;; WARNING: .local is reserved for Multicast DNS
;; You are currently testing what happens when an mDNS query is leaked to DNS
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 48643
;; flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1
;; WARNING: recursion requested but not available

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 1232
; COOKIE: 706f6477616c6b21 (echoed)
;; QUESTION SECTION:
;outside.shop.svc.cluster.local.	IN	A

;; ANSWER SECTION:
outside.shop.svc.cluster.local.	30 IN	CNAME	db.example.com.
db.example.com.		30	IN	A	203.0.113.50

;; Query time: 0 msec
;; SERVER: 10.96.0.10#53(10.96.0.10) (UDP)
;; WHEN: Thu Jan 01 00:00:00 UTC 1970
;; MSG SIZE  rcvd: 159

`,
    });
  });

  it('prints JSON with the four parts of an answer and nothing else', async () => {
    const ran = await podwalk([
      'dig',
      '_http._tcp.web.default.svc.cluster.local',
      'SRV',
      '-o',
      'json',
      ...from,
    ]);
    expect(JSON.parse(ran.stdout)).toEqual({
      rcode: 'NOERROR',
      answer: [
        {
          name: '_http._tcp.web.default.svc.cluster.local.',
          ttl: 30,
          type: 'SRV',
          data: '0 100 80 web.default.svc.cluster.local.',
        },
      ],
      authority: [],
      additional: [{ name: 'web.default.svc.cluster.local.', ttl: 30, type: 'A', data: '10.96.0.20' }],
    });
    const none = await podwalk(['dig', 'web.default.svc.cluster.local', 'AAAA', '-o', 'json', ...from]);
    expect(none.code).toBe(1);
    expect(JSON.parse(none.stdout)).toMatchObject({
      rcode: 'NOERROR',
      answer: [],
      authority: [{ type: 'SOA' }],
    });
  });

  it('says on stderr why there is no such name, and exits 1; what dig prints stays as it is', async () => {
    const ran = await podwalk(['dig', 'db.prod.svc.cluster.local', ...from]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toBe('note: there is no namespace prod; did you mean db.shop?\n');
    expect(parseDig(ran.stdout)).toMatchObject({ rcode: 3, answer: [], authority: [{ type: 'SOA' }] });
    const here = await podwalk(['dig', 'db.bare.svc.cluster.local', '+short', ...from]);
    expect(here).toEqual({
      code: 1,
      stdout: '',
      stderr: 'note: namespace bare has no Service db; did you mean db.shop?\n',
    });
  });

  it('searches as resolv.conf says with +search, and not without', async () => {
    expect((await podwalk(['dig', 'web', '+short', ...from])).code).toBe(1);
    const found = await podwalk(['dig', 'web', '+search', '+short', ...from]);
    expect(found).toMatchObject({ code: 0, stdout: '10.96.0.20\n' });
    const shown = await podwalk(['dig', 'nope', '+showsearch', '+noall', '+question', ...from]);
    expect(shown.stdout.split('\n').map((line) => line.split('\t')[0])).toEqual([
      ';nope.default.svc.cluster.local.',
      ';nope.svc.cluster.local.',
      ';nope.cluster.local.',
      ';nope.',
      '',
    ]);
    // Another namespace, another list; a reason that names what may be meant goes before the others.
    const other = await podwalk(['dig', 'web', '+search', '+short', '--from', 'shop/db-0', ...CLUSTER]);
    expect(other.stderr).toBe('note: namespace shop has no Service web; did you mean web.default?\n');
  });

  it('asks for the name of an address with -x', async () => {
    const ran = await podwalk(['dig', '-x', '10.244.1.20', '+short', ...from]);
    expect(ran).toMatchObject({ code: 0, stdout: 'a-0.foo.default.svc.cluster.local.\n' });
  });

  it('asks a resolver outside for a pod on the host network, for a node and for a host outside, which knows no cluster', async () => {
    const pod = `---
apiVersion: v1
kind: Pod
metadata: { name: agent }
spec: { hostNetwork: true, nodeName: node1, containers: [{ name: c, image: x }] }
---
apiVersion: v1
kind: Pod
metadata: { name: alone }
spec:
  nodeName: node1
  dnsPolicy: None
  dnsConfig: { nameservers: [203.0.113.53], searches: [example.com], options: [{ name: ndots, value: '3' }] }
  containers: [{ name: c, image: x }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: 10.96.0.20, ports: [{ port: 80 }] }
---
apiVersion: podwalk/v1
kind: Topology
networks: [{ name: lan, cidr: 192.168.56.0/24, gateway: 192.168.56.1 }]
hosts: [{ name: db.example.com, ip: 203.0.113.50 }]
`;
    const ask = (...words: string[]): ReturnType<typeof podwalk> =>
      podwalk(['dig', ...words, '-f', '-'], { stdin: pod });
    const name = 'web.default.svc.cluster.local';
    for (const who of ['pod/agent', 'node/node1', 'external']) {
      const ran = await ask(name, '--from', who);
      expect(ran.code).toBe(1);
      expect(ran.stdout).toContain(';; SERVER: 192.168.56.1#53(192.168.56.1) (UDP)');
      expect(parseDig(ran.stdout)).toMatchObject({
        rcode: 3,
        authoritative: false,
        recursionAvailable: true,
      });
    }
    const alone = await ask('db', '+search', '--from', 'pod/alone');
    expect(alone.stdout).toContain('db.example.com.		30	IN	A	203.0.113.50');
    expect(alone.stdout).toContain(';; SERVER: 203.0.113.53#53');
    // Without --from: as a pod of the namespace with the usual policy.
    expect(await ask('web', '+search', '+short')).toMatchObject({ code: 0, stdout: '10.96.0.20\n' });
    expect((await ask('web', '+search', '+short', '-n', 'kube-system')).code).toBe(1);
  });

  it('asks another server, by address or by name', async () => {
    const name = 'web.default.svc.cluster.local';
    const outside = await podwalk(['dig', '@192.0.2.53', name, ...from]);
    expect(outside.code).toBe(1);
    expect(outside.stdout).toContain('; (1 server found)\n');
    expect(parseDig(outside.stdout)).toMatchObject({ rcode: 3, recursionAvailable: true });
    const byName = await podwalk(['dig', '@kube-dns.kube-system', name, '+short', ...from]);
    expect(byName).toMatchObject({ code: 0, stdout: '10.96.0.20\n' });
    const nobody = await podwalk(['dig', '@nobody.example', name, ...from]);
    expect(nobody).toMatchObject({ code: 2, stdout: '' });
    expect(nobody.stderr).toMatch(/couldn't get address for 'nobody\.example': not found/);
  });

  it('says as dig does that no server could be reached', async () => {
    const closed = await podwalk(['dig', '@10.244.1.20', 'web', '+tries=2', ...from]);
    expect(closed).toEqual({
      code: 1,
      stderr: 'note: 10.244.1.20 is pod default/pod-a, which answers no DNS queries\n',
      stdout: `;; communications error to 10.244.1.20#53: connection refused
;; communications error to 10.244.1.20#53: connection refused

; <<>> DiG 9.18 (podwalk) <<>> @10.244.1.20 web +tries=2
; (1 server found)
;; global options: +cmd
;; no servers could be reached
`,
    });
    const json = await podwalk(['dig', '@127.0.0.1', 'web', '-o', 'json', ...from]);
    expect(JSON.parse(json.stdout)).toEqual({ rcode: null, answer: [], authority: [], additional: [] });
  });

  it.each([
    [
      ['dig', 'web', '--from', 'pod/web-c'],
      /pod "web-c" not found in namespace "default" \(did you mean "web-[ab]"\?\)/,
    ],
    [['dig'], /missing NAME/],
    [['dig', 'web', 'b'], /"b" is no type of record/],
    [['dig', 'a', '+shrot'], /\+shrot is no option of dig \(did you mean "\+short"\?\)/],
    [['dig', 'a', '+multiline'], /\+multiline is an option of dig that is not modelled/],
    [['dig', 'a', '+bufsize=x'], /\+bufsize=x: it takes a number of bytes/],
    [['dig', 'web', 'TYPE65536'], /"TYPE65536" is no type of record/],
    [['dig', 'a\\.b'], /escapes and letters beyond ASCII are not modelled/],
    [['dig', 'b\u00fccher.example'], /xn--/],
    [['dig', 'a..b'], /'a\.\.b' is not a legal name \(empty label\)/],
    [['dig', '-x', 'web'], /-x web: it is no address/],
    [['dig', '@', 'web'], /@ names no server/],
  ])('%j is bad usage', async (argv, message) => {
    const ran = await podwalk([...argv, ...CLUSTER]);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(message);
  });

  it('names the line of a Corefile that does not parse', async () => {
    const stdin = `
apiVersion: v1
kind: ConfigMap
metadata: { name: coredns, namespace: kube-system }
data:
  Corefile: |
    .:53 {
      kubernetes cluster.local {
        podz insecure
      }
    }
`;
    const ran = await podwalk(['dig', 'web', '-f', '-'], { stdin });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(/error PW240 .*Corefile:3: unknown property 'podz'/);
    expect(ran.stderr).toMatch(/did you mean "pods"/);
  });

  it('asks where kubelets are told that DNS is, in the domain that they are told of', async () => {
    const cluster = (service: string, dns: string): string => `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ${service}, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: a }
spec: { containers: [{ name: c, image: x }] }
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
clusterDNS: [${dns}]
clusterDomain: corp.example
`;
    const ask = (stdin: string): ReturnType<typeof podwalk> =>
      podwalk(['dig', 'web', '+search', '--from', 'pod/a', '-f', '-'], { stdin });
    // The Service of CoreDNS is put where they look for it; a link-local address is a cache on each node.
    for (const dns of ['10.43.0.10', '169.254.20.10']) {
      const ran = await ask(cluster('clusterIP: 10.43.0.20', dns));
      expect(ran.code).toBe(0);
      expect(ran.stdout).toContain('web.default.svc.corp.example. 30 IN	A	10.43.0.20\n');
      expect(ran.stdout).toContain(`;; SERVER: ${dns}#53(${dns}) (UDP)\n`);
    }
    const brings = `
apiVersion: v1
kind: Service
metadata: { name: kube-dns, namespace: kube-system }
spec: { clusterIP: 10.43.0.10, ports: [{ port: 53, protocol: UDP }] }
---
`;
    const wrong = await ask(`${brings}${cluster('clusterIP: 10.43.0.20', '10.43.0.99')}`);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toBe('note: 10.43.0.99 is an address of no Service, which answers no DNS queries\n');
  });

  it('asks by IPv6 in a cluster that has nothing else', async () => {
    const stdin = `
apiVersion: v1
kind: Node
metadata: { name: n1 }
spec: { podCIDR: 'fd00:244:1::/64' }
status: { addresses: [{ type: InternalIP, address: 'fd00:56::11' }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: 'fd00:10:96::20', ipFamilies: [IPv6], ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: a }
spec: { containers: [{ name: c, image: x }] }
`;
    const ran = await podwalk(['dig', 'web', 'AAAA', '+search', '--from', 'pod/a', '-f', '-'], { stdin });
    expect(ran.stdout).toContain('web.default.svc.cluster.local. 30 IN	AAAA	fd00:10:96::20\n');
    expect(ran.stdout).toContain(';; SERVER: fd00:10:96::a#53(fd00:10:96::a) (UDP)\n');
    const conf = await podwalk(['dump', 'resolv-conf', '--pod', 'a', '-f', '-'], { stdin });
    expect(conf.stdout).toContain('nameserver fd00:10:96::a\n');
  });

  it('refuses or fails as a CoreDNS without the kubernetes plugin does', async () => {
    const corefile = (block: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: { name: coredns, namespace: kube-system }
data:
  Corefile: |
    ${block}
`;
    const name = 'web.default.svc.cluster.local';
    const forwards = await podwalk(['dig', name, '-f', '-'], {
      stdin: corefile('.:53 { \n      forward . 192.0.2.53\n    }'),
    });
    expect(parseDig(forwards.stdout)).toMatchObject({ rcode: 3 });
    const other = await podwalk(['dig', name, '-f', '-'], {
      stdin: corefile('example.org:53 {\n      errors\n    }'),
    });
    expect(parseDig(other.stdout)).toMatchObject({ rcode: 5 });
    expect(other.stderr).toMatch(/no server block of the Corefile is for web\.default\.svc\.cluster\.local/);
  });
});
