import { readFileSync, writeFileSync } from 'node:fs';
import type { Conformance } from '../../src/lab/index.ts';

/** What a run has compared, by kind of cluster. */
export interface Figures {
  readonly add: (kind: string, result: Conformance) => void;
  /** A Markdown table with a row for each kind, and one for all. */
  readonly table: () => string;
}

const COLUMNS = [
  'clusters',
  'probes',
  'sent again',
  'devices crossed',
  'rules matched',
  'differences',
] as const;

type Row = Record<(typeof COLUMNS)[number], number>;

export function figures(): Figures {
  const rows = new Map<string, Row>();
  const add = (kind: string, { probes, repeated, devices, rules, differences }: Conformance): void => {
    const row = rows.get(kind) ?? emptyRow();
    rows.set(kind, row);
    row.clusters++;
    row.probes += probes;
    row['sent again'] += repeated;
    row['devices crossed'] += devices;
    row['rules matched'] += rules;
    row.differences += differences.length;
  };
  const table = (): string => {
    const all = emptyRow();
    for (const row of rows.values()) for (const column of COLUMNS) all[column] += row[column];
    const lines = [...rows, ['**all**', all] as const].map(
      ([kind, row]) =>
        `| ${[kind, ...COLUMNS.map((column) => row[column].toLocaleString('en'))].join(' | ')} |`,
    );
    return [`| | ${COLUMNS.join(' | ')} |`, `|---|${COLUMNS.map(() => '---:|').join('')}`, ...lines].join(
      '\n',
    );
  };
  return { add, table };
}

function emptyRow(): Row {
  return {
    clusters: 0,
    probes: 0,
    'sent again': 0,
    'devices crossed': 0,
    'rules matched': 0,
    differences: 0,
  };
}

const README = new URL('../../README.md', import.meta.url);
const PLACE = /(?<=<!-- written by npm run conformance -->\n)[\s\S]*?(?=<!-- end -->)/;

/** Puts the table of a full run where the README has one. */
export function writeFigures(table: string): void {
  const text = readFileSync(README, 'utf8');
  if (!PLACE.test(text)) throw new Error('README.md has no place for the figures');
  writeFileSync(
    README,
    text.replace(PLACE, () => `${table}\n`),
  );
}
