import type { Cluster } from '../../cluster/index.ts';
import {
  type Connection,
  cellWalker,
  differenceOf,
  judgeConnection,
  judgeService,
  type MatrixGroup,
  type PortQuery,
  type ServiceTarget,
  type WalkedCell,
  type WalkedService,
  walkDestination,
  walkService,
  walkSource,
} from '../../intent/index.ts';
import { renderGlyphTable } from '../../render/index.ts';
import type { Io } from '../io.ts';
import { progressOf } from '../progress.ts';
import { listWriter } from './list-writer.ts';
import type { MatrixQuestion } from './matrix.ts';
import { title } from './matrix-print.ts';

/** A pair of ends that was walked; undefined where there is nothing to walk. */
export type WalkedMatrix = (source: number, destination: number) => WalkedCell | undefined;

/** What was found while walking, for the footnote. */
interface Findings {
  pairs: number;
  /** By the name of the difference: how many, and the first. */
  readonly differences: Map<string, { count: number; readonly first: string }>;
  /** Lost for another reason than policies, by the reason. */
  readonly lost: Map<string, { count: number; readonly first: string }>;
}

/** `--datapath`: walks every pair of ends, and says where that is not what the specification says. */
export function printDatapath(
  asked: MatrixQuestion,
  cluster: Cluster,
  groups: readonly MatrixGroup[],
  output: 'table' | 'csv' | 'json',
  io: Io,
): void {
  const { ends, queries, asks } = asked;
  const single = groups.every((group) => group.ends.length === 1);
  const keys = single
    ? ['from', 'to', 'port', 'protocol', 'ingress', 'egress', 'allowed']
    : ['from', 'to', 'port', 'protocol', 'ingress', 'egress', 'allowed', 'pairs', 'allowedPairs'];
  const list = output === 'table' ? undefined : listWriter(output, keys, io);
  const findings: Findings = { pairs: 0, differences: new Map(), lost: new Map() };
  const walk = walker(asked, cluster, io);
  for (const [done, query] of queries.entries()) {
    const cells = walk(query);
    const name = (index: number): string => ends[index]?.name ?? '';
    const columns = groups.flatMap((group, i) => (group.ends.some((end) => asks(end, query)) ? [i] : []));
    note(asked, cluster, query, cells, findings);
    if (list !== undefined && single) {
      for (const d of columns.map((i) => groups[i]?.ends[0] ?? 0))
        for (const [s] of ends.entries()) {
          const cell = cells(s, d);
          if (cell === undefined) continue;
          const { ingress, egress, allowed } = cell;
          list.add([name(s), name(d), query.port, query.protocol, ingress, egress, allowed]);
        }
      continue;
    }
    const count = (from: number, to: number): Count => countCells(cells, groups[from], groups[to]);
    if (list !== undefined) {
      for (const to of columns)
        for (const [from, group] of groups.entries()) {
          const { allowed, of, ingress, egress } = count(from, to);
          const at = groups[to]?.name ?? '';
          const { port, protocol } = query;
          if (of > 0)
            list.add([group.name, at, port, protocol, ingress, egress, allowed === of, of, allowed]);
        }
      continue;
    }
    if (done > 0) io.stdout('\n');
    io.stdout(
      renderGlyphTable({
        title: title(query),
        rows: groups.map((group) => group.name),
        columns: columns.map((index) => groups[index]?.name ?? ''),
        glyph: (row, column) => glyphOf(count(row, columns[column] ?? 0), row === columns[column]),
      }),
    );
  }
  list?.end();
  footnote(findings, 'pair', output, io);
}

/** Walks all pairs of a port when it is asked for it. */
export function walker(
  { ends, queries, asks }: MatrixQuestion,
  cluster: Cluster,
  io: Io,
): (query: PortQuery) => WalkedMatrix {
  const sources = ends.map((end) => walkSource(cluster, end));
  const senders = sources.filter((source) => source !== undefined).length;
  const listeners = queries.map((query) => ends.filter((_, d) => asks(d, query)).length);
  const all = listeners.reduce((sum, own) => sum + own * senders, 0);
  const progress = progressOf('walks', all, io);
  const walkCell = cellWalker(cluster);
  return (query) => {
    const cells = new Map<number, WalkedCell>();
    for (const [d, end] of ends.entries()) {
      if (!asks(d, query)) continue;
      const destination = walkDestination(cluster, end, query);
      for (const [s, source] of sources.entries()) {
        if (source === undefined) continue;
        progress.tick();
        if (s !== d && destination !== undefined)
          cells.set(s * ends.length + d, walkCell(source, destination));
      }
    }
    // Drawn again with the next port.
    progress.end();
    return (s, d) => cells.get(s * ends.length + d);
  };
}

interface Count {
  readonly allowed: number;
  readonly of: number;
  /** Lost for another reason than policies. */
  readonly lost: number;
  /** Whether every one was allowed by that side; null: none came so far. */
  readonly ingress: boolean | null;
  readonly egress: boolean;
}

