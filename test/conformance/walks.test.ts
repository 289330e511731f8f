import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  conformCluster,
  missingForConform,
  openLab,
  probesOf,
  renderDifference,
  temporaryPrefix,
} from '../../src/lab/index.ts';
import { type ConformanceCluster, conformanceClusters, extentOf } from './clusters.ts';
import { figures, writeFigures } from './figures.ts';
import { KINDS, type Kind, kindsOf } from './kinds.ts';
import { titleOf } from './real-tools.ts';

const extent = extentOf(process.env['PODWALK_CONFORMANCE']);
const missing = missingForConform();
const title = titleOf(
  'walks and the real kernel',
  missing.length === 0 ? undefined : `missing: ${missing.join(', ')}`,
);
const counted = figures();
const kinds = new Map<Kind, number>();
let passed = 0;

/** Keeps a manifest that a difference is in, for the command that shows it again. */
function keeper(name: string): (text: string) => string {
  return (text) => {
    const file = join(mkdtempSync(join(tmpdir(), 'podwalk-')), `${name.replaceAll(' ', '-')}.json`);
    writeFileSync(file, text);
    return file;
  };
}

async function differencesIn({ kind, name, probes, load, options }: ConformanceCluster): Promise<string[]> {
  const cluster = load();
  const chosen = probesOf(cluster, { seed: 1, count: probes });
  const lab = await openLab(cluster, temporaryPrefix('walks-'));
  try {
    const result = await conformCluster(cluster, lab, chosen);
    counted.add(kind, result);
    for (const one of result.shown.flatMap((shown) => kindsOf(cluster, shown))) {
      kinds.set(one, (kinds.get(one) ?? 0) + 1);
    }
    expect(result.probes).toBe(probes);
    expect(result.rules).toBeGreaterThan(0);
    const how = { cluster: result.differences.length === 0 ? '' : options(keeper(name)), verbose: false };
    return result.differences.map((difference) => renderDifference(difference, how));
  } finally {
    await lab.close();
  }
}

const clusters = conformanceClusters(extent);

describe.skipIf(missing.length > 0)(title, () => {
  test.each(clusters.map((one) => [`${one.kind}: ${one.name}`, one] as const))(
    '%s: the kernel answers as the walk says, by the same devices, addresses and rules',
    { timeout: 300_000 },
    async (_, one) => {
      const differences = await differencesIn(one);
      expect(differences.join('\n')).toBe('');
      passed++;
    },
  );

  afterAll(() => {
    const table = counted.table();
    const each = KINDS.map((kind) => `${String(kinds.get(kind) ?? 0).padStart(6)} ${kind}\n`).join('');
    process.stdout.write(`${table}\nprobes:\n${each}`);
    if (extent === 'full') for (const kind of KINDS) expect(kinds.get(kind), kind).toBeGreaterThan(5);
    if (extent === 'full' && passed === clusters.length) writeFigures(table);
  });
});
