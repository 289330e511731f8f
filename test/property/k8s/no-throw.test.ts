import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDiagnostics, loadCluster } from '../../../src/k8s/index.ts';

const FOLDER = fileURLToPath(new URL('../../golden/k8s/wrong', import.meta.url));
const texts = readdirSync(FOLDER)
  .filter((name) => /\.(yaml|json)$/.test(name))
  .map((name) => readFileSync(join(FOLDER, name), 'utf8'));

/** Loads and prints everything; true when the diagnostics are whole. */
function survives(text: string, set: string[] = []): boolean {
  const { diagnostics, sources } = loadCluster([{ file: 'mutant', text }], { set });
  const printed = formatDiagnostics(diagnostics, sources);
  return printed.every((one) => /(error|warning|note) PW\d{3} |^and \d+ more( of PW\d{3})?$/.test(one));
}

const PIECES = [
  '[',
  ']',
  '{',
  '}',
  ': ',
  '- ',
  '\n',
  '  ',
  '"',
  "'",
  '&a ',
  '*a',
  '|',
  '0',
  '-1',
  'null',
  '1e400',
  '\t',
  '\0',
  '🙂',
  '__proto__: 1\n',
  '<<: ',
];

describe('no input throws', () => {
  test('texts with pieces cut out, put in and moved', () => {
    const edit = fc.record({ at: fc.nat(2000), remove: fc.nat(40), insert: fc.constantFrom('', ...PIECES) });
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        (text, edits) => {
          let mutant = text;
          for (const { at, remove, insert } of edits) {
            const start = mutant.length === 0 ? 0 : at % mutant.length;
            mutant = mutant.slice(0, start) + insert + mutant.slice(start + remove);
          }
          return survives(mutant);
        },
      ),
      { seed: 20261121, numRuns: 600 },
    );
  });

  test('objects of every kind with any JSON in any field', () => {
    const kinds: readonly (readonly [string, string, readonly string[]])[] = [
      ['v1', 'Namespace', ['metadata']],
      ['v1', 'Node', ['metadata', 'spec', 'status']],
      ['v1', 'Pod', ['metadata', 'spec', 'status']],
      ['v1', 'Service', ['metadata', 'spec', 'status']],
      ['v1', 'Endpoints', ['metadata', 'subsets']],
      ['v1', 'ConfigMap', ['metadata', 'data']],
      ['discovery.k8s.io/v1', 'EndpointSlice', ['metadata', 'addressType', 'ports', 'endpoints']],
      [
        'kubeproxy.config.k8s.io/v1alpha1',
        'KubeProxyConfiguration',
        ['mode', 'clusterCIDR', 'iptables', 'ipvs'],
      ],
      ['podwalk/v1', 'Topology', ['networks', 'routers', 'hosts']],
      ['v1', 'List', ['items']],
    ];
    const names = [
      'name',
      'labels',
      'ports',
      'port',
      'clusterIP',
      'clusterIPs',
      'podCIDR',
      'containers',
      'addresses',
      'ip',
      'networks',
      'selector',
      'type',
      'net-conf.json',
      'config.conf',
      'listens',
      'cidr',
    ];
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.constantFrom(
          '10.244.1.0/24',
          '10.96.0.1',
          'None',
          'NodePort',
          'kube-flannel-cfg',
          'InternalIP',
          80,
          -1,
        ),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 5 }),
      ),
    })).any;
    const object = fc.constantFrom(...kinds).chain(([apiVersion, kind, fields]) =>
      fc.tuple(...fields.map(() => value)).map((values) => {
        const data = Object.fromEntries(fields.map((field, i) => [field, values[i]]));
        return { apiVersion, kind, ...data };
      }),
    );
    fc.assert(
      fc.property(fc.array(object, { maxLength: 4 }), (items) =>
        survives(JSON.stringify({ apiVersion: 'v1', kind: 'List', items })),
      ),
      { seed: 20261121, numRuns: 1500 },
    );
  });

  test('settings of any form', () => {
    const path = fc.array(
      fc.constantFrom(
        'flannel',
        'kube-proxy',
        'Backend',
        'Type',
        'mode',
        'iptables',
        '',
        '__proto__',
        'constructor',
        'Network',
      ),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(path, fc.string(), (steps, value) => survives('', [`${steps.join('.')}=${value}`, value])),
      { seed: 20261121, numRuns: 500 },
    );
  });

  test('the same text gives the same objects', () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts), (text) => {
        const load = (): unknown => loadCluster([{ file: 'x', text }], { set: [] });
        expect(load()).toEqual(load());
      }),
      { seed: 20261121, numRuns: 60 },
    );
  });
});