function countCells(cells: WalkedMatrix, from: MatrixGroup | undefined, to: MatrixGroup | undefined): Count {
  let allowed = 0;
  let of = 0;
  let lost = 0;
  let ingress: boolean | null = null;
  let egress = true;
  for (const s of from?.ends ?? []) {
    for (const d of to?.ends ?? []) {
      const cell = cells(s, d);
      if (cell === undefined) continue;
      of++;
      egress &&= cell.egress;
      if (cell.ingress !== null) ingress = (ingress ?? true) && cell.ingress;
      if (cell.allowed) allowed++;
      else if (cell.reason !== 'POLICY') lost++;
    }
  }
  return { allowed, of, lost, ingress, egress };
}

function glyphOf({ allowed, of, lost }: Count, same: boolean): string {
  if (of === 0) return same ? '#' : '-';
  if (lost === of) return '!';
  return allowed === of ? '.' : allowed === 0 ? 'X' : '~';
}

function add(map: Map<string, { count: number; readonly first: string }>, key: string, first: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, { count: 1, first });
  else known.count++;
}

/** Holds the cells of a port against the specification. */
function note(
  { ends, model }: MatrixQuestion,
  cluster: Cluster,
  query: PortQuery,
  cells: WalkedMatrix,
  findings: Findings,
): void {
  for (const [d, destination] of ends.entries()) {
    for (const [s, source] of ends.entries()) {
      const cell = cells(s, d);
      if (cell === undefined) continue;
      findings.pairs++;
      const connection: Connection = { from: source.end, to: destination.end, ...query };
      const first = `${source.name} -> ${destination.name} ${title(query)}`;
      if (!cell.allowed && cell.reason !== 'POLICY') {
        add(findings.lost, cell.reason, first);
        continue;
      }
      if (judgeConnection(model, connection).allowed === cell.allowed) continue;
      add(findings.differences, differenceOf(cluster, model, connection, cell.allowed), first);
    }
  }
}

/** What the walks found that the specification does not say: on stdout below a table, else on stderr. */
function footnote({ pairs, differences, lost }: Findings, what: string, output: string, io: Io): void {
  const lines: string[] = [];
  const told = ({ count, first }: { readonly count: number; readonly first: string }): string =>
    `${first}${count > 1 ? ` and ${count - 1} more` : ''}`;
  const sum = [...differences.values()].reduce((all, { count }) => all + count, 0);
  if (sum === 0) lines.push(`datapath and specification agree on ${pairs} ${what}${pairs === 1 ? '' : 's'}`);
  else lines.push(`datapath and specification differ in ${sum} of ${pairs} ${what}s:`);
  for (const [name, one] of differences) lines.push(`  ${name}: ${told(one)}`);
  for (const [reason, one] of lost)
    lines.push(`! lost for another reason than policies, ${reason}: ${told(one)}`);
  if (output === 'table') io.stdout(`\n${lines.join('\n')}\n`);
  else for (const line of lines) io.stderr(`note: ${line.trim()}\n`);
}

/** `--svc --datapath`: how many of a Service's endpoints each end's walks come to. */
export function serviceWalker(
  asked: MatrixQuestion,
  cluster: Cluster,
  targets: readonly ServiceTarget[],
  io: Io,
): {
  readonly count: (end: number, target: ServiceTarget) => WalkedService;
  readonly done: (output: string) => void;
} {
  const findings: Findings = { pairs: 0, differences: new Map(), lost: new Map() };
  const progress = progressOf('walks', asked.ends.length * targets.length, io);
  const known = new Map<string, WalkedService>();
  const count = (index: number, target: ServiceTarget): WalkedService => {
    const key = `${index} ${target.name}:${target.port}/${target.protocol}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    progress.tick();
    const end = asked.ends[index];
    const walked = end === undefined ? undefined : walkService(cluster, end, target);
    const found = walked ?? { allowed: 0, of: 0, ingress: null, egress: true };
    known.set(key, found);
    if (end === undefined || walked === undefined || walked.of === 0) return found;
    findings.pairs++;
    const { allowed, of, connections } = judgeService(asked.model, end.end, target);
    if (allowed * walked.of === walked.allowed * of) return found;
    const more = walked.allowed * of > allowed * walked.of;
    const first = `${end.name} -> ${target.name}:${target.port}`;
    const names = connections
      .filter((one) => judgeConnection(asked.model, one).allowed !== more)
      .map((one) => differenceOf(cluster, asked.model, one, more));
    const outside = end.end.kind === 'address' ? MASQUERADED : (names[0] ?? MASQUERADED);
    add(findings.differences, outside, first);
    return found;
  };
  const done = (output: string): void => {
    progress.end();
    footnote(findings, 'cell', output, io);
  };
  return { count, done };
}

const MASQUERADED = 'policies see what masquerading makes of an address';
