import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const WORKLOADS = ['Deployment web 2', 'StatefulSet db 1', 'DaemonSet agent', 'Job report']
  .map((line) => {
    const [kind = '', name = '', replicas] = line.split(' ');
    return JSON.stringify({
      apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
      kind,
      metadata: { name },
      spec: {
        ...(replicas === undefined ? {} : { replicas: Number(replicas) }),
        ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
        ...(kind === 'Job' ? {} : { selector: { matchLabels: { app: name } } }),
        template: {
          metadata: { labels: { app: name } },
          spec: {
            ...(kind === 'Job' ? { restartPolicy: 'Never' } : {}),
            tolerations: [{ key: 'gpu', operator: 'Exists' }],
            containers: [{ name: 'main', image: 'registry.example/main', ports: [{ containerPort: 8080 }] }],
          },
        },
      },
    });
  })
  .concat(
    '{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{"selector":{"app":"web"},"ports":[{"port":80,"targetPort":8080}]}}',
  )
  .map((json) => `# one\n${json}`)
  .join('\n---\n');

describe('podwalk get', () => {
  it('lists in the columns of kubectl', async () => {
    expect((await podwalk(['get', 'svc', 'web', '-t', 'three-nodes'])).stdout).toBe(
      'NAME   TYPE           CLUSTER-IP   EXTERNAL-IP    PORT(S)\n' +
        'web    LoadBalancer   10.96.0.10   203.0.113.10   80:30080/TCP\n',
    );
    expect((await podwalk(['get', 'pods', '-o', 'wide', '-t', 'two-nodes'])).stdout).toMatch(
      /^NAME {5}READY {3}STATUS {4}RESTARTS {3}IP {11}NODE\nclient/,
    );
    expect((await podwalk(['get', 'no', '-o', 'name', '-t', 'two-nodes'])).stdout).toBe(
      'node/node1\nnode/node2\n',
    );
    expect((await podwalk(['get', 'pods', '-A', '-t', 'two-nodes'])).stdout).toMatch(/^NAMESPACE {3}NAME/);
    expect((await podwalk(['get', 'endpointslices', '-t', 'two-nodes'])).stdout).toMatch(
      /IPv4 {10}8080 {4}10\.244/,
    );
    expect((await podwalk(['get', 'ns', '-t', 'two-nodes'])).code).toBe(0);
  });

  it('says so when a named object is missing, and exits 1', async () => {
    const { code, stdout, stderr } = await podwalk(['get', 'pods', 'client', 'wbe-0', '-t', 'two-nodes']);
    expect(stdout).toMatch(/\nclient /);
    expect(stderr).toBe('error: pods "wbe-0" not found (did you mean "web-0"?)\n');
    expect(code).toBe(1);
  });

  it('says so when there is nothing', async () => {
    const { code, stdout, stderr } = await podwalk(['get', 'pods', '-n', 'nowhere', '-t', 'two-nodes']);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'No resources found in nowhere namespace\n',
    });
  });

  it('lists every kind, by any of its names, with its group too', async () => {
    const names =
      'no,namespace,po,rc,services,ep,endpointslices.discovery.k8s.io,ds,deploy.apps,RS,sts,jobs.batch';
    const { stdout, code } = await podwalk(['get', names, '-A', '-f', '-'], { stdin: WORKLOADS });
    expect(code).toBe(0);
    expect(stdout.match(/(\S+)\/\S+ /g)?.map((name) => name.split('/')[0])).toEqual(
      expect.arrayContaining([
        'node',
        'namespace',
        'pod',
        'service',
        'endpoints',
        'endpointslice.discovery.k8s.io',
        'daemonset.apps',
        'deployment.apps',
        'replicaset.apps',
        'statefulset.apps',
        'job.batch',
      ]),
    );
  });

  it.each([
    ['deployments', 'NAME   READY   UP-TO-DATE   AVAILABLE\nweb    2/2     2            2\n'],
    ['statefulsets', 'NAME   READY\ndb     1/1\n'],
    [
      'ds',
      'NAME    DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR\nagent   2         2         2       2            2           <none>\n',
    ],
    ['jobs', 'NAME     STATUS    COMPLETIONS\nreport   Running   0/1\n'],
  ])('counts the pods of %s', async (kind, expected) => {
    expect((await podwalk(['get', kind, '-f', '-'], { stdin: WORKLOADS })).stdout).toBe(expected);
  });

  it('lists all as kubectl does: kinds apart, each name with its kind', async () => {
    const { stdout } = await podwalk(['get', 'all', '-f', '-'], { stdin: WORKLOADS });
    const tables = stdout.split('\n\n');
    expect(tables.map((table) => table.split('\n')[1]?.split('/')[0])).toEqual([
      'pod',
      'service',
      'daemonset.apps',
      'deployment.apps',
      'replicaset.apps',
      'statefulset.apps',
      'job.batch',
    ]);
  });

  it('takes TYPE/NAME, several of them', async () => {
    const { stdout } = await podwalk([
      'get',
      'svc/web',
      'pod/web-0',
      'pod/web-1',
      '-o',
      'name',
      '-t',
      'two-nodes',
    ]);
    expect(stdout).toBe('service/web\npod/web-0\npod/web-1\n');
  });

  it.each([
    ['app=web', 'pod/web-0\npod/web-1\n'],
    ['app!=web', 'pod/client\n'],
    ['app in (web, db)', 'pod/web-0\npod/web-1\n'],
    ['app notin (web,db),app', 'pod/client\n'],
    ['!app', ''],
    ['app==client', 'pod/client\n'],
  ])('chooses by label: -l %j', async (query, expected) => {
    expect((await podwalk(['get', 'po', '-l', query, '-o', 'name', '-t', 'two-nodes'])).stdout).toBe(
      expected,
    );
  });

  it('prints one object that was asked for by name, and Lists of others, as kubectl does', async () => {
    const one = JSON.parse((await podwalk(['get', 'pod', 'web-0', '-o', 'json', '-t', 'two-nodes'])).stdout);
    expect(one).toMatchObject({ kind: 'Pod', metadata: { name: 'web-0' } });
    const two = JSON.parse(
      (await podwalk(['get', 'pod', 'web-0', 'web-1', '-o', 'json', '-t', 'two-nodes'])).stdout,
    );
    expect(two).toMatchObject({ kind: 'List', items: [{ kind: 'Pod' }, { kind: 'Pod' }] });
    const none = JSON.parse((await podwalk(['get', 'deploy', '-o', 'json', '-t', 'two-nodes'])).stdout);
    expect(none).toMatchObject({ kind: 'List', items: [] });
  });

  it('says where else an object of that name is', async () => {
    const { stderr } = await podwalk(['get', 'pod', 'client', '-n', 'elsewhere', '-t', 'two-nodes']);
    expect(stderr).toBe(
      'error: pods "client" not found in namespace "elsewhere" (there is one in "default": use -n)\n',
    );
  });

  it('leaves heads out when told to', async () => {
    const { stdout } = await podwalk(['get', 'no,po', '--no-headers', '-t', 'two-nodes']);
    expect(stdout).not.toContain('NAME');
    expect(stdout).toMatch(/^node\/node1 /);
  });

  it('prints workloads that load to the same pods', async () => {
    const [json, before] = await Promise.all(
      [
        ['get', 'all,nodes', '-A', '-o', 'json'],
        ['get', 'pods', '-A', '-o', 'wide'],
      ].map((argv) => podwalk([...argv, '-f', '-'], { stdin: WORKLOADS })),
    );
    const after = await podwalk(['get', 'pods', '-A', '-o', 'wide', '-f', '-'], {
      stdin: json?.stdout ?? '',
    });
    expect(after).toEqual({ ...before, stderr: after.stderr });
    expect(after.stderr).not.toMatch(/error/);
  });

  it.each(['json', 'yaml'])('prints manifests as %s that load to the same cluster', async (format) => {
    const rules = ['dump', 'iptables-save', '--node', 'node1'];
    const walk = ['trace', 'external', 'svc/web', '--all', '-o', 'json'];
    const parts = await Promise.all(
      ['nodes', 'pods', 'svc', 'endpointslices'].map((kind) =>
        podwalk(['get', kind, '-A', '-o', format, '-t', 'three-nodes']),
      ),
    );
    const stdin =
      format === 'json'
        ? JSON.stringify({
            apiVersion: 'v1',
            kind: 'List',
            items: parts.flatMap((part) => JSON.parse(part.stdout).items),
          })
        : parts.map((part) => part.stdout).join('---\n');
    expect((await podwalk([...rules, '-f', '-'], { stdin })).stdout).toBe(
      (await podwalk([...rules, '-t', 'three-nodes'])).stdout,
    );
    const again = JSON.parse((await podwalk([...walk, '-f', '-'], { stdin })).stdout);
    const given = JSON.parse((await podwalk([...walk, '-t', 'three-nodes'])).stdout);
    expect(again.paths.map((p: { endpoint: unknown }) => p.endpoint)).toEqual(
      given.paths.map((p: { endpoint: unknown }) => p.endpoint),
    );
  });
});
