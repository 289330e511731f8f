import { describe, expect, it } from 'vitest';
import { buildCluster } from '../../../src/cluster/index.ts';
import { checkMeaning, loadCluster } from '../../../src/k8s/index.ts';

/** `warning PW320` and the like of all that the meaning of a text gives rise to. */
function told(...objects: readonly object[]): string[] {
  const text = objects.map((one) => JSON.stringify(one)).join('\n---\n');
  const loaded = loadCluster([{ file: 'test.yaml', text: `# YAML\n${text}` }]);
  const { objects: completed } = buildCluster(loaded.objects);
  return [
    ...loaded.diagnostics.filter(({ code }) => /PW3(08|12)/.test(code)),
    ...checkMeaning(completed),
  ].map(({ severity, code }) => `${severity} ${code}`);
}

type Labels = Readonly<Record<string, string>>;

function workload(name: string, namespace: string, labels: Labels, more: object = {}, kind = 'Deployment') {
  const containers = [{ name: 'c', image: 'registry.example/c', ports: [{ containerPort: 8080 }] }];
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
      ...more,
    },
  };
}

function service(name: string, namespace: string, spec: object) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { ports: [{ port: 80, targetPort: 8080 }], ...spec },
  };
}

const CART = workload('cart', 'shop', { app: 'cart', tier: 'backend' });

describe('a Service that selects no pod', () => {
  it.each<[string, object, readonly object[]]>([
    ['in an input without any workload', { app: 'web' }, []],
    ['in a namespace without any workload', { app: 'web' }, [workload('api', 'other', { app: 'api' })]],
    ['whose pods are in another file', { app: 'web-frontend' }, [CART]],
    ['whose pods an operator labels', { 'strimzi.io/cluster': 'events', 'strimzi.io/kind': 'Kafka' }, [CART]],
    ['whose label one pod of several gets while it runs', { app: 'cart', role: 'primary' }, [CART]],
    [
      'by a flag that other labels are too',
      { monitored: 'true' },
      [workload('x', 'shop', { sidecar: 'true' })],
    ],
    ['of a row of names', { app: 'shard-2' }, [workload('shard', 'shop', { app: 'shard-1' })]],
    ['that names a pod of a StatefulSet elsewhere', { 'statefulset.kubernetes.io/pod-name': 'db-0' }, [CART]],
  ])('%s is a note', (_, selector, others) => {
    expect(told(service('web', 'shop', { selector }), ...others)).toEqual(['note PW320']);
  });

  it.each<[string, object, readonly object[]]>([
    ['by a slip of the value', { app: 'crat' }, [CART]],
    ['by a slip of the key', { ap: 'cart' }, [CART]],
    ['by another key of the value', { 'k8s-app': 'cart' }, [CART]],
    ['for pods with all other labels have another value', { app: 'cart', tier: 'frontend' }, [CART]],
    ['for the pods are in another namespace', { app: 'api' }, [workload('api', 'other', { app: 'api' })]],
    ['of the Deployment of its own name', { app: 'frontpage' }, [workload('web', 'shop', { app: 'web' })]],
    ['for nothing runs', { app: 'web' }, [workload('x', 'shop', { app: 'web' }, { replicas: 0 })]],
  ])('%s is a warning', (_, selector, others) => {
    expect(told(service('web', 'shop', { selector }), ...others)).toEqual(['warning PW320']);
  });

  it('by a label that controllers write is none: the pods have it once they run', () => {
    const selector = { app: 'cart', 'pod-template-hash': '5d4f8' };
    expect(told(service('cart', 'shop', { selector }), CART)).toEqual([]);
  });

  it('is looked into in a time that grows with the input, not with its square', () => {
    const many = (count: number): number => {
      const objects = Array.from({ length: count }, (_, i) => [
        workload(`w${i}`, 'shop', { app: `unlike-${i}-${i * 7919}` }),
        service(`s${i}`, 'shop', { selector: { app: `other-${i}-${i * 104729}` } }),
      ]).flat();
      const text = objects.map((one) => JSON.stringify(one)).join('\n---\n');
      const { objects: loaded } = loadCluster([{ file: 'test.yaml', text: `# YAML\n${text}` }]);
      const completed = buildCluster(loaded).objects;
      const start = performance.now();
      expect(checkMeaning(completed).length).toBeGreaterThanOrEqual(count);
      return performance.now() - start;
    };
    many(100);
    const [few, more] = [many(500), many(2000)];
    // Four times the input: the square of it would be sixteen times the time.
    expect(more).toBeLessThan(Math.max(400, few * 10));
  });
});

