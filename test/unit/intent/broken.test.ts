import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Break, buildCluster } from '../../../src/cluster/index.ts';
import { diagnose } from '../../../src/intent/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';
import { answer, type Question, type Reason, type Verdict } from '../../../src/trace/index.ts';

/**
 * Clusters in which one thing is wrong. Each walk ends where the real kernel ends it (Linux 6.18, network namespaces:
 * the same commands, then a connection; afterwards the proposed change and another one), names the culprit, and what
 * is proposed makes it deliver: commands are run as further breaks, a change of an object is made in the manifest.
 */
const FOLDER = fileURLToPath(new URL('../../../topologies/', import.meta.url));

interface Broken {
  /** What is asked; the client asks the Service unless said. */
  readonly ask?: Partial<Question>;
  readonly ends: readonly [Verdict, Reason];
  readonly culprit: string;
  readonly mend: string;
  /** What to replace in the manifest, for what no command mends. */
  readonly edit?: readonly [from: string, to: string];
}

const web0 = { source: 'pod/web-0' };
const outside = { source: 'external' };
const localhost = { source: 'node/node1', destination: '127.0.0.1:30080' };
const ROUTE = '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink';
const MASQUERADE =
  '-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully';
const PORTALS = '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES';

const TABLE: Readonly<Record<string, Broken>> = {
  'bridge-nf': {
    ends: ['timeout', 'REPLY_FROM_WRONG_ADDRESS'],
    culprit: 'node1: net.bridge.bridge-nf-call-iptables is 0, not 1',
    mend: 'node1: sysctl -w net.bridge.bridge-nf-call-iptables=1',
  },
  'cni0-down': {
    ends: ['timeout', 'LEFT_CLUSTER'],
    culprit: 'node2: cni0 is down',
    mend: 'node2: ip link set cni0 up',
  },
  'eth0-down': {
    ends: ['timeout', 'NO_ROUTE'],
    culprit: 'node1: eth0 is down',
    mend: 'node1: ip link set eth0 up; node1: ip route add default via 192.168.56.1 dev eth0',
  },
  'fdb-missing': {
    ends: ['timeout', 'NO_FDB_ENTRY'],
    culprit: 'node1: FDB entry f6:d6:83:f9:a0:52 dev flannel.1 is missing',
    mend: 'node1: bridge fdb replace f6:d6:83:f9:a0:52 dev flannel.1 dst 192.168.56.12',
  },
  'fdb-wrong': {
    ends: ['timeout', 'NEIGHBOUR_UNREACHABLE'],
    culprit: 'node1: FDB entry f6:d6:83:f9:a0:52 dev flannel.1 leads to 192.168.56.99, not to 192.168.56.12',
    mend: 'node1: bridge fdb replace f6:d6:83:f9:a0:52 dev flannel.1 dst 192.168.56.12',
  },
  'flannel-down': {
    ends: ['timeout', 'LEFT_CLUSTER'],
    culprit: 'node1: flannel.1 is down',
    mend: `node1: ip link set flannel.1 up; node1: ip route add ${ROUTE}; node1: ip neigh replace 10.244.2.0 lladdr f6:d6:83:f9:a0:52 dev flannel.1 nud permanent`,
  },
  'forward-drop': {
    ends: ['timeout', 'DROP_RULE'],
    culprit: 'node1: rule 1 of filter FORWARD was added by hand: -s 10.244.0.0/16 -j DROP',
    mend: 'node1: iptables -D FORWARD -s 10.244.0.0/16 -j DROP',
  },
  'forward-policy': {
    ends: ['timeout', 'DROP_POLICY'],
    culprit: 'node1: policy of filter FORWARD is DROP, not ACCEPT',
    mend: 'node1: iptables -P FORWARD ACCEPT',
  },
  hairpin: {
    ask: web0,
    ends: ['timeout', 'HAIRPIN_DISABLED'],
    culprit: 'node1: hairpin mode of veth53842afe is off',
    mend: 'node1: bridge link set dev veth53842afe hairpin on',
  },
  'input-vxlan': {
    ends: ['timeout', 'DROP_RULE'],
    culprit: 'node2: rule 1 of filter INPUT was added by hand: -p udp -m udp --dport 8472 -j DROP',
    mend: 'node2: iptables -D INPUT -p udp -m udp --dport 8472 -j DROP',
  },
  'internal-policy': {
    ends: ['timeout', 'DROP_RULE'],
    culprit: 'Service default/web: spec.internalTrafficPolicy is Local, and its endpoints are on node2 only',
    mend: 'Service default/web: spec.internalTrafficPolicy: Cluster',
    edit: ['internalTrafficPolicy: Local', 'internalTrafficPolicy: Cluster'],
  },
  'ip-forward': {
    ends: ['timeout', 'FORWARDING_DISABLED'],
    culprit: 'node2: net.ipv4.ip_forward is 0, not 1',
    mend: 'node2: sysctl -w net.ipv4.ip_forward=1',
  },
  'local-policy': {
    ask: outside,
    ends: ['timeout', 'DROP_RULE'],
    culprit: 'Service default/web: spec.externalTrafficPolicy is Local, and its endpoints are on node2 only',
    mend: 'Service default/web: spec.externalTrafficPolicy: Cluster',
    edit: ['externalTrafficPolicy: Local', 'externalTrafficPolicy: Cluster'],
  },
  'localhost-node-ports': {
    ask: localhost,
    ends: ['refused', 'NO_LISTENER'],
    culprit:
      'KubeProxyConfiguration kube-proxy: iptables.localhostNodePorts is false: node ports are not open on 127.0.0.1',
    mend: 'KubeProxyConfiguration kube-proxy: iptables.localhostNodePorts: true',
    edit: ['localhostNodePorts: false', 'localhostNodePorts: true'],
  },
  localnet: {
    ask: localhost,
    ends: ['timeout', 'MARTIAN_SOURCE'],
    culprit: 'node1: net.ipv4.conf.all.route_localnet is 0, not 1',
    mend: 'node1: sysctl -w net.ipv4.conf.all.route_localnet=1',
  },
  masquerade: {
    ask: web0,
    ends: ['timeout', 'MARTIAN_SOURCE'],
    culprit: `node1: rule 3 of nat KUBE-POSTROUTING is missing: ${MASQUERADE}`,
    mend: `node1: iptables -t nat -A KUBE-POSTROUTING ${MASQUERADE}`,
  },
  'masquerade-outside': {
    ask: { destination: '203.0.113.50:5432' },
    ends: ['timeout', 'REPLY_LOST'],
    culprit: 'node1: chain nat FLANNEL-POSTRTG is empty: its 6 rules are missing',
    mend: 'node1: iptables -t nat -A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN; ',
  },
  mtu: {
    ask: { destination: 'pod/web-0', protocol: 'icmp', size: 1000, df: true },
    ends: ['unreachable', 'FRAG_NEEDED'],
    culprit: 'node1: mtu of flannel.1 is 500, not 1450',
    mend: 'node1: ip link set flannel.1 mtu 1450',
  },
  'neighbour-missing': {
    ends: ['unreachable', 'NEIGHBOUR_UNREACHABLE'],
    culprit: 'node1: neighbour 10.244.2.0 dev flannel.1 is missing',
    mend: 'node1: ip neigh replace 10.244.2.0 lladdr f6:d6:83:f9:a0:52 dev flannel.1 nud permanent',
  },
  'neighbour-wrong': {
    ends: ['timeout', 'NO_FDB_ENTRY'],
    culprit:
      'node1: neighbour 10.244.2.0 dev flannel.1 is 02:00:00:00:00:99 PERMANENT, not f6:d6:83:f9:a0:52 PERMANENT',
    mend: 'node1: ip neigh replace 10.244.2.0 lladdr f6:d6:83:f9:a0:52 dev flannel.1 nud permanent',
  },
  'not-ready': {
    ends: ['refused', 'REJECT_RULE'],
    culprit: 'Pod default/web-0: status.conditions say that it is not ready',
    mend: 'Pod default/web-0: status.conditions: a condition Ready that is "True"',
    edit: ['type: Ready, status: "False"', 'type: Ready, status: "True"'],
  },
  'pod-address': {
    ends: ['unreachable', 'NEIGHBOUR_UNREACHABLE'],
    culprit: 'default/web-0: address 10.244.2.2/24 dev eth0 is missing',
    mend: 'pod/default/web-0: ip addr add 10.244.2.2/24 brd + dev eth0; pod/default/web-0: ip route add 10.244.0.0/16 via 10.244.2.1 dev eth0; pod/default/web-0: ip route add default via 10.244.2.1 dev eth0',
  },
  'pod-eth0-down': {
    ends: ['unreachable', 'NEIGHBOUR_UNREACHABLE'],
    culprit: 'default/web-0: eth0 is down',
    mend: 'pod/default/web-0: ip link set eth0 up; pod/default/web-0: ip route add 10.244.0.0/16 via 10.244.2.1 dev eth0; pod/default/web-0: ip route add default via 10.244.2.1 dev eth0',
  },
  'pod-gateway': {
    ends: ['unreachable', 'NEIGHBOUR_UNREACHABLE'],
    culprit:
      'default/client: route default via 10.244.1.99 dev eth0 is there instead of default via 10.244.1.1 dev eth0',
    mend: 'pod/default/client: ip route replace default via 10.244.1.1 dev eth0',
  },
  'policy-rule': {
    ends: ['unreachable', 'UNREACHABLE_ROUTE'],
    culprit: 'node1: policy rule from 10.244.1.0/24 lookup 99 priority 100 was added by hand',
    mend: 'node1: ip rule del from 10.244.1.0/24 lookup 99 priority 100',
  },
  'port-detached': {
    ends: ['unreachable', 'NEIGHBOUR_UNREACHABLE'],
    culprit: 'node2: veth53842afe is no port of cni0',
    mend: 'node2: ip link set veth53842afe master cni0; node2: bridge link set dev veth53842afe hairpin on',
  },
  'route-blackhole': {
    ends: ['timeout', 'BLACKHOLE_ROUTE'],
    culprit: 'node1: route blackhole 10.244.2.2 was added by hand',
    mend: 'node1: ip route del blackhole 10.244.2.2',
  },
  'route-removed': {
    ends: ['timeout', 'LEFT_CLUSTER'],
    culprit: `node1: route ${ROUTE} is missing`,
    mend: `node1: ip route add ${ROUTE}`,
  },
  'route-wrong': {
    ends: ['timeout', 'LEFT_CLUSTER'],
    culprit: `node1: route 10.244.2.0/24 via 192.168.56.1 dev eth0 is there instead of ${ROUTE}`,
    mend: `node1: ip route replace ${ROUTE}`,
  },
  'rp-filter': {
    ends: ['timeout', 'RP_FILTER'],
    culprit: 'node2: net.ipv4.conf.all.rp_filter is 1, not 0',
    mend: 'node2: sysctl -w net.ipv4.conf.all.rp_filter=0',
  },
  selector: {
    ends: ['refused', 'REJECT_RULE'],
    culprit: 'Service default/web: spec.selector app=wbe matches no pod',
    mend: 'Service default/web: spec.selector: {app: web}, as default/web-0 is labelled',
    edit: ['selector: { app: wbe }', 'selector: { app: web }'],
  },
  'selector-key': {
    ends: ['refused', 'REJECT_RULE'],
    culprit: 'Service default/web: spec.selector ap=web matches no pod',
    mend: 'Service default/web: spec.selector: {app: web}, as default/web-0 is labelled',
    edit: ['selector: { ap: web }', 'selector: { app: web }'],
  },
  'service-chain': {
    ends: ['timeout', 'LEFT_CLUSTER'],
    culprit: 'node1: chain nat KUBE-SVC-CDGGSHYLG3RE2FKL is empty: its 2 rules are missing',
    mend: 'node1: iptables -t nat -A KUBE-SVC-CDGGSHYLG3RE2FKL ! -s 10.244.0.0/16 -d 10.96.0.10/32 ',
  },
  'services-jump': {
    ends: ['timeout', 'LEFT_CLUSTER'],
    culprit: `node1: rule 1 of nat PREROUTING is missing: ${PORTALS}`,
    mend: `node1: iptables -t nat -A PREROUTING ${PORTALS}`,
  },
  'source-ranges': {
    ask: outside,
    ends: ['timeout', 'DROP_RULE'],
    culprit: 'Service default/web: spec.loadBalancerSourceRanges 203.0.113.0/24 does not hold 192.168.56.100',
    mend: 'Service default/web: add 192.168.56.100/32 to spec.loadBalancerSourceRanges',
    edit: ['[203.0.113.0/24]', '[203.0.113.0/24, 192.168.56.100/32]'],
  },
  'target-port': {
    ends: ['refused', 'NO_LISTENER'],
    culprit:
      'Service default/web: spec.ports[0].targetPort 8081 is a port on which its pods are not taken to listen: they declare 8080 (http) (if they listen there undeclared, the annotation podwalk.dev/listens: tcp/8081 says so)',
    mend: 'Service default/web: spec.ports[0].targetPort: 8080',
    edit: ['targetPort: 8081', 'targetPort: 8080'],
  },
  'target-port-name': {
    ends: ['refused', 'REJECT_RULE'],
    culprit: 'Service default/web: spec.ports[0].targetPort "htpp" is the name of no container port',
    mend: 'Service default/web: spec.ports[0].targetPort: http',
    edit: ['targetPort: htpp', 'targetPort: http'],
  },
};

