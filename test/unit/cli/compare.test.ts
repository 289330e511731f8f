import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Comparison, Growth } from '../../../src/trace/compare/index.ts';
import { podwalk } from '../../fixtures/cli.ts';

interface Found {
  readonly kind: 'Comparison';
  readonly modes: readonly string[];
  readonly asked: number;
  readonly comparisons: readonly Comparison[];
  readonly growth?: Growth;
}

async function json(...argv: readonly string[]): Promise<Found> {
  const { stdout, stderr, code } = await podwalk(['compare', ...argv, '-o', 'json']);
  if (code > 1) throw new Error(stderr);
  return JSON.parse(stdout);
}

const WEB = ['pod/client', 'svc/web', '-t', 'two-nodes'];

describe('podwalk compare SRC DST', () => {
  it('shows the modes side by side and ends with 0 where nobody would notice', async () => {
    const { code, stdout, stderr } = await podwalk(['compare', '--modes', 'iptables,ipvs', ...WEB]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      'flow     tcp default/client -> svc default/web (10.96.0.10:80)',
      '',
      '                  iptables                                       ipvs',
      'verdict           delivered                                      delivered',
      'endpoint          1/2 default/web-0 on node1 (10.244.1.2:8080)   1/2 default/web-0 on node1 (10.244.1.2:8080)',
      '                  1/2 default/web-1 on node2 (10.244.2.3:8080)   1/2 default/web-1 on node2 (10.244.2.3:8080)',
      'chosen            at random                                      scheduler rr',
      'source seen       10.244.2.2                                     10.244.2.2',
      'answer from       10.96.0.10                                     10.96.0.10',
      expect.stringMatching(/^hops +\d+-\d+ +\d+-\d+$/),
      expect.stringMatching(/^rules evaluated +\d+-\d+ +\d+-\d+$/),
      expect.stringMatching(/^lookups +0 +\d+-\d+$/),
      '',
      'differ   nothing that a client or server would notice',
      '',
    ]);
  });

  it('ends with 1 and names what differs: a ping of a ClusterIP is silence or refused', async () => {
    const ran = await podwalk(['compare', 'pod/client', '10.96.0.10', '-p', 'icmp', '-t', 'two-nodes']);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^verdict +timeout LEFT_CLUSTER +refused REJECT_RULE \(ECONNREFUSED\)$/m);
    expect(ran.stdout).toMatch(/^differ +how it ends$/m);
  });

  it('counts as rules what netfilter steps of the request evaluate, and as lookups what its hops say', async () => {
    const { comparisons } = await json(...WEB);
    for (const mode of ['iptables', 'ipvs']) {
      const ran = await podwalk(['trace', ...WEB, '--all', '-o', 'json', '--set', `kube-proxy.mode=${mode}`]);
      const { paths } = JSON.parse(ran.stdout);
      const rules: number[] = [];
      const lookups: number[] = [];
      for (const { hops } of paths) {
        const steps = hops.flatMap((hop: { steps: unknown[] }) => hop.steps);
        rules.push(
          steps.reduce((sum: number, { evaluated = 0 }: { evaluated?: number }) => sum + evaluated, 0),
        );
        lookups.push(hops.reduce((sum: number, { lookups: n = 0 }: { lookups?: number }) => sum + n, 0));
      }
      const outcome = comparisons[0]?.outcomes[mode];
      expect(outcome?.rules).toEqual({ least: Math.min(...rules), most: Math.max(...rules) });
      expect(outcome?.lookups).toEqual({ least: Math.min(...lookups), most: Math.max(...lookups) });
    }
    expect(comparisons[0]?.outcomes['iptables']?.lookups.most).toBe(0);
    expect(comparisons[0]?.outcomes['ipvs']?.lookups.least).toBeGreaterThan(2);
  });

  it('asks for a name in every mode', async () => {
    const { comparisons } = await json('pod/client', 'web.default.svc.cluster.local:80', '-t', 'two-nodes');
    expect(comparisons[0]?.differences).toEqual([]);
    expect(comparisons[0]?.outcomes['ipvs']?.endpoints.map(({ pod }) => pod)).toEqual(['web-0', 'web-1']);
  });
});

