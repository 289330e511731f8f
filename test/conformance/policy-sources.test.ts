import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  conformCluster,
  missingForConform,
  openLab,
  readProbe,
  renderDifference,
  temporaryPrefix,
} from '../../src/lab/index.ts';
import { runTrace } from '../../src/trace/index.ts';
import { manifestCluster } from '../support/lab-cluster.ts';
import { SETTINGS, type Setting, settingName } from '../support/policy-source-rows.ts';
import {
  allBut,
  type BlocksOfRow,
  type MeasuredRow,
  only,
  PLACED_ROWS,
  sourcesCluster,
} from '../support/policy-sources.ts';
import { extentOf } from './clusters.ts';
import { titleOf } from './real-tools.ts';

/**
 * The table of sources and destinations that an ipBlock meets, in the real kernel: each path with a block of the address
 * that the table says, and with a block of everything else. IPVS is in few kernels, and not in this lab.
 */
const GOLDEN = new URL('../golden/policy-sources/measured.json', import.meta.url);
const rows = JSON.parse(readFileSync(GOLDEN, 'utf8')) as readonly MeasuredRow[];

const missing = missingForConform();
// Seventy pods stand up four times: a minute, and too much for every run of the tests.
const asked = extentOf(process.env['PODWALK_CONFORMANCE']) !== 'short';
const title = titleOf(
  'what an ipBlock meets, in the real kernel',
  missing.length > 0 ? `missing: ${missing.join(', ')}` : asked ? undefined : 'PODWALK_CONFORMANCE=full',
);

function addressesOf(setting: Setting): (readonly string[])[] {
  return rows.map(({ by }) => {
    const sees = by[settingName(setting)]?.sees ?? 'none';
    return typeof sees === 'string' ? [] : sees;
  });
}

/** Runs every path; what the kernel answered is what the walk said, or there are differences. */
async function answersOf(setting: Setting, blocksOf: BlocksOfRow): Promise<string[]> {
  const set = [`flannel.Backend.Type=${setting.backend}`];
  const cluster = manifestCluster(sourcesCluster(blocksOf), { set });
  const probes = PLACED_ROWS.map(({ source, destination }) => {
    const probe = readProbe(cluster, `${source} ${destination}`, 'default');
    if (typeof probe === 'string') throw new Error(probe);
    return probe;
  });
  const lab = await openLab(cluster, temporaryPrefix('sources-'));
  try {
    const { differences } = await conformCluster(cluster, lab, probes);
    const how = { cluster: '-f sources.json', verbose: false };
    expect(differences.map((difference) => renderDifference(difference, how)).join('\n')).toBe('');
  } finally {
    await lab.close();
  }
  return probes.map(({ request }) => runTrace(cluster, request, { all: true, seed: 1 }).verdict);
}

describe.skipIf(missing.length > 0 || !asked)(title, () => {
  test.each(
    SETTINGS.filter(({ mode }) => mode === 'iptables').map(
      (setting) => [settingName(setting), setting] as const,
    ),
  )(
    '%s: it lets through who holds the address of the table, and nobody else',
    { timeout: 600_000 },
    async (_, setting) => {
      const addresses = addressesOf(setting);
      const names = PLACED_ROWS.map(({ direction, path }) => `${direction} ${path}`);
      const judged = addresses.map((own) => own.length > 0);
      const held = await answersOf(setting, (_row, i) => only(addresses[i] ?? []));
      const left = await answersOf(setting, (_row, i) => (addresses[i] ?? []).flatMap(allBut));
      expect(names.map((name, i) => [name, held[i], left[i]])).toEqual(
        names.map((name, i) => [name, 'delivered', judged[i] === true ? 'refused' : 'delivered']),
      );
    },
  );
});
