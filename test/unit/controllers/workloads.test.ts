import { describe, expect, it } from 'vitest';
import { type Expansion, expandWorkloads } from '../../../src/controllers/workloads/index.ts';
import { formatDiagnostic, loadCluster, type Pod } from '../../../src/k8s/index.ts';

/** Expands the workloads of a text; without Node objects over node1 and node2. */
function expand(text: string): Expansion {
  const nodes = /^kind: Node$/m.test(text) ? '' : `---\n${node('node1')}---\n${node('node2')}`;
  const { objects, diagnostics, sources } = loadCluster([{ file: 'test.yaml', text: `${text}${nodes}` }]);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((e) => formatDiagnostic(e, sources)).join('\n'));
  return expandWorkloads(objects);
}

function names(text: string): string[] {
  return expand(text).pods.map(({ meta }) => meta.name);
}

function node(name: string, spec = '{}', labels = '{}'): string {
  return `apiVersion: v1\nkind: Node\nmetadata: { name: ${name}, labels: ${labels} }\nspec: ${spec}\n`;
}

function workload(kind: string, name: string, spec = '', podSpec = '', more = ''): string {
  return `apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: shop${more} }
spec:
  ${spec}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} }, annotations: { note: x } }
    spec: { ${podSpec} containers: [{ name: c, image: x, ports: [{ containerPort: 8080 }] }] }
`;
}

function job(spec: string, status = ''): string {
  return `apiVersion: batch/v1
kind: Job
metadata: { name: import, namespace: shop }
spec:
  ${spec}
  template: { spec: { restartPolicy: Never, containers: [{ name: c, image: x }] } }
${status === '' ? '' : `status: ${status}\n`}`;
}

function pod(name: string, owner: string, labels: string, phase = 'Running'): string {
  const reference = owner === '' ? '' : `, ownerReferences: [{ ${owner}, controller: true }]`;
  return `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { ${labels} }${reference} }
spec: { nodeName: node1, containers: [{ name: c, image: x }] }
status: { phase: ${phase} }
`;
}

function replicaSet(hash: string, replicas: number, revision: number, owner = true): string {
  const reference = owner ? ', ownerReferences: [{ kind: Deployment, name: web, controller: true }]' : '';
  return `---
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: web-${hash}, namespace: shop, annotations: { deployment.kubernetes.io/revision: "${revision}" }${reference} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web, pod-template-hash: ${hash} } }
  template:
    metadata: { labels: { app: web, pod-template-hash: ${hash} } }
    spec: { containers: [{ name: c, image: x }] }
`;
}

const SAFE = '[bcdfghjklmnpqrstvwxz2456789]';

function owners({ meta }: Pod): string[] {
  return meta.ownerReferences.map(({ kind, name }) => `${kind}/${name}`);
}

