import { describe, expect, test } from 'vitest';
import { formatIp } from '../../../../src/addr/index.ts';
import { computeEndpointSlices } from '../../../../src/controllers/endpointslice/index.ts';
import type { EndpointSlice } from '../../../../src/k8s/index.ts';
import { loadFine, node, service } from '../../k8s/fixtures.ts';

interface PodSpec {
  readonly name: string;
  readonly ip?: string;
  readonly port?: string;
  readonly status?: string;
  readonly meta?: string;
  readonly spec?: string;
}

function pod({ name, ip, port, status = '', meta = '', spec = '' }: PodSpec): string {
  const podIP = ip === undefined ? '' : `, podIP: ${ip}`;
  const ports = port === undefined ? '' : `, ports: [${port}]`;
  return `---\napiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, labels: { app: web }${meta} }\nspec: { nodeName: n1, containers: [{ name: c${ports} }]${spec} }\nstatus: { phase: Running${podIP}${status} }\n`;
}

const NODE = `${node('n1', '10.244.1.0/24', '192.168.56.11')}---\n`;

function slices(text: string): EndpointSlice[] {
  return computeEndpointSlices(loadFine(text));
}

function summary(slice: EndpointSlice | undefined): unknown {
  return slice?.endpoints.map((e) => [
    e.targetRef?.name,
    formatIp(e.addresses[0] ?? 0),
    e.ready,
    e.serving,
    e.terminating,
  ]);
}

const WEB = service('{ selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }');
const NOT_READY = ', conditions: [{ type: Ready, status: "False" }]';
const DELETING = ', deletionTimestamp: 2026-01-01T00:00:00Z';

describe('EndpointSlices are computed as the controller does', () => {
  test('ready, serving and terminating follow the pod', () => {
    const text =
      NODE +
      WEB +
      pod({ name: 'a', ip: '10.244.1.2' }) +
      pod({ name: 'b', ip: '10.244.1.3', status: NOT_READY }) +
      pod({ name: 'c', ip: '10.244.1.4', meta: DELETING }) +
      pod({ name: 'd', ip: '10.244.1.5', meta: DELETING, status: NOT_READY });
    const [slice, ...others] = slices(text);
    expect(others).toEqual([]);
    expect(summary(slice)).toEqual([
      ['a', '10.244.1.2', true, true, false],
      ['b', '10.244.1.3', false, false, false],
      ['c', '10.244.1.4', false, true, true],
      ['d', '10.244.1.5', false, false, true],
    ]);
    expect(slice).toMatchObject({
      serviceName: 'web',
      addressType: 'IPv4',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    });
    expect(slice?.meta.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(slice?.endpoints[0]).toMatchObject({ nodeName: 'n1', zone: 'z-n1' });
  });

  test('publishNotReadyAddresses makes every endpoint ready', () => {
    const published = service(
      '{ selector: { app: web }, publishNotReadyAddresses: true, ports: [{ port: 80 }] }',
    );
    const text =
      NODE +
      published +
      pod({ name: 'b', ip: '10.244.1.3', status: NOT_READY }) +
      pod({ name: 'd', ip: '10.244.1.5', meta: DELETING });
    expect(summary(slices(text)[0])).toEqual([
      ['b', '10.244.1.3', true, false, false],
      ['d', '10.244.1.5', true, true, true],
    ]);
  });

  test('finished pods and pods without an address are left out, and an empty placeholder remains', () => {
    const text =
      NODE + WEB + pod({ name: 'a' }) + pod({ name: 'b', ip: '10.244.1.3' }).replace('Running', 'Failed');
    expect(slices(text)).toMatchObject([{ serviceName: 'web', ports: [], endpoints: [] }]);
  });

  test('a host-network pod has the address of its node', () => {
    const text = NODE + WEB + pod({ name: 'a', spec: ', hostNetwork: true' });
    expect(summary(slices(text)[0])).toEqual([['a', '192.168.56.11', true, true, false]]);
  });

  test('a named targetPort is resolved pod by pod, and pods that differ go to slices of their own', () => {
    const named = service('{ selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }');
    const text =
      NODE +
      named +
      pod({ name: 'a', ip: '10.244.1.2', port: '{ name: http, containerPort: 8080 }' }) +
      pod({ name: 'b', ip: '10.244.1.3', port: '{ name: http, containerPort: 9090 }' }) +
      pod({ name: 'c', ip: '10.244.1.4', port: '{ name: http, containerPort: 8080 }' }) +
      pod({ name: 'd', ip: '10.244.1.5', port: '{ name: http, containerPort: 53, protocol: UDP }' });
    expect(
      slices(text).map((s) => [s.ports.map((p) => p.port), s.endpoints.map((e) => e.targetRef?.name)]),
    ).toEqual([
      [[8080], ['a', 'c']],
      [[9090], ['b']],
      [[], ['d']],
    ]);
  });

  test('a slice holds at most 100 endpoints, and names are stable and distinct', () => {
    const pods = Array.from({ length: 230 }, (_, i) => pod({ name: `p${i}`, ip: `10.244.1.${i + 2}` })).join(
      '',
    );
    const computed = slices(NODE + WEB + pods);
    expect(computed.map((s) => s.endpoints.length)).toEqual([100, 100, 30]);
    expect(new Set(computed.map((s) => s.meta.name)).size).toBe(3);
    expect(slices(NODE + WEB + pods)).toEqual(computed);
  });

  test('a Service of two families gets slices of both, each with the addresses of its family', () => {
    const dual = service(
      '{ selector: { app: web }, clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9, "fd00:96::9"], ports: [{ port: 80 }] }',
    );
    const both = pod({
      name: 'a',
      ip: '10.244.1.2',
      status: ', podIPs: [{ ip: 10.244.1.2 }, { ip: "fd00:244:1::2" }]',
    });
    expect(slices(NODE + dual + both).map((s) => [s.addressType, summary(s)])).toEqual([
      ['IPv4', [['a', '10.244.1.2', true, true, false]]],
      ['IPv6', [['a', 'fd00:244:1::2', true, true, false]]],
    ]);
  });

  test('a hostname is told only under its subdomain, and headless Services may have no ports', () => {
    const headless = service('{ selector: { app: web }, clusterIP: None }');
    const text =
      NODE +
      headless +
      pod({ name: 'a', ip: '10.244.1.2', spec: ', hostname: one, subdomain: web' }) +
      pod({ name: 'b', ip: '10.244.1.3', spec: ', hostname: two, subdomain: other' });
    const [slice] = slices(text);
    expect(slice?.ports).toEqual([]);
    expect(slice?.endpoints.map((e) => e.hostname)).toEqual(['one', '']);
  });

  test('given slices are kept and nothing is computed beside them, nor for Services without selector', () => {
    const given =
      '---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: given, labels: { kubernetes.io/service-name: web } }\naddressType: IPv4\nendpoints: []\n';
    const bare = `---\n${service('{ ports: [{ port: 80 }] }', 'bare')}`;
    const text = NODE + WEB + given + bare + pod({ name: 'a', ip: '10.244.1.2' });
    expect(slices(text).map((s) => s.meta.name)).toEqual(['given']);
  });
});
