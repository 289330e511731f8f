import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'podwalk-pending-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const NODE = `apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {taints: [{key: dedicated, value: db, effect: NoSchedule}]}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
---
`;
const CACHE = file(
  'cache.yaml',
  `${NODE}apiVersion: apps/v1
kind: Deployment
metadata: {name: cache}
spec:
  selector: {matchLabels: {app: cache}}
  template:
    metadata: {labels: {app: cache}}
    spec: {nodeSelector: {disk: fast}, containers: [{name: c, image: i, ports: [{containerPort: 6379}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: cache}
spec: {selector: {app: cache}, ports: [{port: 6379}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: i}]}
`,
);
const SENTENCE =
  "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {dedicated: db}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";

describe('a pod that no node takes is Pending everywhere', () => {
  it('get pods shows neither address nor node, and the Deployment has none available', async () => {
    const pods = (await podwalk(['get', 'pods', '-o', 'wide', '-f', CACHE])).stdout;
    expect(pods).toMatch(/cache-\S+ +0\/1 +Pending +0 +<none> +<none>\n/);
    const deploy = (await podwalk(['get', 'deploy', '-f', CACHE])).stdout;
    expect(deploy).toMatch(/cache +0\/1 +1 +0\n/);
    const slices = (await podwalk(['get', 'endpointslices', '-f', CACHE])).stdout;
    expect(slices).toMatch(/cache-\S+ +IPv4 +<unset> +<unset>\n/);
  });

  it("describe, lint and trace say it in kube-scheduler's words", async () => {
    const describe = (await podwalk(['describe', 'svc/cache', '-f', CACHE])).stdout;
    expect(describe).toContain(`it is Pending: no node takes it: ${SENTENCE}`);
    expect((await podwalk(['lint', '-f', CACHE])).stdout).toContain(SENTENCE);
    const from = await podwalk(['trace', 'deploy/cache', 'svc/cache', '-f', CACHE]);
    expect(from.code).toBe(2);
    expect(from.stderr).toContain(`is Pending: no node takes it: ${SENTENCE}`);
  });

  it('the Service has no endpoint, and matrix leaves the pod out', async () => {
    const trace = await podwalk(['trace', 'pod/client', 'svc/cache', '-f', CACHE]);
    expect(trace.code).toBe(1);
    expect(trace.stdout).toContain('REFUSED  REJECT_RULE');
    expect((await podwalk(['matrix', '-f', CACHE])).stdout).not.toContain('cache');
  });

  it('what get -o json prints of it loads as the same', async () => {
    const json = (await podwalk(['get', 'pods', '-o', 'json', '-f', CACHE])).stdout;
    const again = file('again.json', json);
    const nodes = file('nodes.yaml', NODE);
    const pods = (await podwalk(['get', 'pods', '-o', 'wide', '-f', again, '-f', nodes])).stdout;
    expect(pods).toBe((await podwalk(['get', 'pods', '-o', 'wide', '-f', CACHE])).stdout);
  });
});

const GIVEN = file(
  'given.yaml',
  `apiVersion: v1
kind: Pod
metadata: {name: db, labels: {app: db}}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 5432}]}]}
status:
  phase: Pending
  conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: 0/1 nodes are available.}]
---
apiVersion: v1
kind: Pod
metadata: {name: slow, labels: {app: db}}
spec: {nodeName: node1, containers: [{name: c, image: i, ports: [{containerPort: 5432}]}]}
status:
  phase: Pending
  containerStatuses: [{name: c, ready: false, restartCount: 0, state: {waiting: {reason: ContainerCreating}}}]
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, publishNotReadyAddresses: true, selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: i}]}
`,
);

describe('a pod that is Pending by its own status stays so', () => {
  it('unscheduled or with its containers being made, it has no address', async () => {
    const pods = (await podwalk(['get', 'pods', '-o', 'wide', '-f', GIVEN])).stdout;
    expect(pods).toMatch(/db +0\/1 +Pending +0 +<none> +<none>\n/);
    expect(pods).toMatch(/slow +0\/1 +ContainerCreating +0 +<none> +node1\n/);
  });

  it('names do not lead to it, and a trace says why', async () => {
    const dig = await podwalk([
      'dig',
      'db.default.svc.cluster.local',
      '--from',
      'pod/client',
      '+short',
      '-f',
      GIVEN,
    ]);
    expect(dig.stdout).toBe('');
    const db = await podwalk(['trace', 'pod/client', 'pod/db:5432', '-f', GIVEN]);
    expect(db.code).toBe(2);
    expect(db.stderr).toContain(
      'pod default/db is Pending (Unschedulable): it has no address; 0/1 nodes are available.',
    );
    const slow = await podwalk(['trace', 'pod/slow', 'pod/client:80', '-f', GIVEN]);
    expect(slow.stderr).toContain('pod default/slow is Pending (ContainerCreating): it has no address yet');
  });
});
