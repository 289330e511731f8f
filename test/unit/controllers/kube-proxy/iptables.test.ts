import { describe, expect, test } from 'vitest';
import { hash16, ip } from '../../../../src/addr/index.ts';
import {
  type KubeProxyInput,
  kubeProxySysctls,
  kubeProxyTables,
} from '../../../../src/controllers/kube-proxy/index.ts';
import { endpointChain, serviceChains } from '../../../../src/controllers/kube-proxy/iptables/chain-names.ts';
import { parseIptablesSave, printIptablesSave } from '../../../../src/formats/index.ts';
import { formatOrigin, type Rule } from '../../../../src/kernel/index.ts';
import { loadGolden, proxyInput, rulesetAfter } from '../../../support/kube-proxy-golden.ts';
import {
  cidrs,
  config,
  endpoint,
  input,
  meta,
  node,
  savedLines,
  service,
  slice,
} from '../../../support/kube-proxy-objects.ts';

/** Every rule of the tables with its chain: those that come with a chain, then those that are added. */
function rulesOf(given: KubeProxyInput): { readonly chain: string; readonly rule: Rule }[] {
  return kubeProxyTables(given, 4).flatMap(({ sharedChains = [], rules }) => [
    ...sharedChains.flatMap((chain) => chain.rules.map((rule) => ({ chain: chain.name, rule }))),
    ...rules,
  ]);
}

describe('chain names', () => {
  test.each([
    ['default/kubernetes:https', 'tcp', 'NPX46M4PTMTKRN6Y'],
    ['kube-system/kube-dns:dns', 'udp', 'TCOU7JCQXEZGVUNU'],
    ['kube-system/kube-dns:dns-tcp', 'tcp', 'ERIFXISQEP7F7OF4'],
    ['default/nginx', 'tcp', '2CMXP7HKUVJN7L6M'],
  ])('%s %s hashes to %s', (name, protocol, hash) => {
    expect(serviceChains(name, protocol).svc).toBe(`KUBE-SVC-${hash}`);
    expect(hash16(name + protocol)).toBe(hash);
  });

  test('an endpoint of two services has two chains', () => {
    expect(endpointChain('default/a', 'tcp', '10.0.0.1:80')).not.toBe(
      endpointChain('default/b', 'tcp', '10.0.0.1:80'),
    );
  });
});

describe('rules are in the form in which the kernel gives them back', () => {
  const withoutOrigin = (rule: Rule): unknown => ({ ...rule, origin: undefined });
  test.each(['random-025', 'session-affinity-local', 'loadbalancer-source-ranges', 'dual-stack-lb'])(
    '%s: parsing the saved text gives equal rules',
    (name) => {
      const objects = loadGolden(name);
      for (const family of [4, 6] as const) {
        const ruleset = rulesetAfter(proxyInput(objects, 'node1'), family);
        const parsed = parseIptablesSave(printIptablesSave(ruleset), { family });
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
        for (const [table, { chains }] of ruleset.tables) {
          for (const [chain, { rules }] of chains) {
            const read = parsed.ruleset.tables.get(table)?.chains.get(chain)?.rules ?? [];
            expect(read.map(withoutOrigin)).toEqual(rules.map(withoutOrigin));
          }
        }
      }
    },
  );
});

