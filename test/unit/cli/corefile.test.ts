import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

/** A cluster with one Service, the hosts outside, and whatever else. */
function cluster(corefile: string, ...more: readonly string[]): string {
  const indented = corefile.replaceAll('\n', '\n    ');
  return [
    'apiVersion: v1\nkind: Pod\nmetadata: { name: client, labels: { app: client } }\nspec: { containers: [{ name: c, image: i }] }',
    'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { clusterIP: 10.96.0.20, selector: { app: client }, ports: [{ port: 80 }] }',
    'apiVersion: podwalk/v1\nkind: Topology\nhosts: [{ name: db.example.com, ip: 203.0.113.50 }, { name: git.corp, ip: 203.0.113.60 }]',
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: coredns, namespace: kube-system }\ndata:\n  Corefile: |\n    ${indented}`,
    ...more,
  ].join('\n---\n');
}

const dig = (stdin: string, ...argv: readonly string[]) =>
  podwalk(['dig', ...argv, '--from', 'pod/client', '-f', '-'], { stdin });
const lint = async (corefile: string, ...more: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await podwalk(['lint', '-f', '-'], { stdin: cluster(corefile, ...more) });
  return `${stdout}${stderr}`;
};

const USUAL = 'kubernetes cluster.local in-addr.arpa ip6.arpa\n  forward . /etc/resolv.conf';

describe('a Corefile', () => {
  it('answers for this host by plugin local, and everything by plugin any', async () => {
    const text = cluster(`.:53 {\n  local\n  any\n  ${USUAL}\n}`);
    expect((await dig(text, 'localhost', '+short')).stdout).toBe('127.0.0.1\n');
    expect((await dig(text, 'localhost', 'AAAA', '+short')).stdout).toBe('::1\n');
    expect((await dig(text, '-x', '127.0.0.1', '+short')).stdout).toBe('localhost.\n');
    expect((await dig(text, '-x', '127.0.0.2')).stdout).toContain('status: NXDOMAIN');
    const any = await dig(text, 'web.default.svc.cluster.local', 'ANY', '+noall', '+answer');
    expect(any.stdout).toMatch(/8482\s+IN\s+HINFO\s+"ANY obsoleted" "See RFC 8482"/);
    expect((await dig(text, 'web.default.svc.cluster.local', '+short')).stdout).toBe('10.96.0.20\n');
  });

  it('sets and clears bits of the header, of what is answered and not of failures', async () => {
    const text = cluster(
      '.:53 {\n  header {\n    response set ra\n    response clear aa\n  }\n  kubernetes cluster.local\n}',
    );
    expect((await dig(text, 'web.default.svc.cluster.local')).stdout).toMatch(/flags: qr rd ra;/);
    expect((await dig(text, 'db.example.com')).stdout).toMatch(/status: SERVFAIL[\s\S]*flags: qr rd;/);
    expect(await lint('.:53 {\n  header {\n    response set tc\n  }\n}')).toMatch(
      /PW240 Corefile:3: .*unsupported flag=tc/,
    );
  });

  it('answers from the lines of plugin hosts, and from the next plugin only where it falls through', async () => {
    const hosts = (more: string): string =>
      cluster(
        `.:53 {\n  hosts {\n    10.0.0.9 Old.Corp old\n    fd00::9 old.corp${more}\n  }\n  ${USUAL}\n}`,
      );
    const through = hosts('\n    ttl 60\n    fallthrough');
    expect((await dig(through, 'old.corp', '+noall', '+answer')).stdout).toMatch(/60\s+IN\s+A\s+10\.0\.0\.9/);
    expect((await dig(through, 'OLD.corp', 'AAAA', '+short')).stdout).toBe('fd00::9\n');
    expect((await dig(through, '-x', '10.0.0.9', '+short')).stdout).toBe('old.corp.\nold.\n');
    expect((await dig(through, 'db.example.com', '+short')).stdout).toBe('203.0.113.50\n');
    const ends = await dig(hosts(''), 'db.example.com');
    expect(ends.stdout).toContain('status: SERVFAIL');
    expect(ends.stderr).toContain('plugin hosts does not have db.example.com.');
    // The lines of a file that is a key of the same ConfigMap, as k3s writes it.
    const file = cluster(
      `.:53 {\n  hosts /etc/coredns/NodeHosts {\n    fallthrough\n  }\n  ${USUAL}\n}\n`,
    ).replace('data:\n', 'data:\n  NodeHosts: |\n    192.168.56.11 server-1 # the first\n');
    expect((await dig(file, 'server-1', '+short')).stdout).toBe('192.168.56.11\n');
  });

  it('leaves out of forward what is excepted', async () => {
    const text = cluster(
      '.:53 {\n  kubernetes cluster.local\n  forward . 203.0.113.53 tls://203.0.113.54 {\n    except corp\n    policy sequential\n  }\n}',
    );
    expect((await dig(text, 'db.example.com', '+short')).stdout).toBe('203.0.113.50\n');
    const except = await dig(text, 'git.corp');
    expect(except.stdout).toContain('status: SERVFAIL');
    expect(except.stderr).toContain('forwards git.corp. nowhere');
  });

  it.each([
    ['forward . resolver.corp', 'not an IP address or file: "resolver.corp"'],
    ['forward . grpc://10.0.0.1', "'grpc' is not supported as a destination protocol"],
    ['forward .', "Wrong argument count or unexpected line ending after '.'"],
    ['forward . 10.0.0.1 {\n    polcy random\n  }', "unknown property 'polcy'"],
    ['kuberntes cluster.local', "Unknown directive 'kuberntes'"],
    ['hosts {\n    falltrough\n  }', "unknown property 'falltrough'"],
  ])('that CoreDNS refuses is an error: %s', async (line, message) => {
    expect(await lint(`.:53 {\n  ${line}\n}`)).toContain(message);
  });

  it('takes names of resolvers where the CoreDNS of the cluster does', async () => {
    const deployment = (version: string): string =>
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: coredns, namespace: kube-system }\nspec:\n  selector: { matchLabels: { k8s-app: kube-dns } }\n  template:\n    metadata: { labels: { k8s-app: kube-dns } }\n    spec: { containers: [{ name: coredns, image: "registry.k8s.io/coredns/coredns:${version}", env: [{ name: UP, value: 203.0.113.53 }] }] }`;
    const corefile = '.:53 {\n  forward . dns.example.com\n}';
    expect(await lint(corefile, deployment('v1.14.3'))).not.toContain('PW240');
    expect(await lint(corefile, deployment('v1.14.2'))).toContain('as this 1.14.2');
    const variable = '.:53 {\n  forward . {$UP}\n}';
    expect(await lint(variable, deployment('v1.12.0'))).not.toMatch(/PW24/);
    expect(await lint(variable)).toMatch(/PW241 Corefile:2: the environment variable UP is not in the input/);
  });

  it.each(['fanout', 'kubernetai', 'k8s_gateway', 'records', 'somebodys_own'])(
    'with plugin %s, which somebody built in, is a warning, and everything else is answered',
    async (plugin) => {
      const text = cluster(`.:53 {\n  kubernetes cluster.local\n  ${plugin} .\n}`);
      const { code, stdout, stderr } = await dig(text, 'web.default.svc.cluster.local', '+short');
      expect([code, stdout]).toEqual([0, '10.96.0.20\n']);
      expect(stderr).toMatch(new RegExp(`warning PW241 Corefile:3: plugin ${plugin} is none`));
      const other = await dig(text, 'db.example.com');
      expect(other.stderr).toContain(`plugin ${plugin}, which is not modelled, may answer it`);
    },
  );

  it('imports the keys of coredns-custom, inside its block and beside it', async () => {
    const custom =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: coredns-custom, namespace: kube-system }\ndata:\n  a.override: |\n    hosts {\n      10.0.0.9 old.corp\n      fallthrough\n    }\n  corp.server: |\n    corp:53 {\n      errors\n      forward . 203.0.113.53\n    }\n  notes.txt: no Corefile';
    const text = cluster(
      `.:53 {\n  ${USUAL}\n  import custom/*.override\n}\nimport /etc/coredns/custom/*.server`,
      custom,
    );
    expect((await dig(text, 'old.corp.', '+short')).stdout).toBe('');
    expect((await dig(text, 'git.corp', '+short')).stdout).toBe('203.0.113.60\n');
    expect(
      (await dig(text.replace('10.0.0.9 old.corp', '10.0.0.9 old.example'), 'old.example', '+short')).stdout,
    ).toBe('10.0.0.9\n');
    const wrong = await dig(text.replace('errors', 'erors'), 'git.corp');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/PW240 corp\.server:2: Unknown directive 'erors'/);
  });

  it('serves one zone by several transports, and by several addresses', async () => {
    const all = `tls://. https://. .:53 {\n  tls a b\n  ${USUAL}\n}`;
    expect(await lint(all)).not.toContain('PW240');
    const twice = (bind: string): string =>
      `.:53 {\n  bind 10.0.0.1\n  ${USUAL}\n}\n.:53 {\n  bind ${bind}\n  ${USUAL}\n}`;
    expect(await lint(twice('10.0.0.2'))).not.toContain('PW240');
    expect(await lint(twice('10.0.0.1'))).toContain('it is already defined');
  });
});

