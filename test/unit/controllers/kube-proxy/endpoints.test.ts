import { describe, expect, test } from 'vitest';
import { ip } from '../../../../src/addr/index.ts';
import {
  categorizeEndpoints,
  type KubeProxyInput,
  proxyNodeName,
  proxyState,
} from '../../../../src/controllers/kube-proxy/common/index.ts';
import { healthCheckNodePorts } from '../../../../src/controllers/kube-proxy/index.ts';
import type { Endpoint, Service } from '../../../../src/k8s/index.ts';
import { config, endpoint, input, meta, node, service, slice } from '../../../support/kube-proxy-objects.ts';

/** Which endpoints node1 in zone a uses, by the last octet of their address. */
function used(
  given: Partial<Service>,
  endpoints: readonly Endpoint[],
): Record<'cluster' | 'local' | 'reachable', string> {
  const { ports } = proxyState([service(given)], [slice(endpoints)], 4);
  const [port] = ports;
  if (port === undefined) throw new Error('no port');
  const found = categorizeEndpoints(port, 'node1', node().meta.labels);
  const text = (list: typeof found.cluster): string =>
    list.map(({ address }) => address.text.replace('10.244.0.', '').replace(':8080', '')).join(' ');
  return { cluster: text(found.cluster), local: text(found.local), reachable: text(found.reachable) };
}

const here = (n: number, more: Partial<Endpoint> = {}): Endpoint => endpoint(`10.244.0.${n}`, more);
const there = (n: number, more: Partial<Endpoint> = {}): Endpoint => here(n, { nodeName: 'node2', ...more });
const TERMINATING = { ready: false, serving: true, terminating: true };
const NOT_READY = { ready: false, serving: false };
const INTERNAL_LOCAL = { internalTrafficPolicy: 'Local' } as const;
const EXTERNAL_LOCAL = {
  type: 'LoadBalancer',
  externalTrafficPolicy: 'Local',
  loadBalancerIngress: [{ ip: ip('203.0.113.5'), ipMode: 'VIP' }],
} as const;