describe('podwalk compare', () => {
  it('asks what is worth asking of each Service and shows what differs', async () => {
    const { code, stdout } = await podwalk(['compare', '-t', 'three-nodes']);
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^SOURCE +DESTINATION +IPTABLES +IPVS$/);
    for (const row of [
      /^node1 +127\.0\.0\.1:30080 +delivered to default\/web-0 1\/3, .* +refused NO_LISTENER \(ECONNREFUSED\)$/,
      /^default\/client +10\.96\.0\.10:9 +timeout LEFT_CLUSTER +refused REJECT_RULE \(ECONNREFUSED\)$/,
      /^default\/client +10\.96\.0\.10 icmp +timeout LEFT_CLUSTER +refused REJECT_RULE \(ECONNREFUSED\)$/,
    ])
      expect(lines.filter((line) => row.test(line))).toHaveLength(1);
    const [, alike, asked] = /^(\d+) of (\d+) walks end alike in all modes$/.exec(lines.at(-1) ?? '') ?? [];
    expect(Number(asked) - Number(alike)).toBe(lines.length - 2);
  });

  it('lists what is alike too with --same', async () => {
    const all = await json('-t', 'three-nodes', '--same');
    const some = await json('-t', 'three-nodes');
    expect(all.comparisons).toHaveLength(all.asked);
    expect(all.comparisons.filter(({ differences }) => differences.length > 0)).toEqual(some.comparisons);
    expect(all.modes).toEqual(['iptables', 'ipvs']);
    const sources = new Set(all.comparisons.map(({ flow }) => flow.source.kind));
    expect([...sources].sort()).toEqual(['external', 'node', 'pod']);
  });

  it('reads standard input once for all modes', async () => {
    const text = readFileSync(new URL('../../../topologies/two-nodes/cluster.yaml', import.meta.url), 'utf8');
    const { code, stdout } = await podwalk(['compare', '-f', '-'], { stdin: text });
    expect([code, stdout]).toEqual([1, (await podwalk(['compare', '-t', 'two-nodes'])).stdout]);
  });

  it.each([
    [['--modes', 'iptables'], '--modes: two modes to compare, as in --modes iptables,ipvs'],
    [['--modes', 'iptables,iptables'], '--modes: two modes to compare, as in --modes iptables,ipvs'],
    [['--modes', 'iptables,ipsv'], '--modes: "ipsv" is no mode of kube-proxy (did you mean "ipvs"?)'],
    [['--modes', 'iptables,nftables'], '--modes: kube-proxy in nftables mode is not modelled'],
    [['pod/client'], 'say also whom to reach: podwalk compare SRC DST, or neither of them'],
    [['pod/client', 'svc/wbe'], 'service "wbe" not found in namespace "default" (did you mean "web"?)'],
  ])('%j is refused', async (argv, message) => {
    const { code, stderr, stdout } = await podwalk(['compare', ...argv, '-t', 'two-nodes']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(`error: ${message}\n`);
  });
});

describe('podwalk compare --growth', () => {
  it('finds rules that grow with the Services in iptables mode, and nothing that grows in IPVS mode', async () => {
    const { growth } = await json('-t', 'two-nodes', '--growth', '--services', '300');
    expect(growth?.steps.map(({ services }) => services)).toEqual([10, 30, 100, 300]);
    for (const { services, modes } of growth?.steps ?? []) {
      const [first, middle, last] = modes['iptables']?.rules ?? [0, 0, 0];
      // One rule of KUBE-SERVICES for each Service; the chain ends with the jump to KUBE-NODEPORTS.
      expect(last - first).toBe(services - 2);
      expect(middle - first).toBe(Math.floor((services - 2) / 2));
      expect(modes['iptables']?.lookups).toEqual([0, 0, 0]);
      expect(modes['ipvs']).toEqual(growth?.steps[0]?.modes['ipvs']);
    }
    const [first, , last] = growth?.steps[0]?.modes['ipvs']?.rules ?? [0, 0, 1];
    expect(first).toBe(last);
  });

  it('prints a table', async () => {
    const { stdout } = await podwalk(['compare', '-t', 'two-nodes', '--growth', '--services', '30']);
    expect(stdout).toMatch(/^SERVICES +IPTABLES: RULES +LOOKUPS +IPVS: RULES +LOOKUPS$/m);
    expect(stdout).toMatch(/^30 +\d+ \(\d+-\d+\) +0 +\d+ +\d+$/m);
  });

  it('draws a chart, the same bytes each time, on stdout and into a file', async () => {
    const argv = ['compare', '-t', 'two-nodes', '--services', '30'];
    const { stdout } = await podwalk([...argv, '-o', 'svg']);
    expect(stdout).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [\s\S]*<\/svg>\n$/);
    expect(stdout).toContain('@media (prefers-color-scheme: dark)');
    expect(stdout.match(/<polyline/g)).toHaveLength(4);
    expect(stdout).not.toMatch(/NaN|undefined|Infinity/);
    const folder = mkdtempSync(join(tmpdir(), 'podwalk-'));
    try {
      const file = join(folder, 'growth.svg');
      const ran = await podwalk([...argv, '--svg', file]);
      expect(ran.stdout).toMatch(/walks end alike/);
      expect(readFileSync(file, 'utf8')).toBe(stdout);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says so where a file cannot be written, and where nobody can send', async () => {
    const there = ['compare', '-t', 'two-nodes', '--services', '10', '--svg', '/nowhere/x.svg'];
    const written = await podwalk(there);
    expect(written.code).toBe(2);
    expect(written.stderr).toMatch(/^error: \/nowhere\/x\.svg: ENOENT/);
    const nobody = '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"}}';
    const empty = await podwalk(['compare', '-f', '-', '--growth'], { stdin: nobody });
    expect([empty.code, empty.stderr.split('\n').at(-2)]).toEqual([
      2,
      'error: no pod of the cluster has an address: nobody to send packets as Services grow',
    ]);
  });
});
