import { visible } from '../formats/text/index.ts';

/** A table of one character a cell. */
export interface GlyphTable {
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly glyph: (row: number, column: number) => string;
}

/** Wider than this, columns are numbered and not named. */
const MOST_WIDTH = 110;
const GAP = 2;

/**
 * Draws the table: named columns while they fit on a line, else a character a column under the columns' numbers,
 * written downwards; the numbers then stand before the rows' names, and columns that are no row are listed below.
 */
export function renderGlyphTable(given: GlyphTable): string {
  const { title } = given;
  const rows = given.rows.map(visible);
  const columns = given.columns.map(visible);
  const table = { ...given, rows, columns };
  const widest = rows.reduce((most, name) => Math.max(most, name.length), title.length);
  const width = columns.reduce((sum, name) => sum + name.length + GAP, widest);
  return width <= MOST_WIDTH ? named(table, widest) : numbered(table);
}

function named({ title, rows, columns, glyph }: GlyphTable, widest: number): string {
  const line = (head: string, cells: readonly string[]): string =>
    [head.padEnd(widest), ...cells.map((cell, c) => cell.padEnd(columns[c]?.length ?? 0))]
      .join(' '.repeat(GAP))
      .trimEnd();
  const body = rows.map((name, r) =>
    line(
      name,
      columns.map((_, c) => glyph(r, c)),
    ),
  );
  return `${[line(title, columns), ...body].join('\n')}\n`;
}

function numbered({ title, rows, columns, glyph }: GlyphTable): string {
  const same = rows.length === columns.length && rows.every((name, i) => name === columns[i]);
  const digits = String(columns.length).length;
  const labels = rows.map((name, r) => (same ? `${String(r + 1).padStart(digits)} ${name}` : name));
  const widest = labels.reduce((most, label) => Math.max(most, label.length), title.length);
  const lines: string[] = [];
  for (let d = 0; d < digits; d++) {
    let head = '';
    for (let c = 1; c <= columns.length; c++) head += String(c).padStart(digits)[d] ?? ' ';
    lines.push(`${(d === 0 ? title : '').padEnd(widest + GAP)}${head}`.trimEnd());
  }
  for (const [r, label] of labels.entries()) {
    let cells = '';
    for (let c = 0; c < columns.length; c++) cells += glyph(r, c);
    lines.push(`${label.padEnd(widest + GAP)}${cells}`);
  }
  if (!same) {
    lines.push('');
    for (const [c, name] of columns.entries()) lines.push(`${String(c + 1).padStart(digits)} ${name}`);
  }
  return `${lines.join('\n')}\n`;
}
