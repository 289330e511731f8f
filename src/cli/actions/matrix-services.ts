import type { Cluster } from '../../cluster/index.ts';
import {
  judgeConnection,
  judgeService,
  type MatrixGroup,
  type ServiceTarget,
  serviceTargets,
  type WalkedService,
} from '../../intent/index.ts';
import { renderGlyphTable } from '../../render/index.ts';
import type { Io } from '../io.ts';
import { listWriter } from './list-writer.ts';
import type { MatrixQuestion } from './matrix.ts';
import { serviceWalker } from './matrix-datapath.ts';

/** Columns are the ports of Services: `.` every endpoint may be reached, `~` some, `X` none, `-` there is none. */
export function printServices(
  asked: MatrixQuestion,
  groups: readonly MatrixGroup[],
  output: 'table' | 'csv' | 'json',
  io: Io,
  cluster?: Cluster,
): void {
  const { objects, model, ends } = asked;
  const targets = serviceTargets(objects);
  const walked = cluster === undefined ? undefined : serviceWalker(asked, cluster, targets, io);
  const judged = (end: number, target: ServiceTarget): WalkedService => {
    const one = ends[end]?.end;
    if (one === undefined) return { allowed: 0, of: 0, ingress: null, egress: true };
    const { allowed, of, open, connections } = judgeService(model, one, target);
    const verdicts = connections.map((connection) => judgeConnection(model, connection));
    const ingress = of === 0 ? null : verdicts.every((verdict) => verdict.ingress.allowed);
    const egress = open && verdicts.every((verdict) => verdict.egress.allowed);
    return { allowed, of, ingress, egress };
  };
  const verdictOf = walked?.count ?? judged;
  const count = (group: MatrixGroup, target: ServiceTarget): WalkedService => {
    const verdicts = group.ends.map((index) => verdictOf(index, target));
    const reached = verdicts.flatMap(({ ingress }) => (ingress === null ? [] : [ingress]));
    return {
      allowed: verdicts.reduce((sum, one) => sum + one.allowed, 0),
      of: verdicts.reduce((sum, one) => sum + one.of, 0),
      ingress: reached.length === 0 ? null : reached.every((allowed) => allowed),
      egress: verdicts.every(({ egress }) => egress),
    };
  };
  if (output !== 'table') {
    const keys = [
      ...['from', 'to', 'port', 'protocol', 'ingress', 'egress', 'allowed', 'endpoints', 'allowedEndpoints'],
    ];
    const list = listWriter(output, keys, io);
    for (const target of targets) {
      for (const group of groups) {
        const { allowed, of, ingress, egress } = count(group, target);
        const { name, port, protocol } = target;
        const all = of > 0 && allowed === of;
        list.add([group.name, name, port, protocol, ingress, egress, all, of, allowed]);
      }
    }
    list.end();
    walked?.done(output);
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
  walked?.done(output);
}