describe('categorizeEndpoints', () => {
  test('ready endpoints serve, in the order of their text', () => {
    expect(used({}, [here(9), there(10), here(2, NOT_READY), here(30, TERMINATING)])).toEqual({
      cluster: '10 9',
      local: '',
      reachable: '10 9',
    });
  });

  test('when none is ready, those that serve while terminating do', () => {
    expect(used({}, [here(2, NOT_READY), here(3, TERMINATING), there(4, TERMINATING)]).cluster).toBe('3 4');
  });

  test('internal policy Local takes only local ones', () => {
    expect(used(INTERNAL_LOCAL, [here(2), there(3)])).toEqual({ cluster: '', local: '2', reachable: '2' });
  });

  test('a terminating local endpoint serves external traffic, the others the rest', () => {
    expect(used(EXTERNAL_LOCAL, [here(2, TERMINATING), there(3)])).toEqual({
      cluster: '3',
      local: '2',
      reachable: '3 2',
    });
  });

  test('a policy Local that no external address uses does not count', () => {
    expect(used({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' }, [here(2), there(3)]).local).toBe(
      '',
    );
  });

  describe('hints', () => {
    const hinted = (annotation: string, value: string): Partial<Service> => ({
      meta: meta('web', { annotations: new Map([[`service.kubernetes.io/${annotation}`, value]]) }),
    });
    const endpoints = [here(2, { zoneHints: ['a'] }), there(3, { zoneHints: ['b'] })];

    test.each([
      ['topology-mode', 'Auto', '2'],
      ['topology-mode', 'anything', '2'],
      ['topology-aware-hints', 'auto', '2'],
      ['topology-mode', 'Disabled', '2 3'],
      ['topology-mode', '', '2 3'],
      ['other', 'Auto', '2 3'],
    ])('%s: %j uses %s', (annotation, value, cluster) => {
      expect(used(hinted(annotation, value), endpoints).cluster).toBe(cluster);
    });

    test('the deprecated annotation goes first', () => {
      const annotations = new Map([
        ['service.kubernetes.io/topology-aware-hints', 'disabled'],
        ['service.kubernetes.io/topology-mode', 'Auto'],
      ]);
      expect(used({ meta: meta('web', { annotations }) }, endpoints).cluster).toBe('2 3');
    });

    test('one ready endpoint without hints turns them off', () => {
      expect(used(hinted('topology-mode', 'Auto'), [...endpoints, there(4)]).cluster).toBe('2 3 4');
      expect(used(hinted('topology-mode', 'Auto'), [...endpoints, there(4, NOT_READY)]).cluster).toBe('2');
    });

    test("no hint for the node's zone turns them off", () => {
      expect(used(hinted('topology-mode', 'Auto'), [there(3, { zoneHints: ['b'] })]).cluster).toBe('3');
    });

    test('they never narrow local endpoints', () => {
      const local = { ...EXTERNAL_LOCAL, ...hinted('topology-mode', 'Auto') };
      expect(used(local, [here(2, { zoneHints: ['b'] }), there(3, { zoneHints: ['a'] })])).toEqual({
        cluster: '3',
        local: '2',
        reachable: '3 2',
      });
    });
  });
});

describe('the map of endpoints', () => {
  const texts = (given: Partial<KubeProxyInput>): string[] => {
    const { services, endpointSlices } = input(given);
    return proxyState(services, endpointSlices, 4).ports.flatMap(({ endpoints }) =>
      endpoints.map(({ address }) => address.text),
    );
  };

  test('a slice port without name or number is passed over, and so is another protocol', () => {
    const ports = [
      { protocol: 'TCP', port: 8080 },
      { name: '', protocol: 'TCP' },
      { name: '', protocol: 'UDP', port: 53 },
    ] as const;
    expect(texts({ endpointSlices: [slice([endpoint('10.244.1.2')], { ports })] })).toEqual([]);
  });

  test('only the first address of an endpoint counts', () => {
    const both = endpoint('10.244.1.2', { addresses: [ip('10.244.1.2'), ip('10.244.1.3')] });
    expect(texts({ endpointSlices: [slice([both])] })).toEqual(['10.244.1.2:8080']);
  });

  test('slices and services of another proxy are left alone', () => {
    const labels = new Map([['service.kubernetes.io/service-proxy-name', 'other']]);
    expect(
      texts({ endpointSlices: [slice([endpoint('10.244.1.2')], { meta: meta('web-1', { labels }) })] }),
    ).toEqual([]);
    expect(texts({ services: [service({ meta: meta('web', { labels }) })] })).toEqual([]);
  });

  test('of an address in two slices, a node takes its own last entry, another node the first', () => {
    const slices = [
      slice([endpoint('10.244.1.2', { ready: false, serving: false })], { meta: meta('web-1') }),
      slice([endpoint('10.244.1.2')], { meta: meta('web-2') }),
    ];
    const [port] = proxyState([service()], slices, 4).ports;
    if (port === undefined) throw new Error('no port');
    expect(categorizeEndpoints(port, 'node1', new Map()).cluster).toHaveLength(1);
    expect(categorizeEndpoints(port, 'node2', new Map()).cluster).toHaveLength(0);
  });

  test('endpoints sort by text, not by number', () => {
    const slices = [
      slice([endpoint('10.1.1.1'), endpoint('10.1.1.11')], {
        ports: [{ name: '', protocol: 'TCP', port: 11 }],
      }),
    ];
    expect(texts({ endpointSlices: slices })).toEqual(['10.1.1.11:11', '10.1.1.1:11']);
  });
});

describe('the map of services', () => {
  const names = (services: Service[]): string[] =>
    proxyState(services, [], 4).ports.map(({ info }) => info.name);

  test('headless, ExternalName and other-family Services have no rules', () => {
    expect(
      names([
        service({ headless: true, clusterIPs: [] }),
        service({ type: 'ExternalName', clusterIPs: [] }),
        service({ clusterIPs: [ip('fd00:96::b')] }),
      ]),
    ).toEqual([]);
  });

  test('service ports come sorted', () => {
    const port = { name: 'b', protocol: 'TCP', port: 80, targetPort: 80, nodePort: 0 } as const;
    const two = service({ meta: meta('z'), ports: [port, { ...port, name: 'a', port: 81 }] });
    expect(names([two, service({ meta: meta('a') })])).toEqual(['default/a', 'default/z:a', 'default/z:b']);
  });
});

describe('the node', () => {
  test('is found by hostnameOverride where there is one', () => {
    expect(proxyNodeName({ node: node(), config: config() })).toBe('node1');
    expect(proxyNodeName({ node: node(), config: config({ hostnameOverride: ' Other ' }) })).toBe('other');
  });

  test('answers health checks of LoadBalancers with policy Local', () => {
    const local = service({ ...EXTERNAL_LOCAL, healthCheckNodePort: 32000 });
    expect(healthCheckNodePorts([service(), local]).map(({ port }) => port)).toEqual([32000]);
  });
});