describe('a Deployment', () => {
  it('makes a ReplicaSet named after its template, and that its pods', () => {
    const { pods, workloads } = expand(workload('Deployment', 'web', 'replicas: 3'));
    const [set] = workloads.filter((w) => w.kind === 'ReplicaSet');
    expect(set?.meta.name).toMatch(new RegExp(`^web-${SAFE}{1,10}$`));
    expect(set?.meta.ownerReferences).toEqual([{ kind: 'Deployment', name: 'web', controller: true }]);
    expect(pods).toHaveLength(3);
    const hash = set?.meta.labels.get('pod-template-hash') ?? '';
    for (const one of pods) {
      expect(one.meta.name).toMatch(new RegExp(`^web-${hash}-${SAFE}{5}$`));
      expect(owners(one)).toEqual([`ReplicaSet/web-${hash}`]);
      expect(Object.fromEntries(one.meta.labels)).toEqual({ app: 'web', 'pod-template-hash': hash });
      expect(one).toMatchObject({ phase: 'Running', ready: true, podIPs: [], nodeName: '' });
      expect(one.meta.namespace).toBe('shop');
      expect(one.meta.annotations.get('note')).toBe('x');
      expect(one.ports.map((port) => port.containerPort)).toEqual([8080]);
    }
    expect(new Set(pods.map(({ meta }) => meta.name)).size).toBe(3);
  });

  it('makes one pod unless it says how many, and none of zero', () => {
    expect(names(workload('Deployment', 'web'))).toHaveLength(1);
    expect(names(workload('Deployment', 'web', 'replicas: 0'))).toEqual([]);
  });

  it('gives the same names every time, whatever other workloads there are and how many replicas', () => {
    const alone = names(workload('Deployment', 'web', 'replicas: 2'));
    const together = names(
      `${workload('Deployment', 'api', 'replicas: 9')}---\n${workload('Deployment', 'web', 'replicas: 3')}`,
    );
    expect(together.filter((name) => name.startsWith('web-')).slice(0, 2)).toEqual(alone);
  });

  it('has another hash when its template is another, and the same when only the order of keys is', () => {
    const hash = (text: string): string => names(text)[0]?.split('-')[1] ?? '';
    const plain = hash(workload('Deployment', 'web'));
    expect(hash(workload('Deployment', 'web', '', 'hostNetwork: true,'))).not.toBe(plain);
    const swapped = workload('Deployment', 'web').replace('name: c, image: x', 'image: x, name: c');
    expect(hash(swapped)).toBe(plain);
  });

  it('makes none when its pods are in the input, by way of a ReplicaSet that is or is not', () => {
    const child = pod(
      'web-75c9b4d6f-abcde',
      'kind: ReplicaSet, name: web-75c9b4d6f',
      'app: web, pod-template-hash: 75c9b4d6f',
    );
    const bare = workload('Deployment', 'web') + child;
    expect(names(bare)).toEqual(['web-75c9b4d6f-abcde']);
    expect(names(bare + replicaSet('75c9b4d6f', 1, 1))).toEqual(['web-75c9b4d6f-abcde']);
    expect(names(bare + replicaSet('75c9b4d6f', 1, 1) + replicaSet('66bd9c8f5', 2, 2))).toEqual([
      'web-75c9b4d6f-abcde',
    ]);
  });

  it('knows its pods without ownerReferences by their hash, and no others', () => {
    const own = pod('web-75c9b4d6f-abcde', '', 'app: web, pod-template-hash: 75c9b4d6f');
    expect(names(workload('Deployment', 'web') + own)).toEqual(['web-75c9b4d6f-abcde']);
    expect(names(workload('Deployment', 'web') + pod('web-debug', '', 'app: web'))).toHaveLength(2);
  });

  it('leaves it to its ReplicaSets when they are in the input: each makes as many as it says', () => {
    const text =
      workload('Deployment', 'web', 'replicas: 3') +
      replicaSet('66bd9c8f5', 0, 1) +
      replicaSet('75c9b4d6f', 2, 2);
    expect(names(text)).toEqual([
      expect.stringMatching(/^web-75c9b4d6f-.{5}$/),
      expect.stringMatching(/^web-75c9b4d6f-.{5}$/),
    ]);
    expect(names(workload('Deployment', 'web') + replicaSet('75c9b4d6f', 2, 1, false))).toHaveLength(2);
  });

  it('that is being deleted makes nothing', () => {
    expect(
      names(workload('Deployment', 'web', '', '', ', deletionTimestamp: "2026-01-01T00:00:00Z"')),
    ).toEqual([]);
  });

  it('notes that the input has another number of pods than it wants; finished ones do not count', () => {
    const hash = 'app: web, pod-template-hash: 75c9b4d6f';
    const set = 'kind: ReplicaSet, name: web-75c9b4d6f';
    const text =
      workload('Deployment', 'web', 'replicas: 2') +
      pod('web-75c9b4d6f-aaaaa', set, hash) +
      pod('web-75c9b4d6f-bbbbb', set, hash, 'Failed');
    const { diagnostics } = expand(text);
    expect(diagnostics.map(({ severity, code, message }) => [severity, code, message])).toEqual([
      [
        'note',
        'PW421',
        'Deployment shop/web wants 2 pods, and the input has 1: those are used, and no others made',
      ],
    ]);
  });
});