describe('local traffic is told apart', () => {
  test.each([
    [config({ clusterCIDR: cidrs('10.244.0.0/16') }), '! -s 10.244.0.0/16 -d 10.96.0.11/32 -p tcp'],
    [config({ detectLocalMode: 'NodeCIDR' }), '! -s 10.244.1.0/24 -d 10.96.0.11/32 -p tcp'],
    [
      config({ detectLocalMode: 'BridgeInterface', bridgeInterface: 'cni0' }),
      '-d 10.96.0.11/32 ! -i cni0 -p tcp',
    ],
    [
      config({ detectLocalMode: 'InterfaceNamePrefix', interfaceNamePrefix: 'veth' }),
      '-d 10.96.0.11/32 ! -i veth+ -p tcp',
    ],
  ])('%#', (settings, text) => {
    const chain = serviceChains('default/web', 'tcp').svc;
    expect(savedLines(input({ config: settings }), 4, /-j KUBE-MARK-MASQ$/)).toContain(
      `-A ${chain} ${text} -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
    );
  });

  test('without a prefix of the family nothing but hairpin traffic is marked', () => {
    const settings = config({ clusterCIDR: cidrs('fd00:244::/48') });
    const marked = savedLines(input({ config: settings }), 4, /-j KUBE-MARK-MASQ$/);
    expect(marked.every((line) => line.startsWith('-A KUBE-SEP-'))).toBe(true);
    expect(marked).toHaveLength(2);
  });

  test('masqueradeAll marks all ClusterIP traffic', () => {
    const settings = config({
      iptables: { masqueradeAll: true, masqueradeBit: 14, localhostNodePorts: true },
    });
    expect(savedLines(input({ config: settings }), 4, /cluster IP.*-j KUBE-MARK-MASQ$/)).toEqual([
      `-A ${serviceChains('default/web', 'tcp').svc} -d 10.96.0.11/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
    ]);
  });

  test('another masquerade bit is used in all four places', () => {
    const settings = config({
      iptables: { masqueradeAll: false, masqueradeBit: 31, localhostNodePorts: true },
    });
    expect(savedLines(input({ config: settings }), 4, /0x80000000/)).toHaveLength(4);
  });
});

