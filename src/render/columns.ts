import { visible } from '../formats/text/index.ts';

/**
 * Tables in kubectl's manner: upper-case heads, three spaces between columns, no lines, `<none>` for nothing.
 * Written as one pass of padEnd: thousands of rows cost milliseconds.
 */
export interface Column<Row> {
  /** Upper case, as kubectl heads it. */
  readonly head: string;
  readonly value: (row: Row, wide: boolean) => string;
  /** Only with `-o wide`, as kubectl's columns of priority 1. */
  readonly wide?: boolean;
}

const GAP = 3;
const NOTHING = '<none>';

/** The table with its heads, each line ended by a newline; the last column is not padded. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  wide = false,
): string {
  const shown = columns.filter((column) => wide || column.wide !== true);
  const cells = [
    shown.map((column) => column.head),
    ...rows.map((row) => shown.map((column) => visible(column.value(row, wide)) || NOTHING)),
  ];
  const widths = shown.map((_, i) => cells.reduce((width, line) => Math.max(width, line[i]?.length ?? 0), 0));
  return cells.map((line) => `${joinCells(line, widths)}\n`).join('');
}

function joinCells(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd((widths[i] ?? 0) + GAP)))
    .join('');
}