describe('a ReplicaSet and a ReplicationController', () => {
  it('name their pods after themselves', () => {
    expect(names(workload('ReplicaSet', 'web', 'replicas: 2'))).toEqual([
      expect.stringMatching(new RegExp(`^web-${SAFE}{5}$`)),
      expect.stringMatching(new RegExp(`^web-${SAFE}{5}$`)),
    ]);
    const controller = `apiVersion: v1
kind: ReplicationController
metadata: { name: old }
spec: { template: { metadata: { labels: { app: old } }, spec: { containers: [{ name: c, image: x }] } } }
`;
    expect(expand(controller).pods.map(owners)).toEqual([['ReplicationController/old']]);
  });

  it('draw another name when a pod of the input has theirs', () => {
    const [first = ''] = names(workload('ReplicaSet', 'web'));
    const [given, other] = names(workload('ReplicaSet', 'web') + pod(first, '', 'app: other'));
    expect(given).toBe(first);
    expect(other).not.toBe(first);
  });

  it('cut names that would be too long', () => {
    const long = 'a'.repeat(63);
    const [name = ''] = names(
      workload('ReplicaSet', long)
        .replace(`app: ${long} } }\n  template`, `app: x } }\n  template`)
        .replace(`labels: { app: ${long} }`, 'labels: { app: x }'),
    );
    expect(name).toHaveLength(63);
  });
});

describe('a StatefulSet', () => {
  it('numbers its pods from spec.ordinals.start and names them to DNS', () => {
    const { pods } = expand(
      workload('StatefulSet', 'db', 'replicas: 2\n  serviceName: db-headless\n  ordinals: { start: 5 }'),
    );
    expect(pods.map(({ meta }) => meta.name)).toEqual(['db-5', 'db-6']);
    const [first] = pods;
    expect(first).toMatchObject({ hostname: 'db-5', subdomain: 'db-headless' });
    expect(first?.meta.labels.get('statefulset.kubernetes.io/pod-name')).toBe('db-5');
    expect(first?.meta.labels.get('apps.kubernetes.io/pod-index')).toBe('5');
  });

  it('makes none when one of its pods is in the input', () => {
    const text = workload('StatefulSet', 'db', 'replicas: 3');
    expect(names(text + pod('db-0', 'kind: StatefulSet, name: db', 'app: db'))).toEqual(['db-0']);
    expect(names(text + pod('db-0', '', 'app: db'))).toEqual(['db-0']);
    expect(names(text + pod('db-client', '', 'app: db'))).toHaveLength(4);
  });
});

describe('a DaemonSet', () => {
  const NODES = [
    node('control', '{ taints: [{ key: control-plane, effect: NoSchedule }] }'),
    node('cordoned', '{ unschedulable: true }'),
    node('ssd', '{}', '{ disk: ssd }'),
    node('windows', '{}', '{ kubernetes.io/os: windows }'),
  ].join('---\n');

  function nodesOf(podSpec: string): string[] {
    const { pods } = expand(`${workload('DaemonSet', 'agent', '', podSpec)}---\n${NODES}`);
    return pods.map((one) => one.nodeAffinity?.required?.[0]?.matchFields[0]?.values[0] ?? '');
  }

  it('makes one pod for each node that it fits, cordoned ones too, and pins it there', () => {
    expect(nodesOf('')).toEqual(['cordoned', 'ssd', 'windows']);
    expect(nodesOf('tolerations: [{ operator: Exists }],')).toEqual([
      'control',
      'cordoned',
      'ssd',
      'windows',
    ]);
    expect(nodesOf('nodeSelector: { disk: ssd },')).toEqual(['ssd']);
    expect(nodesOf('nodeSelector: { kubernetes.io/os: linux },')).toEqual(['cordoned', 'ssd']);
    expect(nodesOf('nodeName: ssd,')).toEqual(['ssd']);
  });

  it('tolerates what daemons tolerate; network-unavailable only on the network of the node', () => {
    const keys = (podSpec: string): (string | undefined)[] =>
      expand(workload('DaemonSet', 'agent', '', podSpec)).pods[0]?.tolerations?.map(({ key }) => key) ?? [];
    expect(keys('')).toEqual([
      'node.kubernetes.io/not-ready',
      'node.kubernetes.io/unreachable',
      'node.kubernetes.io/disk-pressure',
      'node.kubernetes.io/memory-pressure',
      'node.kubernetes.io/pid-pressure',
      'node.kubernetes.io/unschedulable',
    ]);
    expect(keys('hostNetwork: true,')).toContain('node.kubernetes.io/network-unavailable');
  });
});

