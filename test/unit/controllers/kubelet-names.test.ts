import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ip } from '../../../src/addr/index.ts';
import {
  type NameSettings,
  nameSettings,
  parseResolvConf,
  podHosts,
  podResolvConf,
  printResolvConf,
  serviceEnvironment,
} from '../../../src/index.ts';
import type { DnsPolicy, Pod } from '../../../src/k8s/index.ts';
import { loadFine } from '../k8s/fixtures.ts';
import { meta, pod } from './objects.ts';

const SETTINGS: NameSettings = {
  clusterDNS: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  host: parseResolvConf('nameserver 192.168.56.1\nsearch corp.example.com\noptions rotate\n'),
};

function conf(more: Partial<Pod>, settings: NameSettings = SETTINGS): string {
  return printResolvConf(podResolvConf(pod('a', 'node1', [], more), settings).conf);
}

describe('the resolv.conf of a pod', () => {
  it('names the cluster DNS, searches its own namespace first and then what the node searches', () => {
    expect(conf({})).toBe(
      'search default.svc.cluster.local svc.cluster.local cluster.local corp.example.com\nnameserver 10.96.0.10\noptions ndots:5\n',
    );
  });

  it('is the one of the node for Default, and for ClusterFirst on the host network', () => {
    const host = 'search corp.example.com\nnameserver 192.168.56.1\noptions rotate\n';
    expect(conf({ dnsPolicy: 'Default' })).toBe(host);
    expect(conf({ hostNetwork: true })).toBe(host);
    expect(conf({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' })).toBe(conf({}));
  });

  it('gets what dnsConfig adds behind what the policy gives, and an option of the same name instead of it', () => {
    const dnsConfig = {
      nameservers: [ip('10.96.0.10'), ip('1.1.1.1')],
      searches: ['corp.example.com', 'example.org'],
      options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
    };
    expect(conf({ dnsConfig })).toBe(
      'search default.svc.cluster.local svc.cluster.local cluster.local corp.example.com example.org\nnameserver 10.96.0.10\nnameserver 1.1.1.1\noptions ndots:2 edns0\n',
    );
    expect(conf({ dnsPolicy: 'None', dnsConfig })).toBe(
      'search corp.example.com example.org\nnameserver 10.96.0.10\nnameserver 1.1.1.1\noptions ndots:2 edns0\n',
    );
  });

  it('falls back to the node for a kubelet without clusterDNS, with an event', () => {
    const found = podResolvConf(pod('a', 'node1'), { ...SETTINGS, clusterDNS: [] });
    expect(found.effective).toBe('host');
    expect(found.events).toEqual([
      {
        reason: 'MissingClusterDNS',
        message:
          'pod: "a_default". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.',
      },
    ]);
  });

  it('has three nameservers at most, with an event that names those that are left', () => {
    const dnsConfig = {
      nameservers: ['1.1.1.1', '2.2.2.2', '3.3.3.3'].map((text) => ip(text)),
      searches: [],
      options: [],
    };
    const found = podResolvConf(pod('a', 'node1', [], { dnsConfig }), SETTINGS);
    expect(found.conf.nameservers).toEqual(['10.96.0.10', '1.1.1.1', '2.2.2.2']);
    expect(found.events.map(({ message }) => message)).toEqual([
      'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.96.0.10 1.1.1.1 2.2.2.2',
    ]);
  });

  it.each([
    ['32 suffixes', Array.from({ length: 33 }, (_, i) => `s${i}.example`), 32],
    [
      '2048 characters',
      Array.from({ length: 20 }, (_, i) => `${'x'.repeat(60)}.${'y'.repeat(57)}.s${i}`),
      16 + 3,
    ],
    ['253 characters for one suffix', [`${'x.'.repeat(130)}example`, 'short.example'], 4],
  ])('searches no more than %s', (_, searches, most) => {
    const settings = { ...SETTINGS, host: parseResolvConf('') };
    const dnsConfig = { nameservers: [], searches, options: [] };
    const found = podResolvConf(pod('a', 'node1', [], { dnsConfig }), settings);
    expect(found.conf.search.length).toBe(most);
    expect(found.conf.search.join(' ').length).toBeLessThanOrEqual(2048);
    expect(found.events.map(({ reason, message }) => `${reason} ${message}`)).toEqual([
      `DNSConfigForming Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${found.conf.search.join(' ')}`,
    ]);
  });
});

interface UpstreamConf {
  readonly dnsPolicy: DnsPolicy;
  readonly hostNetwork?: boolean;
  readonly dnsConfig?: {
    readonly nameservers?: readonly string[];
    readonly searches?: readonly string[];
    readonly options?: readonly { readonly name: string; readonly value?: string }[];
  };
}

interface Upstream {
  readonly base: {
    readonly namespace: string;
    readonly clusterDNS: readonly string[];
    readonly clusterDomain: string;
    readonly hostResolvConf: string;
  };
  readonly custom: readonly (UpstreamConf & {
    readonly name: string;
    readonly expected: {
      readonly nameservers: readonly string[];
      readonly searches: readonly string[];
      readonly options_any_order: readonly string[];
    };
  })[];
  readonly types: readonly (UpstreamConf & {
    readonly clusterDNSset: boolean;
    readonly effective: 'cluster' | 'host' | 'none';
  })[];
  readonly limits: { readonly messages: readonly string[] };
}

const CORPUS = process.env['PODWALK_CORPUS'];

const kubeletCases = `kubelet's own cases of resolv.conf${CORPUS === undefined ? ' (skipped: PODWALK_CORPUS is not set)' : ''}`;

describe.skipIf(CORPUS === undefined)(kubeletCases, () => {
  const cases: Upstream =
    CORPUS === undefined
      ? {
          base: { namespace: '', clusterDNS: [], clusterDomain: '', hostResolvConf: '' },
          custom: [],
          types: [],
          limits: { messages: [] },
        }
      : (JSON.parse(readFileSync(join(CORPUS, 'external/dns/resolvconf-cases.json'), 'utf8')) as Upstream);
  const { namespace, clusterDNS, clusterDomain, hostResolvConf } = cases.base;
  const settings: NameSettings = { clusterDNS, clusterDomain, host: parseResolvConf(hostResolvConf) };
  const podOf = ({ dnsPolicy, hostNetwork = false, dnsConfig }: UpstreamConf): Pod =>
    pod('a', 'node1', [], {
      meta: meta('a', namespace),
      dnsPolicy,
      hostNetwork,
      ...(dnsConfig === undefined
        ? {}
        : {
            dnsConfig: {
              nameservers: (dnsConfig.nameservers ?? []).map((text) => ip(text)),
              searches: dnsConfig.searches ?? [],
              options: dnsConfig.options ?? [],
            },
          }),
    });

  it('are all met', () => {
    expect(cases.custom.length).toBe(5);
    for (const { expected, name, ...one } of cases.custom) {
      const { conf } = podResolvConf(podOf(one), settings);
      expect({ name, nameservers: conf.nameservers, searches: conf.search }).toEqual({
        name,
        nameservers: expected.nameservers,
        searches: expected.searches,
      });
      expect([...conf.options].sort()).toEqual([...expected.options_any_order].sort());
    }
  });

  it('say which policy counts', () => {
    expect(cases.types.length).toBe(5);
    for (const one of cases.types) {
      const with_ = one.clusterDNSset ? settings : { ...settings, clusterDNS: [] };
      expect({ ...one, found: podResolvConf(podOf(one), with_).effective }).toEqual({
        ...one,
        found: one.effective,
      });
    }
  });
});

describe('the settings of kubelet', () => {
  const NODES = 'apiVersion: v1\nkind: Node\nmetadata: { name: node1 }\n---\n';

  it('are those of kubeadm: the tenth address of the Services and cluster.local', () => {
    const { clusterDNS, clusterDomain } = nameSettings(loadFine(NODES), undefined);
    expect([clusterDNS, clusterDomain]).toEqual([['10.96.0.10'], 'cluster.local']);
  });

  it('follow the Service kube-dns', () => {
    const objects = loadFine(
      `${NODES}apiVersion: v1\nkind: Service\nmetadata: { name: kube-dns, namespace: kube-system }\nspec: { clusterIP: 10.43.0.10, ports: [{ port: 53, protocol: UDP }] }\n`,
    );
    expect(nameSettings(objects, undefined).clusterDNS).toEqual(['10.43.0.10']);
  });

  it.each([
    [
      'bare',
      'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [169.254.20.10]\nclusterDomain: example.test\n',
    ],
    [
      'in the ConfigMap of kubeadm',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: kubelet-config, namespace: kube-system }\ndata:\n  kubelet: |\n    apiVersion: kubelet.config.k8s.io/v1beta1\n    kind: KubeletConfiguration\n    clusterDNS: [169.254.20.10]\n    clusterDomain: example.test\n',
    ],
  ])('are read from a KubeletConfiguration, %s', (_, text) => {
    const { clusterDNS, clusterDomain } = nameSettings(loadFine(`${NODES}${text}`), undefined);
    expect([clusterDNS, clusterDomain]).toEqual([['169.254.20.10'], 'example.test']);
  });

  it('take the resolv.conf of the node from the Topology', () => {
    const objects = loadFine(
      `${NODES}apiVersion: podwalk/v1\nkind: Topology\nresolvConf: |\n  nameserver 9.9.9.9\n  search corp.example.com\n`,
    );
    expect(nameSettings(objects, undefined).host).toEqual({
      nameservers: ['9.9.9.9'],
      search: ['corp.example.com'],
      options: [],
    });
  });
});

describe('the hosts file of a pod', () => {
  it('knows the pod below its subdomain, and hostAliases', () => {
    const text = podHosts(
      {
        ...pod('web-0', 'node1', ['10.244.1.2'], { hostname: 'web-0', subdomain: 'web' }),
        hostAliases: [{ ip: ip('10.1.2.3'), hostnames: ['foo.local', 'bar.local'] }],
      },
      'cluster.local',
    );
    expect(text).toBe(
      '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n10.244.1.2\tweb-0.web.default.svc.cluster.local\tweb-0\n\n# Entries added by HostAliases.\n10.1.2.3\tfoo.local\tbar.local\n',
    );
  });
});

describe('the variables of Services', () => {
  const objects = loadFine(
    [
      'apiVersion: v1\nkind: Service\nmetadata: { name: redis-primary }\nspec: { clusterIP: 10.96.0.11, ports: [{ name: redis, port: 6379 }, { name: dns-udp, port: 53, protocol: UDP }] }\n',
      'apiVersion: v1\nkind: Service\nmetadata: { name: headless }\nspec: { clusterIP: None, ports: [{ port: 80 }] }\n',
      'apiVersion: v1\nkind: Service\nmetadata: { name: outside }\nspec: { type: ExternalName, externalName: example.com }\n',
      'apiVersion: v1\nkind: Service\nmetadata: { name: other, namespace: prod }\nspec: { clusterIP: 10.96.0.12, ports: [{ port: 80 }] }\n',
    ].join('---\n'),
  );
  const variables = (more: Partial<Pod>): Record<string, string> =>
    Object.fromEntries(serviceEnvironment(pod('a', 'node1', [], more), objects));
  const KUBERNETES = {
    KUBERNETES_PORT: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
    KUBERNETES_PORT_443_TCP_PORT: '443',
    KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
  };

  it('are those of the API server and of the own namespace, sorted; Services without a ClusterIP have none', () => {
    const found = variables({});
    expect(found).toEqual({
      ...KUBERNETES,
      REDIS_PRIMARY_PORT: 'tcp://10.96.0.11:6379',
      REDIS_PRIMARY_PORT_53_UDP: 'udp://10.96.0.11:53',
      REDIS_PRIMARY_PORT_53_UDP_ADDR: '10.96.0.11',
      REDIS_PRIMARY_PORT_53_UDP_PORT: '53',
      REDIS_PRIMARY_PORT_53_UDP_PROTO: 'udp',
      REDIS_PRIMARY_PORT_6379_TCP: 'tcp://10.96.0.11:6379',
      REDIS_PRIMARY_PORT_6379_TCP_ADDR: '10.96.0.11',
      REDIS_PRIMARY_PORT_6379_TCP_PORT: '6379',
      REDIS_PRIMARY_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_PRIMARY_SERVICE_HOST: '10.96.0.11',
      REDIS_PRIMARY_SERVICE_PORT: '6379',
      REDIS_PRIMARY_SERVICE_PORT_DNS_UDP: '53',
      REDIS_PRIMARY_SERVICE_PORT_REDIS: '6379',
    });
    expect(Object.keys(found)).toEqual(Object.keys(found).sort());
  });

  it('of other namespaces are only their own', () => {
    expect(
      Object.keys(variables({ meta: meta('a', 'prod') })).filter((name) =>
        /^(OTHER|REDIS)_SERVICE_HOST/.test(name),
      ),
    ).toEqual(['OTHER_SERVICE_HOST']);
  });

  it('are the ones of the API server alone where enableServiceLinks is false', () => {
    expect(variables({ enableServiceLinks: false })).toEqual(KUBERNETES);
  });
});