describe('NodePort addresses', () => {
  const tail = (settings: ReturnType<typeof config>, family: 4 | 6): string[] =>
    savedLines(input({ config: settings }), family, /must be the last rule/).map((line) =>
      line.replace(/ -m comment --comment "[^"]*"/, ''),
    );

  test('by default every local address, but not [::1]', () => {
    expect(tail(config(), 4)).toEqual(['-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS']);
    expect(tail(config(), 6)).toEqual([
      '-A KUBE-SERVICES ! -d ::1/128 -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    ]);
  });

  test('prefixes of one family leave the other as it is', () => {
    const settings = config({ nodePortAddresses: cidrs('192.168.56.0/24') });
    expect(tail(settings, 4)).toEqual(['-A KUBE-SERVICES -d 192.168.56.11/32 -j KUBE-NODEPORTS']);
    expect(tail(settings, 6)).toHaveLength(1);
    expect(tail(settings, 6)[0]).toContain('--dst-type LOCAL');
  });

  test('loopback among the prefixes keeps 127.0.0.1, the guard and route_localnet', () => {
    const settings = config({ nodePortAddresses: cidrs('127.0.0.0/8', '192.168.56.0/24') });
    expect(tail(settings, 4)).toEqual([
      '-A KUBE-SERVICES -d 127.0.0.1/32 -j KUBE-NODEPORTS',
      '-A KUBE-SERVICES -d 192.168.56.11/32 -j KUBE-NODEPORTS',
    ]);
    expect(savedLines(input({ config: settings }), 4, /-A KUBE-FIREWALL/)).toHaveLength(1);
    expect(kubeProxySysctls(settings).at(-1)).toMatchObject({
      key: 'net.ipv4.conf.all.route_localnet',
      value: '1',
    });
  });

  test('without loopback 127.0.0.1 is not served', () => {
    const settings = config({ nodePortAddresses: cidrs('192.168.56.0/24') });
    expect(savedLines(input({ config: settings }), 4, /-A KUBE-FIREWALL/)).toEqual([]);
    expect(kubeProxySysctls(settings).map(({ key }) => key)).not.toContain(
      'net.ipv4.conf.all.route_localnet',
    );
  });

  test('localhostNodePorts: false takes 127.0.0.0/8 out even where it is a prefix', () => {
    const off = { masqueradeAll: false, masqueradeBit: 14, localhostNodePorts: false };
    expect(tail(config({ iptables: off }), 4)[0]).toContain('! -d 127.0.0.0/8');
    expect(tail(config({ iptables: off, nodePortAddresses: cidrs('127.0.0.0/8') }), 4)).toEqual([]);
  });
});

describe('conntrack', () => {
  const set = (settings: Parameters<typeof config>[0]): string[] =>
    kubeProxySysctls(config({ nodePortAddresses: cidrs('10.0.0.0/8'), ...settings })).map(
      ({ key, value }) => `${key} = ${value}`,
    );

  test('a day and an hour are set where nothing is said', () => {
    expect(set({})).toEqual([
      'net.netfilter.nf_conntrack_tcp_timeout_established = 86400',
      'net.netfilter.nf_conntrack_tcp_timeout_close_wait = 3600',
    ]);
  });

  test('0 leaves what the kernel has, parts of a second are cut', () => {
    const conntrack = { tcpEstablishedTimeout: 0, tcpCloseWaitTimeout: 0.9, udpTimeout: 29.9 };
    expect(set({ conntrack: { ...conntrack, udpStreamTimeout: 180, tcpBeLiberal: false } })).toEqual([
      'net.netfilter.nf_conntrack_udp_timeout = 29',
      'net.netfilter.nf_conntrack_udp_timeout_stream = 180',
    ]);
  });

  test('tcpBeLiberal lets INVALID segments through KUBE-FORWARD', () => {
    const liberal = config({ conntrack: { ...config({}).conntrack, tcpBeLiberal: true } });
    const invalid = /-A KUBE-FORWARD .*INVALID/;
    expect(savedLines(input({ config: config({}) }), 4, invalid)).toHaveLength(1);
    expect(savedLines(input({ config: liberal }), 4, invalid)).toEqual([]);
    expect(kubeProxySysctls(liberal)).toContainEqual(
      expect.objectContaining({ key: 'net.netfilter.nf_conntrack_tcp_be_liberal', value: '1' }),
    );
  });
});

describe('load balancer source ranges', () => {
  const balanced = service({
    type: 'LoadBalancer',
    loadBalancerIngress: [{ ip: ip('203.0.113.5'), ipMode: 'VIP' }],
    ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 }],
  });

  test('a range with the node in it lets the address itself in as source', () => {
    const services = [{ ...balanced, loadBalancerSourceRanges: cidrs('192.168.56.0/24') }];
    const { fw } = serviceChains('default/web', 'tcp');
    expect(
      savedLines(input({ services }), 4, new RegExp(`^-A ${fw} -s`)).map((line) => line.split(' ')[3]),
    ).toEqual(['192.168.56.0/24', '203.0.113.5/32']);
  });

  test('a range of the other family alone makes no firewall chain', () => {
    const services = [{ ...balanced, loadBalancerSourceRanges: cidrs('fd00::/8') }];
    expect(savedLines(input({ services }), 4, /KUBE-FW-/)).toEqual([]);
  });

  test('a range of everything restricts no source', () => {
    const services = [{ ...balanced, loadBalancerSourceRanges: cidrs('0.0.0.0/0') }];
    const { fw, ext } = serviceChains('default/web', 'tcp');
    expect(savedLines(input({ services }), 4, new RegExp(`^-A ${fw} .*-j ${ext}`))[0]).toBe(
      `-A ${fw} -m comment --comment "default/web loadbalancer IP" -j ${ext}`,
    );
  });
});

