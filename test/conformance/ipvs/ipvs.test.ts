import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manifestText, randomCluster, randomPolicyCluster } from '../../support/arbitrary/cluster.ts';
import {
  MEASURED_FILE,
  MODE_DIFFERENCES,
  readMeasured,
  withMeasured,
} from '../../support/mode-differences.ts';
import { sourcesItems } from '../../support/policy-sources-ipvs.ts';
import { titleOf } from '../real-tools.ts';
import { type Figures, figuresOf, type Result } from './figures.ts';

/**
 * `npm run conformance:ipvs`: podwalk's own dumps of clusters in IPVS mode, on a kernel that has IPVS. One virtual machine
 * is booted; what it found out of each cluster is a test here. PODWALK_IPVS=ci takes fewer clusters, `full` more.
 */
const EXTENT = process.env['PODWALK_IPVS'] ?? '';
/** Of these, the ones whose name matches. */
const ONLY = new RegExp(process.env['PODWALK_IPVS_ONLY'] ?? '');
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** What the machine gets and gives back. */
const FOLDER = EXTENT === '' ? '' : mkdtempSync(join(tmpdir(), 'podwalk-ipvs-'));

interface Item {
  readonly name: string;
  readonly files: readonly string[];
  readonly set: readonly string[];
  /** How many probes are compared by what the client sees, and how many step by step. */
  readonly probes: number;
  readonly steps: number;
  /** Whether the texts of the tools are compared too. */
  readonly texts: boolean;
}

const MODE = 'kube-proxy.mode=ipvs';
const SEED = 20_241_121;

function topologyItem(name: string, probes: number, steps = 0, more: readonly string[] = []): Item {
  const title = [`topology ${name}`, ...more].join(', ');
  return {
    name: title,
    files: [join(ROOT, 'topologies', name)],
    set: [MODE, ...more],
    probes,
    steps,
    texts: true,
  };
}

function goldenItem(name: string, probes: number): Item {
  const files = ['cluster.yaml', 'kube-proxy.yaml'].map((file) =>
    join(ROOT, 'test/golden/kube-proxy', name, file),
  );
  return { name: `case ${name}`, files, set: [MODE], probes, steps: 0, texts: false };
}

function randomItems(count: number, probes: number): Item[] {
  const kinds = [
    ['random', randomCluster],
    ['random with NetworkPolicies', randomPolicyCluster],
  ] as const;
  return kinds.flatMap(([kind, arbitrary]) =>
    fc.sample(arbitrary, { seed: SEED, numRuns: count }).map((random, i): Item => {
      const file = join(FOLDER, `${kind.replaceAll(' ', '-')}-${i}.json`);
      writeFileSync(file, manifestText(random));
      // The last one counts: the mode is IPVS whatever the cluster says.
      return {
        name: `${kind} ${i}`,
        files: [file],
        set: [...random.settings, MODE],
        probes,
        steps: 0,
        texts: true,
      };
    }),
  );
}

/** `PODWALK_IPVS=measure` only asks what is stored. */
const CI_CASES = [
  'external-ips',
  'internal-local-nodeport',
  'loadbalancer-source-ranges',
  'nodeport-local',
  'nodeport-no-endpoints',
  'session-affinity',
  'udp-sctp',
];

function plan(): Item[] {
  const topologies = readdirSync(join(ROOT, 'topologies')).filter((name) => !name.startsWith('broken-'));
  if (EXTENT === 'full') {
    const cases = readdirSync(join(ROOT, 'test/golden/kube-proxy'), { withFileTypes: true })
      .filter(
        (one) => one.isDirectory() && one.name !== 'large-cluster' && !one.name.startsWith('dual-stack'),
      )
      .map(({ name }) => name);
    return [
      topologyItem('two-nodes', 40, 24),
      topologyItem('hairpin', 20, 16, ['flannel.Backend.Type=host-gw']),
      ...topologies.map((name) => topologyItem(name, 40)),
      ...cases.map((name) => goldenItem(name, 60)),
      ...randomItems(8, 60),
    ];
  }
  if (EXTENT === 'measure') return [];
  return [
    topologyItem('two-nodes', 30, EXTENT === 'ci' ? 0 : 8),
    ...CI_CASES.slice(0, EXTENT === 'ci' ? 3 : CI_CASES.length).map((name) => goldenItem(name, 40)),
    ...randomItems(EXTENT === 'ci' ? 1 : 3, 40),
  ];
}

/** What is not compared with the walk here, but with what was measured before (and that with the walk, in `npm test`). */
const measurements = MODE_DIFFERENCES.map(({ topology, flows }) => ({
  name: `measured ${topology}`,
  files: [join(ROOT, 'topologies', topology)],
  set: [MODE],
  seen: flows,
}));
/** Which address an ipBlock meets behind IPVS. */
const sources = EXTENT === 'full' ? sourcesItems(FOLDER) : [];
const UPDATE = process.env['UPDATE'] === '1';

