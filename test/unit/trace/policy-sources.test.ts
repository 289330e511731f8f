import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildCluster, type Cluster } from '../../../src/cluster/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';
import { answer, type Path, type Reason } from '../../../src/trace/index.ts';
import { SETTINGS, type Setting, type SourceRow, settingName } from '../../support/policy-source-rows.ts';
import {
  allBut,
  type BlocksOfRow,
  candidatesOf,
  type Measured,
  type MeasuredRow,
  only,
  PLACED_ROWS,
  type PlacedRow,
  sourcesCluster,
} from '../../support/policy-sources.ts';
import { sourcesTable } from '../../support/policy-sources-table.ts';

/**
 * Which address an ipBlock meets, on every path to and from a pod: what was measured, in the real kernel by
 * test/conformance/policy-sources.test.ts, holds in the walk. `UPDATE=1` measures the walk and writes it down; the
 * kernel has to agree then.
 */
const GOLDEN = new URL('../../golden/policy-sources/measured.json', import.meta.url);
const CHAPTER = new URL('../../../docs/09-network-policy.md', import.meta.url);
const PLACE = /(?<=<!-- measured: sources -->\n)[\s\S]*?(?=<!-- end -->)/;

function built({ mode, backend }: Setting, blocksOf: BlocksOfRow): Cluster {
  const set = [`flannel.Backend.Type=${backend}`, `kube-proxy.mode=${mode}`];
  const { objects, diagnostics } = loadCluster([{ file: 'sources.json', text: sourcesCluster(blocksOf) }], {
    set,
  });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return buildCluster(objects);
}

function walk(cluster: Cluster, { source, destination }: PlacedRow): Path {
  const found = answer(cluster, { source, destination, namespace: 'default' }, { all: true });
  const [path] = found.ok ? found.value.trace.paths : [];
  if (path === undefined) throw new Error(`no path from ${source} to ${destination}`);
  return path;
}

/** The node and hook whose rule ended the walk. */
function judgedAt({ hops }: Path): string | undefined {
  for (const { place, steps } of hops) {
    for (const step of steps) {
      if (step.type === 'netfilter' && step.verdict === 'REJECT') return `${place} ${step.hook}`;
    }
  }
  return undefined;
}

/** An address is seen when a block of everything but it lets nothing through. */
function measure(setting: Setting): Measured[] {
  const denied = built(setting, () => []);
  const seen = PLACED_ROWS.map((): Map<string, string | undefined> => new Map());
  const slots = candidatesOf(PLACED_ROWS[0] as PlacedRow, 0).length;
  for (let slot = 0; slot < slots; slot++) {
    const candidate = (row: SourceRow, i: number): string => candidatesOf(row, i)[slot] ?? '';
    const cluster = built(setting, (row, i) => allBut(candidate(row, i)));
    PLACED_ROWS.forEach((row, i) => {
      const path = walk(cluster, row);
      if (path.reason === 'POLICY') seen[i]?.set(candidate(row, i), judgedAt(path));
    });
  }
  return PLACED_ROWS.map((row, i) => {
    const { reason } = walk(denied, row);
    if (reason !== 'POLICY') return { sees: reason === 'OK' ? 'any' : 'none', at: [] };
    return { sees: [...(seen[i]?.keys() ?? [])], at: [...(seen[i]?.values() ?? [])].map((at) => at ?? '?') };
  });
}

function goldenRows(): MeasuredRow[] {
  if (process.env['UPDATE'] !== '1') return JSON.parse(readFileSync(GOLDEN, 'utf8'));
  const columns = SETTINGS.map((setting) => [settingName(setting), measure(setting)] as const);
  const rows = PLACED_ROWS.map(({ direction, path }, i) => ({
    direction,
    path,
    by: Object.fromEntries(columns.map(([name, column]) => [name, column[i] as Measured])),
  }));
  writeFileSync(GOLDEN, `${JSON.stringify(rows, null, 2)}\n`);
  const chapter = readFileSync(CHAPTER, 'utf8');
  writeFileSync(CHAPTER, chapter.replace(PLACE, sourcesTable(rows)));
  return rows;
}

const rows = goldenRows();

test('every path is measured, and the chapter shows all of it', () => {
  expect(rows.map(({ direction, path }) => [direction, path])).toEqual(
    PLACED_ROWS.map(({ direction, path }) => [direction, path]),
  );
  expect(PLACE.exec(readFileSync(CHAPTER, 'utf8'))?.[0]).toBe(sourcesTable(rows));
});

test.each(SETTINGS.map((setting) => [settingName(setting), setting] as const))(
  '%s: a block lets a packet through exactly when it holds the address that was measured',
  (name, setting) => {
    const measured = rows.map(({ by }) => by[name]?.sees ?? 'none');
    const addresses = measured.map((sees) => (typeof sees === 'string' ? [] : sees));
    const told = (blocksOf: BlocksOfRow): Reason[] => {
      const cluster = built(setting, blocksOf);
      return PLACED_ROWS.map((row) => walk(cluster, row).reason);
    };
    const all = told((_, i) => only(addresses[i] ?? []));
    // Without the first of the addresses, and without the last.
    const without = [0, -1].map((at) =>
      told((_, i) => {
        const address = addresses[i]?.at(at);
        return address === undefined ? [] : allBut(address);
      }),
    );
    const found = PLACED_ROWS.map(({ direction, path }, i) => [
      direction,
      path,
      all[i],
      ...without.map((one) => one[i]),
    ]);
    expect(found).toEqual(
      PLACED_ROWS.map(({ direction, path }, i) => {
        const sees = measured[i];
        if (sees === 'any') return [direction, path, 'OK', 'OK', 'OK'];
        if (sees === 'none') return [direction, path, 'NO_LISTENER', 'NO_LISTENER', 'NO_LISTENER'];
        return [direction, path, 'OK', 'POLICY', 'POLICY'];
      }),
    );
  },
);
