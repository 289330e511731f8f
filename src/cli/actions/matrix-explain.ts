import { parseIp } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import {
  type Connection,
  endText,
  explainConnection,
  judgeConnection,
  judgeService,
  type MatrixEnd,
  type PolicyEnd,
  policyDirectory,
  type ServiceTarget,
  servicePaths,
  walkDestination,
  walkSource,
} from '../../intent/index.ts';
import { didYouMean } from '../../k8s/index.ts';
import { decisionsOf, type Path, runTrace } from '../../trace/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { parsePort } from '../policy-options.ts';
import type { MatrixQuestion } from './matrix.ts';

/** `--explain 'FROM TO:PORT[/PROTOCOL]'`: what both sides say of one cell. Exit 1 when it is denied. */
export function explainCell(asked: MatrixQuestion, cell: string, namespace: string, io: Io): ExitCode {
  const found = readCell(asked, cell, namespace);
  if (typeof found === 'string') {
    io.stderr(`error: --explain: ${found}\n`);
    return EXIT.usage;
  }
  const { connections, from, target } = found;
  const { cluster, model } = asked;
  if (cluster !== undefined) return explainWalk(cluster, from, target, connections, io);
  for (const connection of connections) io.stdout(`${explainConnection(model, connection).join('\n')}\n`);
  if (connections.length === 0) io.stdout(`${target?.name} has no endpoints\n`);
  const allowed = connections.length > 0 && connections.every((one) => judgeConnection(model, one).allowed);
  return allowed ? EXIT.yes : EXIT.no;
}

/** What was walked, and what the policies on its way said. */
function explainWalk(
  cluster: Cluster,
  from: PolicyEnd,
  target: ServiceTarget | undefined,
  connections: readonly Connection[],
  io: Io,
): ExitCode {
  const [connection] = connections;
  const source = { name: endText(from), end: from, ports: [] };
  const paths =
    target !== undefined
      ? servicePaths(cluster, source, target)
      : connection === undefined
        ? undefined
        : pathsTo(cluster, source, connection);
  if (paths === undefined) {
    io.stderr(`error: --explain: ${source.name} cannot ask that address: nothing leads there\n`);
    return EXIT.usage;
  }
  const whom = target === undefined ? endText(connection?.to ?? from) : target.name;
  const { port, protocol } = target ?? connection ?? { port: 0, protocol: 'TCP' };
  for (const path of paths) {
    io.stdout(`${source.name} -> ${whom} ${protocol} ${port}: ${path.verdict} ${path.reason}\n`);
    for (const { text, misses, change, direction } of decisionsOf(path.hops)) {
      io.stdout(`  ${text}\n`);
      for (const { policy, rule, text: why } of misses ?? [])
        io.stdout(`    ${policy}${rule === null ? '' : ` ${direction}[${rule}]`}: ${why}\n`);
      if (change !== undefined) io.stdout(`    fix: ${change}\n`);
    }
  }
  return paths.every(({ reason }) => reason !== 'POLICY') ? EXIT.yes : EXIT.no;
}

function pathsTo(
  cluster: Cluster,
  source: MatrixEnd,
  { to, port, protocol }: Connection,
): readonly Path[] | undefined {
  const sends = walkSource(cluster, source);
  const destination = walkDestination(cluster, { name: endText(to), end: to, ports: [] }, { port, protocol });
  if (sends === undefined || destination === undefined) return undefined;
  return runTrace(cluster, { source: sends, destination }, { all: true }).paths;
}

/** A cell as it is written. */
interface Cell {
  readonly from: PolicyEnd;
  /** Of a Service one for each endpoint. */
  readonly connections: readonly Connection[];
  readonly target?: ServiceTarget;
}

function readCell(asked: MatrixQuestion, cell: string, namespace: string): Cell | string {
  const [source, target, ...more] = cell.trim().split(/\s+/);
  if (source === undefined || target === undefined || more.length > 0)
    return `"${cell}" names no cell: write 'shop/web shop/db:5432', 'shop/web svc/shop/db' or 'shop/web 192.0.2.1:53/udp'`;
  const from = findEnd(asked, source, namespace);
  if (typeof from === 'string') return from;
  if (/^(svc|services?)\//.test(target)) return readService(asked, from, target, namespace);
  const colon = target.lastIndexOf(':');
  // The last colon of a bare IPv6 address is none of a port's.
  const bare = colon < 0 || parseIp(target) !== undefined;
  const to = findEnd(asked, bare ? target : target.slice(0, colon), namespace);
  if (typeof to === 'string') return to;
  const [own] = asked.ends.find(({ end }) => sameEnd(end, to))?.ports ?? [];
  const query = bare ? (own ?? { port: 80, protocol: 'TCP' as const }) : parsePort(target.slice(colon + 1));
  return typeof query === 'string' ? query : { from, connections: [{ from, to, ...query }] };
}

function readService(
  { objects, model }: MatrixQuestion,
  from: PolicyEnd,
  text: string,
  namespace: string,
): Cell | string {
  const directory = policyDirectory(objects);
  const [, path = '', port] = /^([^:]+)(?::(.+))?$/.exec(text) ?? [];
  const query = port === undefined ? undefined : parsePort(port);
  if (typeof query === 'string') return query;
  const found = directory.destination({ to: path, ...query }, namespace);
  if (typeof found === 'string') return found;
  if (found.kind !== 'service') return `"${text}" is no Service`;
  const { target } = found;
  return { from, target, connections: judgeService(model, from, target).connections };
}

function sameEnd(a: PolicyEnd, b: PolicyEnd): boolean {
  return a.kind === 'pod' && b.kind === 'pod' ? a.pod === b.pod : false;
}

/** `[pod/]ns/name`, a name in the namespace of `-n`, or an address; text is what is wrong. */
export function findEnd(
  { ends }: Pick<MatrixQuestion, 'ends'>,
  text: string,
  namespace: string,
): PolicyEnd | string {
  const bare = text.replace(/^external\//, '').replace(/^\[(.*)\]$/, '$1');
  const ip = parseIp(bare);
  if (ip !== undefined) return { kind: 'address', ip };
  const path = text.replace(/^(pod|pods|po)\//, '');
  const name = path.includes('/') ? path : `${namespace}/${path}`;
  const found = ends.find((one) => one.end.kind === 'pod' && one.name === name);
  if (found !== undefined) return found.end;
  const near = didYouMean(
    name,
    ends.map((one) => one.name),
  );
  return `pod "${name}" not found${near === undefined ? '' : ` (did you mean "${near}"?)`}`;
}
