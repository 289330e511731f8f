import {
  distinctPorts,
  type MatrixEnd,
  outsideEnds,
  type PortQuery,
  portText,
  type Reach,
  reachability,
} from '../../intent/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { listWriter } from './list-writer.ts';
import type { MatrixOptions, MatrixQuestion } from './matrix.ts';
import { walker } from './matrix-datapath.ts';

/** An end that both states have, by its index in each. */
interface Common {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  readonly outside: boolean;
}

/**
 * `--diff A B`: the pairs that one state allows and the other does not, on every port that either asks about, who is
 * outside among them: an end for each range that policies of either tell apart. Pods that only one has are told on stderr. Exit 1 when anything differs.
 */
export function matrixDiff(
  given: MatrixQuestion,
  changed: MatrixQuestion,
  { output }: Pick<MatrixOptions, 'output'>,
  io: Io,
): ExitCode {
  const outside = given.cluster === undefined ? outsideEnds([given.objects, changed.objects]) : [];
  if (given.cluster !== undefined)
    io.stderr('note: addresses outside are not asked about with --datapath, but for those of --external\n');
  const before = withOutside(given, outside);
  const after = withOutside(changed, outside);
  const index = new Map(after.ends.map(({ name }, i) => [name, i]));
  const common: Common[] = before.ends.flatMap(({ name, end }, i) => {
    const now = index.get(name);
    return now === undefined ? [] : [{ name, before: i, after: now, outside: end.kind === 'address' }];
  });
  const shared = new Set(common.map(({ name }) => name));
  for (const { name } of before.ends) if (!shared.has(name)) io.stderr(`note: only before: ${name}\n`);
  for (const { name } of after.ends) if (!shared.has(name)) io.stderr(`note: only after: ${name}\n`);
  const old = reachabilityOf(before, io);
  const now = reachabilityOf(after, io);
  const list =
    output === 'table' ? undefined : listWriter(output, ['change', 'from', 'to', 'port', 'protocol'], io);
  let opened = 0;
  let closed = 0;
  for (const query of distinctPorts([...before.queries, ...after.queries])) {
    const was = old.on(query);
    const is = now.on(query);
    for (const to of common) {
      if (!before.asks(to.before, query) && !after.asks(to.after, query)) continue;
      for (const from of common) {
        if (from === to || (from.outside && to.outside)) continue;
        const open = is.allowed(from.after, to.after);
        if (open === was.allowed(from.before, to.before)) continue;
        if (open) opened++;
        else closed++;
        const change = open ? 'opened' : 'closed';
        if (list !== undefined) list.add([change, from.name, to.name, query.port, query.protocol]);
        else io.stdout(`${change}  ${from.name} -> ${to.name} ${query.protocol} ${query.port}\n`);
      }
    }
  }
  list?.end();
  if (list === undefined)
    io.stdout(opened + closed === 0 ? 'no difference\n' : `${opened} opened, ${closed} closed\n`);
  return opened + closed === 0 ? EXIT.yes : EXIT.no;
}

/** The ends with those outside that policies tell apart. */
function withOutside(asked: MatrixQuestion, outside: readonly MatrixEnd[]): MatrixQuestion {
  const { ends, portsGiven, queries } = asked;
  const [first] = outside;
  if (first === undefined) return asked;
  const ports = new Set(first.ports.map(portText));
  return {
    ...asked,
    ends: [...ends, ...outside],
    queries: portsGiven ? queries : distinctPorts([...queries, ...first.ports]),
    asks: (end, query) =>
      portsGiven || (end < ends.length ? asked.asks(end, query) : ports.has(portText(query))),
  };
}

/** By the specification, or with `--datapath` by walking; what cannot be walked is not reached. */
function reachabilityOf(
  asked: MatrixQuestion,
  io: Io,
): { readonly on: (query: PortQuery) => Pick<Reach, 'allowed'> } {
  const { cluster, model, ends } = asked;
  if (cluster === undefined)
    return reachability(
      model,
      ends.map(({ end }) => end),
    );
  const walk = walker(asked, cluster, io);
  return {
    on: (query) => {
      const cells = walk(query);
      return { allowed: (s, d) => cells(s, d)?.allowed === true };
    },
  };
}
