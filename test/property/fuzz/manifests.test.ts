import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildCluster } from '../../../src/cluster/index.ts';
import { checkMeaning, formatDiagnostics, loadCluster } from '../../../src/k8s/index.ts';
import { rulesetOf } from '../../../src/kernel/index.ts';
import { findingsOf } from '../../../src/render/index.ts';
import { answer } from '../../../src/trace/index.ts';
import { PIECES as YAML_PIECES } from '../k8s/yaml-texts.ts';
import { edits, MUTANTS, mutate, PATIENCE, timed } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The manifests below a folder. */
function textsOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(yaml|json)$/.test(name))
    .sort()
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'));
}

/** A List as kubectl prints it, cut into texts of some objects each. */
function pieces(list: string, size: number): string[] {
  const objects = list
    .split(/^(?=- (?:apiVersion|addressType):)/m)
    .slice(1)
    .map((text) => text.replace(/^kind: List(.|\n)*$/m, ''));
  const groups: string[] = [];
  for (let i = 0; i < objects.length; i += size) {
    groups.push(`apiVersion: v1\nkind: List\nitems:\n${objects.slice(i, i + size).join('')}`);
  }
  return groups;
}

/** The same objects as YAML that nobody would write: what is plain, what is not and what nothing reads side by side. */
function odd(text: string): string {
  return `%YAML 1.1\n---\nkind: &k Widget\napiVersion: x.example/v1\nmetadata: {name: *k,\nlabels: {\ta: b}\n}\n${text}\n---\n${WIDGET}`;
}
const WIDGET = 'apiVersion: x.example/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  a: |\n    - b\n';

/** Texts that load: half of the mutants come from these, and some of them still do. */
const SOUND: readonly string[] = [
  ...textsOf('topologies'),
  ...textsOf('examples'),
  ...pieces(readFileSync(join(ROOT, 'test/golden/k8s/kubeadm.yaml'), 'utf8'), 3),
  ...textsOf('topologies').slice(0, 5).map(odd),
];
const WRONG: readonly string[] = textsOf('test/golden/k8s/wrong');
const TEXTS = fc.oneof(fc.constantFrom(...SOUND), fc.constantFrom(...WRONG));

const PIECES = [
  ...YAML_PIECES,
  ...[
    'null',
    'true',
    'y',
    '~',
    '__proto__: 1\n',
    'constructor: {}\n',
    '10.244.1.2',
    '10.96.0.0/12',
    'fd00::/64',
  ],
  ...[
    'None',
    'NodePort',
    'LoadBalancer',
    'Local',
    'hostNetwork: true\n',
    'replicas: 9\n',
    'nodeName: node1\n',
  ],
];

/** Loads, builds, looks for what nobody means, prints it all, and walks once; true when what is printed is whole. */
function survives(text: string, walk: boolean): boolean {
  const { objects, diagnostics, sources } = loadCluster([{ file: 'mutant.yaml', text }]);
  const all = [...diagnostics];
  if (diagnostics.every(({ severity }) => severity !== 'error')) {
    const cluster = buildCluster(objects);
    all.push(...cluster.diagnostics.slice(0, 1000), ...checkMeaning(cluster.objects));
    const sound = cluster.diagnostics.every(({ severity }) => severity !== 'error');
    if (walk && sound) {
      const [pod] = cluster.objects.pods;
      const [service] = cluster.objects.services;
      const source = pod === undefined ? 'external' : `pod/${pod.meta.namespace}/${pod.meta.name}`;
      if (service !== undefined) {
        const destination = `svc/${service.meta.namespace}/${service.meta.name}`;
        answer(cluster, { source, destination, namespace: 'default' }, { all: true, summary: false });
      }
      for (const netns of cluster.world.netns.values()) rulesetOf(netns, 4);
    }
  }
  const printed = formatDiagnostics(all, sources);
  const found = findingsOf(all.slice(0, 100), sources);
  return (
    printed.every((one) => /(error|warning|note) PW\d{3} |^and \d+ more( of PW\d{3})?$/.test(one)) &&
    found.every(
      ({ finding }) => finding.line === undefined || (finding.line >= 1 && (finding.column ?? 0) >= 1),
    )
  );
}

describe('no manifest throws or hangs', () => {
  test('mutants of manifests load with diagnostics, or as clusters that can be walked', () => {
    let longest = 0;
    fc.assert(
      fc.property(TEXTS, edits(PIECES), fc.nat(3), (text, list, lot) => {
        const mutant = mutate(text, list);
        const { value, milliseconds } = timed(() => survives(mutant, lot === 0));
        longest = Math.max(longest, milliseconds);
        return value;
      }),
      { seed: 20260317, numRuns: Math.ceil(MUTANTS * 0.5) },
    );
    expect(longest, 'the slowest mutant').toBeLessThan(PATIENCE);
  }, 3_600_000);
});
