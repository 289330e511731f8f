import { parseIp } from '../../addr/index.ts';
import { type Connection, explainConnection, judgeConnection, type PolicyEnd } from '../../intent/index.ts';
import { didYouMean } from '../../k8s/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { parsePort } from '../policy-options.ts';
import type { MatrixQuestion } from './matrix.ts';

/** `--explain 'FROM TO:PORT[/PROTOCOL]'`: what both sides say of one cell. Exit 1 when it is denied. */
export function explainCell(asked: MatrixQuestion, cell: string, namespace: string, io: Io): ExitCode {
  const connection = readCell(asked, cell, namespace);
  if (typeof connection === 'string') {
    io.stderr(`error: --explain: ${connection}\n`);
    return EXIT.usage;
  }
  io.stdout(`${explainConnection(asked.model, connection).join('\n')}\n`);
  return judgeConnection(asked.model, connection).allowed ? EXIT.yes : EXIT.no;
}

function readCell(asked: MatrixQuestion, cell: string, namespace: string): Connection | string {
  const [from, target, ...more] = cell.trim().split(/\s+/);
  if (from === undefined || target === undefined || more.length > 0)
    return `"${cell}" names no cell: write 'shop/web shop/db:5432' or 'shop/web 192.0.2.1:53/udp'`;
  const source = findEnd(asked, from, namespace);
  if (typeof source === 'string') return source;
  const colon = target.lastIndexOf(':');
  // The last colon of a bare IPv6 address is none of a port's.
  const bare = colon < 0 || parseIp(target) !== undefined;
  const destination = findEnd(asked, bare ? target : target.slice(0, colon), namespace);
  if (typeof destination === 'string') return destination;
  const [own] = asked.ends.find(({ end }) => sameEnd(end, destination))?.ports ?? [];
  const query = bare ? (own ?? { port: 80, protocol: 'TCP' as const }) : parsePort(target.slice(colon + 1));
  return typeof query === 'string' ? query : { from: source, to: destination, ...query };
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