describe('a Job', () => {
  it('runs as many pods as it may at once, but no more than successes are missing', () => {
    expect(names(job(''))).toEqual([expect.stringMatching(new RegExp(`^import-${SAFE}{5}$`))]);
    expect(names(job('parallelism: 3'))).toHaveLength(3);
    expect(names(job('parallelism: 3\n  completions: 2'))).toHaveLength(2);
    expect(names(job('parallelism: 3\n  completions: 5', '{ succeeded: 4 }'))).toHaveLength(1);
  });

  it('runs none when it is suspended, finished, or in the input with its pods', () => {
    expect(names(job('suspend: true'))).toEqual([]);
    expect(names(job('', '{ conditions: [{ type: Complete, status: "True" }] }'))).toEqual([]);
    expect(names(job('parallelism: 2', '{ succeeded: 1 }'))).toEqual([]);
    expect(
      names(job('') + pod('import-abcde', 'kind: Job, name: import', 'job-name: import', 'Succeeded')),
    ).toEqual(['import-abcde']);
  });

  it('labels its pods with its name', () => {
    const [one] = expand(job('')).pods;
    expect(one?.meta.labels.get('batch.kubernetes.io/job-name')).toBe('import');
    expect(one?.meta.labels.get('job-name')).toBe('import');
  });

  it('gives the first indexes that are missing when it is indexed', () => {
    const { pods } = expand(
      job(
        'completionMode: Indexed\n  completions: 6\n  parallelism: 3',
        '{ succeeded: 2, completedIndexes: "0,2" }',
      ),
    );
    expect(pods.map(({ hostname }) => hostname)).toEqual(['import-1', 'import-3', 'import-4']);
    expect(pods[0]?.meta.name).toMatch(new RegExp(`^import-1-${SAFE}{5}$`));
    expect(pods[0]?.meta.annotations.get('batch.kubernetes.io/job-completion-index')).toBe('1');
  });
});

describe('what is made', () => {
  it('is said once, for all workloads', () => {
    const text = `${workload('Deployment', 'web', 'replicas: 2')}---\n${workload('StatefulSet', 'db')}`;
    expect(expand(text).diagnostics.map(({ code, message }) => [code, message])).toEqual([
      [
        'PW420',
        'pods made of workloads that have none in the input: 2 of Deployment shop/web, 1 of StatefulSet shop/db',
      ],
    ]);
  });

  it('points to the template, so that what is wrong with a pod is found there', () => {
    const [one] = expand(workload('Deployment', 'web')).pods;
    expect(one?.meta.source).toEqual({ file: 'test.yaml', document: 0, path: ['spec', 'template'] });
  });

  it('is never more than a cluster can have', () => {
    const { pods, diagnostics } = expand(workload('Deployment', 'web', 'replicas: 2147483647'));
    expect(pods).toEqual([]);
    expect(diagnostics.map(({ severity, code }) => [severity, code])).toEqual([['error', 'PW422']]);
  });
});
