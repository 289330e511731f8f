import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { podwalkBytes } from '../../fixtures/cli.ts';
import { SAMPLE } from '../writers/sample.ts';
import { PATIENCE } from './mutants.ts';
import { changed, changes } from './structures.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** How many mutants are made, and from which seed: PODWALK_STRUCTURES and PODWALK_SEED for longer runs. */
const RUNS = Number(process.env['PODWALK_STRUCTURES'] ?? 400);
const SEED = Number(process.env['PODWALK_SEED'] ?? 20261201);

/** Objects that load, each list a small cluster. */
const CLUSTERS: readonly (readonly unknown[])[] = ['topologies', 'examples']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
  )
  .map((text) => parseAllDocuments(text).map((one) => one.toJS() as unknown))
  .filter((objects) => JSON.stringify(objects).length < 20_000);

/** What is asked of a mutant: most get one question, whatever the answer. */
const QUESTIONS: readonly (readonly string[])[] = [
  ['lint', '-v'],
  ['lint', '-o', 'json'],
  ['get', 'pods,svc,nodes', '-A', '-o', 'wide'],
  ['get', 'endpointslices,deploy,netpol', '-A'],
  ['get', 'pods', '-A', '-o', 'yaml'],
  ['describe', 'pods', '-A'],
  ['describe', 'svc', '-A'],
  ['describe', 'nodes'],
  ['trace', 'pod/client', 'svc/web', '--all'],
  ['trace', 'external', 'svc/web', '-o', 'json'],
  ['trace', 'pod/client', 'http://web'],
  ['matrix'],
  ['matrix', '--svc'],
  ['tree', 'svc'],
  ['check', '--init'],
  ['dig', 'web.default.svc.cluster.local', '--from', 'pod/client'],
  ['dump', 'iptables-save', '--node', 'node1'],
  ['dump', 'ip-route', '--node', 'node2'],
  ['dump', 'ipvsadm', '--node', 'node1', '--set', 'kube-proxy.mode=ipvs'],
  ['realize'],
];

describe('objects of any structure', () => {
  test(`get an answer or a diagnostic from every command, and soon (seed ${SEED})`, async () => {
    let longest = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          { weight: 2, arbitrary: fc.constant(SAMPLE) },
          { weight: 3, arbitrary: fc.constantFrom(...CLUSTERS) },
        ),
        changes,
        fc.constantFrom(...QUESTIONS),
        fc.nat(4),
        async (objects, list, question, lot) => {
          const items = changed(objects, list);
          const stdin =
            lot === 0
              ? items.map((one) => stringify(one)).join('---\n')
              : JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
          const start = performance.now();
          const { code, stderr } = await podwalkBytes([...question, '-f', '-'], { stdin });
          longest = Math.max(longest, performance.now() - start);
          // 3 is a bug of podwalk's own; a refusal says which diagnostic, or what of the question is wrong.
          expect([question, code > 2 ? stderr : 'answered']).toEqual([question, 'answered']);
          if (code === 2) expect(stderr).toMatch(/error/);
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
    expect(longest, 'the slowest mutant, in milliseconds').toBeLessThan(PATIENCE);
  }, 36_000_000);
});
