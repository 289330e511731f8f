import { judgeService, type MatrixGroup, serviceTargets } from '../../intent/index.ts';
import { renderGlyphTable } from '../../render/index.ts';
import type { Io } from '../io.ts';
import { listWriter } from './list-writer.ts';
import type { MatrixQuestion } from './matrix.ts';

/** Columns are the ports of Services: `.` every endpoint may be reached, `~` some, `X` none, `-` there is none. */
export function printServices(
  { objects, model, ends }: MatrixQuestion,
  groups: readonly MatrixGroup[],
  output: 'table' | 'csv' | 'json',
  io: Io,
): void {
  const targets = serviceTargets(objects);
  const count = (group: MatrixGroup, target: (typeof targets)[number]): { allowed: number; of: number } => {
    let allowed = 0;
    let of = 0;
    for (const index of group.ends) {
      const end = ends[index]?.end;
      if (end === undefined) continue;
      const verdict = judgeService(model, end, target);
      allowed += verdict.allowed;
      of += verdict.of;
    }
    return { allowed, of };
  };
  if (output !== 'table') {
    const keys = ['from', 'to', 'port', 'protocol', 'endpoints', 'allowedEndpoints', 'allowed'];
    const list = listWriter(output, keys, io);
    for (const target of targets) {
      for (const group of groups) {
        const { allowed, of } = count(group, target);
        const { name, port, protocol } = target;
        list.add([group.name, name, port, protocol, of, allowed, of > 0 && allowed === of]);
      }
    }
    list.end();
    return;
  }
  io.stdout(
    renderGlyphTable({
      title: 'Services',
      rows: groups.map(({ name }) => name),
      columns: targets.map(
        ({ name, port, protocol }) => `${name}:${port}${protocol === 'TCP' ? '' : `/${protocol}`}`,
      ),
      glyph: (row, column) => {
        const group = groups[row];
        const target = targets[column];
        if (group === undefined || target === undefined) return '-';
        const { allowed, of } = count(group, target);
        return of === 0 ? '-' : allowed === of ? '.' : allowed === 0 ? 'X' : '~';
      },
    }),
  );
}