const VM = join(ROOT, 'test/conformance/ipvs/vm.sh');
const INSIDE = join(ROOT, 'test/conformance/ipvs/inside.mjs');

interface Ended {
  readonly code: number;
  readonly said: string;
}

function run(command: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
    });
    // Nobody else would stop the machine.
    const stop = (): void => {
      child.kill();
    };
    process.once('exit', stop);
    child.on('error', (error) => resolve({ code: 77, said: error.message }));
    child.on('close', (code) => {
      process.off('exit', stop);
      resolve({ code: code ?? 1, said: said.trim() });
    });
  });
}

/** What keeps it from running here, in one line. The machine boots once for that, which takes 10 to 20 seconds. */
async function whatIsMissing(): Promise<string | undefined> {
  if (EXTENT === '') return 'npm run conformance:ipvs runs it';
  if (!existsSync(join(ROOT, 'dist/lab/index.js'))) return 'no build of podwalk (npm run build)';
  if (process.platform !== 'linux') return 'needs Linux';
  const { code, said } = await run('nice', ['-n', '10', 'bash', VM, FOLDER, 'test', '-e', '/proc/net/ip_vs']);
  return code === 0 ? undefined : said.split('\n').at(-1) || `exit ${code}`;
}

const missing = await whatIsMissing();
if (missing !== undefined && FOLDER !== '') rmSync(FOLDER, { recursive: true, force: true });
const items = missing === undefined ? plan().filter(({ name }) => ONLY.test(name)) : [];
const results = new Map<string, Result>();
/** How the machine ended, if not well. */
let ended = '';

function readOr(file: string, other: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : other;
}

describe.skipIf(missing !== undefined)(
  titleOf('walks in IPVS mode and a kernel that has IPVS', missing),
  () => {
    const figures: Figures = figuresOf();
    let measured = readMeasured();

    beforeAll(async () => {
      writeFileSync(
        join(FOLDER, 'plan.json'),
        JSON.stringify([...measurements, ...sources, ...items].filter(({ name }) => ONLY.test(name))),
      );
      const inside = ['node', INSIDE, '/mnt/out/plan.json', '/mnt/out/results'];
      const { code, said } = await run('nice', ['-n', '10', 'bash', VM, FOLDER, ...inside]);
      for (const line of readOr(join(FOLDER, 'results'), '').split('\n')) {
        if (line === '') continue;
        const result = JSON.parse(line) as Result;
        results.set(result.name, result);
      }
      // What was found out before the machine ended counts.
      if (code !== 0) ended = `the machine ended with ${code}: ${said}\n${readOr(join(FOLDER, 'log'), '')}`;
    }, 3_600_000);

    test.each(items.map(({ name }) => name))('%s: clients see what the walks say', (name) => {
      const result = results.get(name);
      expect(result?.error).toBeUndefined();
      if (result === undefined) throw new Error(`nothing was found out; ${ended}`);
      figures.add(result);
      const all = [result.texts, result.outcomes, result.steps].flatMap((part) => part?.differences ?? []);
      expect(all.join('\n')).toBe('');
      expect(result.outcomes?.sent).toBeGreaterThan(0);
    });

    test.each(MODE_DIFFERENCES.filter(({ topology }) => ONLY.test(`measured ${topology}`)))(
      '$topology: the kernel answers as it was measured',
      ({ topology, flows }) => {
        const result = results.get(`measured ${topology}`);
        expect(result?.error).toBeUndefined();
        const seen = result?.seen ?? {};
        if (UPDATE) measured = withMeasured(measured, topology, 'ipvs', seen);
        for (const { flow } of flows)
          expect([flow, seen[flow]]).toEqual([flow, measured[topology]?.[flow]?.ipvs]);
      },
    );

    test.each(sources.filter(({ name }) => ONLY.test(name)))(
      '$name: a block lets through who the table of sources says',
      ({ name, answered }) => {
        const result = results.get(name);
        expect(result?.error).toBeUndefined();
        const refused = (flow: string): boolean => String(result?.seen?.[flow]) === 'ECONNREFUSED';
        expect(Object.keys(answered).map((flow) => [flow, !refused(flow)])).toEqual(Object.entries(answered));
      },
    );

    afterAll(() => {
      if (UPDATE) writeFileSync(MEASURED_FILE, `${JSON.stringify(measured, null, 2)}\n`);
      process.stdout.write(`${figures.text()}\n`);
      rmSync(FOLDER, { recursive: true, force: true });
    });
  },
);