describe('origins', () => {
  const services = [
    service({
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 32000,
      externalIPs: [ip('203.0.113.7')],
      loadBalancerIngress: [{ ip: ip('203.0.113.5'), ipMode: 'VIP' }],
      loadBalancerSourceRanges: cidrs('198.51.100.0/24'),
      ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 }],
    }),
  ];
  const targetRef = { kind: 'Pod', namespace: 'default', name: 'web-0' };
  const endpointSlices = [slice([endpoint('10.244.1.2', { targetRef }), endpoint('10.244.1.3')])];
  const originsOf = (pattern: RegExp): string[] =>
    rulesOf(input({ services, endpointSlices })).flatMap(({ chain, rule }) =>
      pattern.test(`${chain} ${JSON.stringify(rule.matches)} ${rule.target.kind}`)
        ? formatOrigin(rule.origin)
        : [],
    );

  test('every rule and chain has one, of kube-proxy', () => {
    const given = input({ services, endpointSlices });
    const origins = [
      ...rulesOf(given).map(({ rule }) => rule.origin),
      ...kubeProxyTables(given, 4).flatMap(({ chains, sharedChains = [] }) =>
        [...chains, ...sharedChains].map((chain) => chain.origin),
      ),
    ];
    expect(new Set(origins.map(({ program }) => program))).toEqual(new Set(['kube-proxy']));
  });

  test.each([
    [/KUBE-SERVICES .*web cluster IP/, 'Service default/web spec.ports[0] (kube-proxy)'],
    [/KUBE-SERVICES .*external IP/, 'Service default/web spec.externalIPs[0] (kube-proxy)'],
    [/KUBE-SERVICES .*loadbalancer IP/, 'Service default/web status.loadBalancer.ingress[0].ip (kube-proxy)'],
    [/KUBE-NODEPORTS .*30080/, 'Service default/web spec.ports[0].nodePort (kube-proxy)'],
    [/KUBE-NODEPORTS .*32000/, 'Service default/web spec.healthCheckNodePort (kube-proxy)'],
    [/KUBE-FW-.*loadbalancer IP/, 'Service default/web spec.loadBalancerSourceRanges[0] (kube-proxy)'],
    [/KUBE-SERVICES .*last rule/, 'KubeProxyConfiguration kube-proxy nodePortAddresses (kube-proxy)'],
  ])('%s is from %s', (pattern, origin) => {
    expect(originsOf(pattern)).toEqual([origin]);
  });

  test("an endpoint's rules are its pod's, or its slice's when no pod is named", () => {
    expect(originsOf(/KUBE-SEP-.* DNAT/)).toEqual([
      'Pod default/web-0 status.podIP (kube-proxy)',
      'EndpointSlice default/web-1 endpoints[1] (kube-proxy)',
    ]);
  });
});

describe('the nodes of a cluster share what is equal', () => {
  test('rules of endpoints are the same objects on another node', () => {
    const shared = input();
    const other = { ...shared, node: node({ meta: meta('node2', { namespace: '' }) }) };
    const dnat = (given: typeof shared): Rule[] =>
      rulesOf(given).flatMap(({ rule }) => (rule.target.kind === 'DNAT' ? rule : []));
    const [a, b] = [dnat(shared), dnat(other)];
    expect(a).toHaveLength(2);
    expect(a.every((rule, i) => rule === b[i])).toBe(true);
  });

  test.each([
    ['Local policies', {}, {}],
    ['source ranges that hold one node', { loadBalancerSourceRanges: cidrs('192.168.56.11/32') }, {}],
    ['a detector by node', {}, { detectLocalMode: 'NodeCIDR' as const }],
  ])('but nothing of one node is left in the rules of the next: %s', (_, extra, settings) => {
    const services = [
      service({
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        internalTrafficPolicy: 'Local',
        loadBalancerIngress: [{ ip: ip('203.0.113.5'), ipMode: 'VIP' }],
        ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 }],
        ...extra,
      }),
    ];
    const endpointSlices = [
      slice([
        endpoint('10.244.1.2', { nodeName: 'node1' }),
        endpoint('10.244.2.2', { nodeName: 'node2' }),
        endpoint('10.244.2.3', { nodeName: 'node2' }),
      ]),
    ];
    const on = (n: number, shared: Pick<KubeProxyInput, 'services' | 'endpointSlices'>): string =>
      printIptablesSave(
        rulesetAfter(
          input({
            ...shared,
            node: node({
              meta: meta(`node${n}`, { namespace: '' }),
              podCIDRs: cidrs(`10.244.${n}.0/24`),
              internalIPs: [ip(`192.168.56.1${n}`)],
            }),
            config: config(settings),
          }),
          4,
        ),
      );
    const shared = { services, endpointSlices };
    const after = [1, 2, 3].map((n) => on(n, shared));
    const alone = [1, 2, 3].map((n) =>
      on(n, { services: [...services], endpointSlices: [...endpointSlices] }),
    );
    expect(after).toEqual(alone);
    expect(new Set(alone).size).toBe(3);
  });

  test('the same input gives the same text', () => {
    const once = printIptablesSave(rulesetAfter(input(), 4));
    expect(printIptablesSave(rulesetAfter(input(), 4))).toBe(once);
  });
});
