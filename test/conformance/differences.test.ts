import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  conformCluster,
  type Difference,
  missingForConform,
  openLab,
  probesOf,
  readProbe,
  temporaryPrefix,
} from '../../src/lab/index.ts';
import { podwalk } from '../fixtures/cli.ts';
import { builtTopology } from '../fixtures/topology.ts';
import { titleOf } from './real-tools.ts';

const missing = missingForConform();
const title = titleOf('podwalk conform', missing.length === 0 ? undefined : `missing: ${missing.join(', ')}`);

const PREFIX = temporaryPrefix('differences-');

function namespaces(prefix: string): string[] {
  return execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.startsWith(prefix));
}

/** What is found when somebody has changed the lab by hand, so that it is not as the walk's state any more. */
async function foundAfter(netns: string, command: string, flow: string): Promise<readonly Difference[]> {
  const cluster = builtTopology('two-nodes');
  const probe = readProbe(cluster, flow, 'default');
  if (typeof probe === 'string') throw new Error(probe);
  const lab = await openLab(cluster, PREFIX);
  try {
    await lab.run(netns, command);
    const { differences, unsteady, probes } = await conformCluster(cluster, lab, [probe]);
    expect({ probes, unsteady }).toEqual({ probes: 1, unsteady: [] });
    return differences;
  } finally {
    await lab.close();
  }
}

describe.skipIf(missing.length > 0)(title, () => {
  test.each([
    [
      'a rule that matches and changes nothing',
      'node/node2',
      'iptables -I FORWARD 2 -p tcp',
      'pod/client pod/web-0:8080',
      { what: 'rules of node/node2 for the request' },
    ],
    [
      'a rule that drops',
      'node/node1',
      'iptables -I FORWARD -p icmp -j DROP',
      'pod/client pod/web-0 -p icmp',
      { what: 'devices of the request' },
    ],
    [
      'a route to another node',
      'node/node2',
      'ip route replace 10.244.1.0/24 via 192.168.56.11 dev eth0',
      'pod/client pod/web-0:8080',
      { what: 'devices of the request', at: 3 },
    ],
    [
      'a source that is hidden on the way',
      'node/node1',
      'iptables -t nat -I POSTROUTING -d 10.244.1.0/24 -j MASQUERADE',
      'pod/client pod/web-0:8080 -p tcp',
      { what: 'devices of the request' },
    ],
    [
      'a lost answer',
      'node/node1',
      'iptables -t mangle -A FORWARD -p icmp --icmp-type echo-reply -j DROP',
      'pod/client pod/web-0 -p icmp',
      { what: 'devices of what came back' },
    ],
  ])('finds %s', async (_, netns, command, flow, divergence) => {
    const [difference, ...more] = await foundAfter(netns, command, flow);
    expect(difference?.divergence).toMatchObject(divergence);
    expect(more).toEqual([]);
  });

  test('sends the probes that are asked for, and exits 0 when there is no difference', async () => {
    const flows = ['pod/client 10.96.0.10:80', 'node/node1 pod/web-0 -p icmp --ttl 1'];
    const ran = await podwalk(['conform', '-t', 'two-nodes', ...flows.flatMap((flow) => ['--probe', flow])]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^2 probes.*, \d+ devices crossed, \d+ rules matched: no differences\n$/);
    expect(namespaces(temporaryPrefix()).filter((name) => !name.startsWith(PREFIX))).toEqual([]);
  });

  test('says the same as JSON', async () => {
    const ran = await podwalk(['conform', '-t', 'hairpin', '--count', '5', '-o', 'json']);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      apiVersion: 'podwalk/v1',
      kind: 'Conformance',
      probes: 5,
      devices: expect.any(Number),
      rules: expect.any(Number),
      differences: [],
    });
    expect(ran.code).toBe(0);
  });

  test('takes everything away when it is stopped, while building and while probing', async () => {
    const cluster = builtTopology('two-nodes');
    const building = new AbortController();
    const opened = openLab(cluster, PREFIX, { signal: building.signal });
    setTimeout(() => building.abort(), 200);
    await expect(opened).rejects.toThrow();
    expect(namespaces(PREFIX)).toEqual([]);

    const probing = new AbortController();
    const lab = await openLab(cluster, PREFIX, { signal: probing.signal });
    const conformed = conformCluster(cluster, lab, probesOf(cluster, { seed: 1 }), probing);
    setTimeout(() => probing.abort(), 500);
    await expect(conformed).rejects.toThrow(/abort/i);
    await lab.close();
    expect(namespaces(PREFIX)).toEqual([]);
  });
});
