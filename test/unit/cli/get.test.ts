import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

describe('podwalk get', () => {
  it('lists in the columns of kubectl', async () => {
    expect((await podwalk(['get', 'svc', '-t', 'three-nodes'])).stdout).toBe(
      'NAME   TYPE           CLUSTER-IP   EXTERNAL-IP    PORT(S)\n' +
        'web    LoadBalancer   10.96.0.10   203.0.113.10   80:30080/TCP\n',
    );
    expect((await podwalk(['get', 'pods', '-o', 'wide', '-t', 'two-nodes'])).stdout).toMatch(
      /^NAME {5}READY {3}STATUS {4}IP {11}NODE\nclient/,
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
