import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS, type SourceRow, settingName } from './policy-source-rows.ts';
import {
  allBut,
  type MeasuredRow,
  only,
  PLACED_ROWS,
  type PlacedRow,
  sourcesCluster,
} from './policy-sources.ts';

const GOLDEN = new URL('../golden/policy-sources/measured.json', import.meta.url);

/** Clusters of the table of sources, for the machine that has IPVS. */
export interface SourcesItem {
  readonly name: string;
  readonly files: readonly string[];
  readonly set: readonly string[];
  readonly seen: readonly { readonly flow: string }[];
  /** By flow: whether the policy lets it through and somebody answers. */
  readonly answered: Readonly<Record<string, boolean>>;
}

/** Of the rows those that go through IPVS: the others' path is that of iptables mode. An emulated machine is slow. */
const PATHS: readonly string[] = [
  'ingress pod → ClusterIP → pod, same node',
  'ingress pod → its own ClusterIP → itself',
  'ingress client → NodePort → pod on that node',
  'ingress client → NodePort → pod elsewhere',
  'ingress node → ClusterIP → its own pod',
  'ingress node → 127.0.0.1:nodePort → its own pod',
  'egress pod → ClusterIP → pod, another node',
  'egress pod → NodePort of its own node → pod elsewhere',
  'egress pod → load balancer → pod elsewhere',
  'egress pod → ClusterIP → host-network pod, same node',
];

function goes({ direction, path }: SourceRow): boolean {
  return PATHS.includes(`${direction} ${path}`);
}

function flowOf({ source, destination }: PlacedRow): string {
  return `${source} ${destination} -p tcp`;
}

/**
 * Writes the clusters into a folder: with blocks of what the table says, and with blocks of everything but one of the
 * addresses that it says.
 */
export function sourcesItems(folder: string): SourcesItem[] {
  const rows = JSON.parse(readFileSync(GOLDEN, 'utf8')) as readonly MeasuredRow[];
  return SETTINGS.filter(({ mode }) => mode === 'ipvs').flatMap((setting) => {
    const sees = rows.map(({ by }) => by[settingName(setting)]?.sees ?? 'none');
    const addresses = sees.map((one) => (typeof one === 'string' ? [] : one));
    const item = (
      name: string,
      blocks: (own: readonly string[]) => readonly object[],
      closed: boolean,
    ): SourcesItem => {
      const file = join(folder, `sources-${setting.backend}-${name}.json`);
      writeFileSync(
        file,
        sourcesCluster((_, i) => blocks(addresses[i] ?? []), goes),
      );
      const own = PLACED_ROWS.flatMap((row, i) => (goes(row) ? [{ flow: flowOf(row), sees: sees[i] }] : []));
      return {
        name: `sources ${setting.backend}, ${name}`,
        files: [file],
        set: [`flannel.Backend.Type=${setting.backend}`, 'kube-proxy.mode=ipvs'],
        seen: own.map(({ flow }) => ({ flow })),
        answered: Object.fromEntries(
          own.map(({ flow, sees: one }) => [flow, one === 'any' || (one !== 'none' && !closed)]),
        ),
      };
    };
    const without = (address: string | undefined): readonly object[] =>
      address === undefined ? [] : allBut(address);
    return [
      item('only', only, false),
      item('all but the first', (own) => without(own[0]), true),
      item('all but the last', (own) => without(own.at(-1)), true),
    ];
  });
}
