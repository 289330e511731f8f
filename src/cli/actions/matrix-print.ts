import {
  type MatrixGroup,
  type PortQuery,
  pairCounter,
  type Reach,
  type Reachability,
} from '../../intent/index.ts';
import { renderGlyphTable } from '../../render/index.ts';
import type { Io } from '../io.ts';
import { progressOf } from '../progress.ts';
import { listWriter } from './list-writer.ts';
import type { MatrixQuestion } from './matrix.ts';

/** Every pair of ends on every port that is asked of the destination; two addresses outside are no pair. */
export function printPairs(
  { ends, queries, asks }: MatrixQuestion,
  reachability: Reachability,
  output: 'csv' | 'json',
  io: Io,
): void {
  const list = listWriter(output, ['from', 'to', 'port', 'protocol', 'ingress', 'egress', 'allowed'], io);
  const progress = progressOf('destinations', queries.length * ends.length, io);
  for (const query of queries) {
    const reach = reachability.on(query);
    for (const [d, destination] of ends.entries()) {
      progress.tick();
      if (!asks(d, query)) continue;
      for (const [s, source] of ends.entries()) {
        if (s === d || (source.end.kind === 'address' && destination.end.kind === 'address')) continue;
        const ingress = reach.ingress(s, d);
        const egress = reach.egress(s, d);
        list.add([
          source.name,
          destination.name,
          query.port,
          query.protocol,
          ingress,
          egress,
          ingress && egress,
        ]);
      }
    }
  }
  progress.end();
  list.end();
}

/** Groups of ends: a table for each port, or the counts of pairs as a list. */
export function printGroups(
  { queries, asks }: MatrixQuestion,
  reachability: Reachability,
  groups: readonly MatrixGroup[],
  output: 'table' | 'csv' | 'json',
  io: Io,
): void {
  const keys = ['from', 'to', 'port', 'protocol', 'ingress', 'egress', 'allowed', 'pairs', 'allowedPairs'];
  const list = output === 'table' ? undefined : listWriter(output, keys, io);
  const single = groups.every((group) => group.ends.length === 1);
  const progress = progressOf('ports', queries.length, io);
  for (const [done, query] of queries.entries()) {
    progress.tick();
    const reach = reachability.on(query);
    const listens = (end: number): boolean => asks(end, query);
    const columns = groups.flatMap((group, index) => (group.ends.some(listens) ? [index] : []));
    const count = pairCounter(reachability, groups, listens);
    if (list === undefined) {
      const glyph = single ? pairGlyph(reach, groups, reachability) : countGlyph(count, reach);
      progress.end();
      if (done > 0) io.stdout('\n');
      io.stdout(
        renderGlyphTable({
          title: title(query),
          rows: groups.map(({ name }) => name),
          columns: columns.map((index) => groups[index]?.name ?? ''),
          glyph: (row, column) => glyph(row, columns[column] ?? 0),
        }),
      );
      continue;
    }
    for (const to of columns) {
      for (const [from, group] of groups.entries()) {
        const { allowed, of } = count(reach, from, to);
        const name = groups[to]?.name ?? '';
        if (of === 0) continue;
        const all = (side: Reach['allowed']): boolean =>
          count({ ...reach, allowed: side }, from, to).allowed === of;
        const { port, protocol } = query;
        list.add([
          group.name,
          name,
          port,
          protocol,
          all(reach.ingress),
          all(reach.egress),
          allowed === of,
          of,
          allowed,
        ]);
      }
    }
  }
  progress.end();
  list?.end();
}

/** `TCP 80` */
export function title({ port, protocol }: PortQuery): string {
  return `${protocol} ${port}`;
}

type Glyph = (row: number, column: number) => string;

/** A cell that is one pair. */
function pairGlyph(reach: Reach, groups: readonly MatrixGroup[], { ends }: Reachability): Glyph {
  const of = groups.map((group) => group.ends[0] ?? 0);
  const outside = of.map((end) => ends[end]?.kind === 'address');
  return (row, column) => {
    if (row === column) return '#';
    if (outside[row] && outside[column]) return '-';
    return reach.allowed(of[row] as number, of[column] as number) ? '.' : 'X';
  };
}

/** A cell that is many pairs. */
function countGlyph(count: ReturnType<typeof pairCounter>, reach: Reach): Glyph {
  return (row, column) => {
    const { allowed, of } = count(reach, row, column);
    if (of === 0) return row === column ? '#' : '-';
    return allowed === of ? '.' : allowed === 0 ? 'X' : '~';
  };
}