function manifest(name: string): string {
  return readFileSync(`${FOLDER}broken-${name}/cluster.yaml`, 'utf8');
}

function cluster(text: string, breaks: readonly Break[] = []): ReturnType<typeof buildCluster> {
  const loaded = loadCluster([{ file: 'cluster.yaml', text }]);
  const built = buildCluster(loaded.objects, { breaks });
  const errors = [...loaded.diagnostics, ...built.diagnostics].filter((d) => d.severity === 'error');
  expect(errors).toEqual([]);
  return built;
}

function question({ ask }: Broken): Question {
  return { source: 'pod/client', destination: 'svc/web', namespace: 'default', ...ask };
}

const ALL = { all: true };

function walk(built: ReturnType<typeof buildCluster>, broken: Broken): ReturnType<typeof answered> {
  return answered(answer(built, question(broken), ALL));
}

function answered(result: ReturnType<typeof answer>): Extract<typeof result, { ok: true }>['value']['trace'] {
  if (!result.ok) throw new Error(result.error.message);
  return result.value.trace;
}

describe('a broken cluster', () => {
  it('of every kind in topologies/ is in this table', () => {
    const folders = readdirSync(FOLDER).filter((name) => name.startsWith('broken-'));
    expect(Object.keys(TABLE).map((name) => `broken-${name}`)).toEqual(folders.sort());
    expect(folders.length).toBeGreaterThanOrEqual(20);
  });

  it.each(Object.entries(TABLE))('%s ends where it should, and its mend delivers', (name, broken) => {
    const built = cluster(manifest(name));
    const trace = walk(built, broken);
    expect(trace.paths.map(({ verdict, reason }) => [verdict, reason])).toEqual([broken.ends]);

    const diagnosis = diagnose(built, { question: question(broken), options: ALL, trace });
    const { culprit, mend } = diagnosis ?? {};
    expect(`${culprit?.place}: ${culprit?.what}`).toBe(broken.culprit);
    expect(mend?.verified).toBe(true);
    expect(mend?.text.slice(0, broken.mend.length)).toBe(broken.mend);

    const { edit } = broken;
    if (edit === undefined) {
      const breaks = (mend?.commands ?? []).map((command) => {
        const colon = command.indexOf(': ');
        return { on: command.slice(0, colon), run: command.slice(colon + 2) };
      });
      expect(breaks.length).toBeGreaterThan(0);
      expect(walk(cluster(manifest(name), breaks), broken).verdict).toBe('delivered');
    } else {
      expect(mend?.commands).toBeUndefined();
      expect(manifest(name)).toContain(edit[0]);
      expect(walk(cluster(manifest(name).replace(edit[0], edit[1])), broken).verdict).toBe('delivered');
    }
  });

  it.each(Object.entries(TABLE))('%s is the same after it was diagnosed', (name, broken) => {
    const built = cluster(manifest(name));
    const before = walk(built, broken);
    diagnose(built, { question: question(broken), options: ALL, trace: before });
    expect(walk(built, broken)).toEqual(before);
  });

  it('in two ways has a mend of two changes, the first fault being the culprit', () => {
    const text = manifest('target-port').replace('selector: { app: web }', 'selector: { app: webb }');
    expect(text).not.toBe(manifest('target-port'));
    const built = cluster(text);
    const asked: Broken = { ends: ['refused', 'REJECT_RULE'], culprit: '', mend: '' };
    const trace = walk(built, asked);
    expect(trace.paths.map(({ verdict, reason }) => [verdict, reason])).toEqual([asked.ends]);
    const { culprit, mend } = diagnose(built, { question: question(asked), options: ALL, trace }) ?? {};
    expect(culprit).toMatchObject({
      place: 'Service default/web',
      what: 'spec.selector app=webb matches no pod',
    });
    expect(mend?.verified).toBe(true);
    expect(mend?.text).toMatch(
      /^Service default\/web: spec\.selector: \{app: web\}.*; Service default\/web: spec\.ports\[0\]\.targetPort: 8080$/,
    );
    const mended = text
      .replace('selector: { app: webb }', 'selector: { app: web }')
      .replace('targetPort: 8081', 'targetPort: 8080');
    expect(walk(cluster(mended), asked).verdict).toBe('delivered');
  });
});