describe('a Service of pods that declare ports', () => {
  const pods = (ports: readonly object[]) =>
    workload(
      'web',
      'shop',
      { app: 'web' },
      {
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'c', image: 'registry.example/c', ports }] },
        },
      },
    );
  const to = (targetPort: number | string, more: object = {}) =>
    service('web', 'shop', { selector: { app: 'web' }, ports: [{ port: 80, targetPort }], ...more });

  it('is warned of where it reaches none of them', () => {
    expect(told(to(9376), pods([{ containerPort: 8080 }]))).toEqual(['warning PW322']);
  });

  it('is noted where they declare ports for metrics alone: a gateway listens undeclared', () => {
    expect(told(to(8443), pods([{ name: 'metrics', containerPort: 15020 }]))).toEqual(['note PW322']);
  });

  it('is noted where another of its ports is declared', () => {
    const ports = [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'admin', port: 81, targetPort: 9901 },
    ];
    expect(told(to(0, { ports }), pods([{ containerPort: 8080 }]))).toEqual(['note PW322']);
  });

  it('is noted where it is headless: who looks it up chooses the port', () => {
    expect(told(to(9376, { clusterIP: 'None' }), pods([{ containerPort: 8080 }]))).toEqual(['note PW322']);
  });
});

describe('references to what may be in another file', () => {
  const set = (serviceName: string) => workload('db', 'shop', { app: 'db' }, { serviceName }, 'StatefulSet');

  it('are notes: the Service of a StatefulSet, the endpoints of a Service, the Service of a slice', () => {
    expect(told(set('db-headless'))).toEqual(['note PW324']);
    expect(told(service('db', 'shop', { ports: [{ port: 5432 }] }))).toEqual(['note PW325']);
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'db-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'db' } },
      addressType: 'IPv4',
      ports: [{ port: 5432 }],
      endpoints: [{ addresses: ['203.0.113.7'] }],
    };
    expect(told(slice)).toEqual(['note PW308']);
    expect(told(slice, service('web', 'shop', { ports: [] }))).toContain('warning PW308');
  });

  it('are warnings where the input speaks against them', () => {
    expect(told(set('db-headles'), service('db-headless', 'shop', { selector: { app: 'db' } }))).toEqual([
      'warning PW324',
    ]);
    expect(told(set('postgres'), service('db', 'shop', { selector: { app: 'db' } }))).toEqual([
      'warning PW324',
    ]);
    expect(told(service('cart', 'shop', {}), CART)).toEqual(['warning PW325']);
  });

  it('leave a governing Service alone that selects by a label set at run time', () => {
    const primary = service('db', 'shop', { selector: { app: 'db', role: 'primary' } });
    expect(told(set('db'), primary)).toEqual(['note PW320', 'note PW324']);
  });

  it('tell a slip of a namespace from another namespace', () => {
    const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    expect(told(namespace('production'), workload('w', 'prodution', { app: 'w' }))).toEqual([
      'warning PW326',
    ]);
    expect(told(namespace('dev1'), workload('w', 'dev2', { app: 'w' }))).toEqual(['note PW326']);
    expect(told(namespace('team-a'), workload('w', 'team-b', { app: 'w' }))).toEqual(['note PW326']);
  });
});