describe('a query that CoreDNS forwards', () => {
  const stub = `.:53 {\n  ${USUAL}\n}\ncorp:53 {\n  forward . 203.0.113.53 203.0.113.54\n}`;
  const only = (cidr: string): string =>
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: dns, namespace: kube-system }\nspec: { podSelector: { matchLabels: { k8s-app: kube-dns } }, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: ${cidr} } }] }] }`;

  it.each([
    ['192.168.56.1/32', 'git.corp', 'SERVFAIL'],
    ['203.0.113.53/32', 'git.corp', 'NOERROR'],
    // The first does not answer: it asks the next.
    ['203.0.113.54/32', 'git.corp', 'NOERROR'],
    ['203.0.113.53/32', 'db.example.com', 'SERVFAIL'],
    ['192.168.56.1/32', 'db.example.com', 'NOERROR'],
  ])('goes where the Corefile says: with egress to %s alone %s is %s', async (cidr, name, rcode) => {
    const walked = await dig(cluster(stub, only(cidr)), name, '--walk');
    expect(walked.stdout).toContain(`status: ${rcode}`);
    if (rcode === 'SERVFAIL') expect(walked.stderr).toContain('CoreDNS could not ask its resolver');
  });

  it('to a resolver in the cluster is not known, and that is said', async () => {
    const dnsmasq =
      'apiVersion: v1\nkind: Pod\nmetadata: { name: dnsmasq, labels: { app: dnsmasq } }\nspec: { containers: [{ name: c, image: i, ports: [{ containerPort: 53, protocol: UDP }] }] }\n---\napiVersion: v1\nkind: Service\nmetadata: { name: dnsmasq }\nspec: { clusterIP: 10.96.0.53, selector: { app: dnsmasq }, ports: [{ port: 53, protocol: UDP }] }';
    const text = cluster(`.:53 {\n  ${USUAL}\n}\ncorp:53 {\n  forward . 10.96.0.53\n}`, dnsmasq);
    const walked = await podwalk(['trace', 'pod/client', 'http://git.corp', '-f', '-'], { stdin: text });
    expect(walked.stdout).toMatch(/verdict +UNKNOWN/);
    expect(walked.stdout).toContain('what default/dnsmasq answers to DNS queries is not modelled');
  });

  it('over TLS goes by TCP port 853', async () => {
    const policy = only('203.0.113.53/32').replace('to: [', 'ports: [{ port: 853, protocol: TCP }], to: [');
    const at = (upstream: string): string =>
      cluster(`.:53 {\n  kubernetes cluster.local\n  forward . ${upstream}\n}`, policy);
    expect((await dig(at('tls://203.0.113.53'), 'git.corp', '--walk')).stdout).toContain('status: NOERROR');
    expect((await dig(at('203.0.113.53'), 'git.corp', '--walk')).stdout).toContain('status: SERVFAIL');
  });
});
