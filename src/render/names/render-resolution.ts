import { visibleDeep } from '../../formats/text/index.ts';
import type { QueryView, Resolution } from '../../trace/names/index.ts';
import { formatOutcome } from '../views.ts';

type LookupError = NonNullable<Resolution['error']>;

/** gai_strerror(3) of each libc; musl has no EAI_NODATA. */
const ERRORS: Readonly<Record<Resolution['libc'], Readonly<Record<LookupError, string>>>> = {
  glibc: {
    EAI_NONAME: 'Name or service not known',
    EAI_NODATA: 'No address associated with hostname',
    EAI_AGAIN: 'Temporary failure in name resolution',
    EAI_FAIL: 'Non-recoverable failure in name resolution',
  },
  musl: {
    EAI_NONAME: 'Name does not resolve',
    EAI_NODATA: 'Name has no usable address',
    EAI_AGAIN: 'Try again',
    EAI_FAIL: 'Non-recoverable error',
  },
};

/** A lookup as a table of its queries, and what came of it. */
export function renderResolution(given: Resolution): string {
  const resolution = visibleDeep(given);
  const { name, source, libc, resolver, queries, names, from } = resolution;
  const who = source.kind === 'pod' ? `${source.namespace}/${source.name}` : (source.name ?? source.kind);
  const search = resolver.search.length === 0 ? '' : `; search ${resolver.search.join(' ')}`;
  const lines = [
    `lookup    ${name} by ${who} (${libc})`,
    `resolver  ${resolver.policy}; nameserver ${resolver.nameservers.join(' ')}${search}; ndots:${resolver.ndots}`,
    '',
    ...table(queries),
    ...(queries.length === 0
      ? []
      : ['', `${count(names.length, 'name')}, ${count(queries.length, 'query')}`, '']),
    ...outcome(resolution),
  ];
  if (from === 'literal') lines.push('          the name is an address: nobody is asked');
  if (from === 'hosts') lines.push('          from /etc/hosts: nobody is asked');
  return lines.map((line) => `${line}\n`).join('');
}

function count(number: number, what: 'name' | 'query'): string {
  if (number === 1) return `1 ${what}`;
  return `${number} ${what === 'name' ? 'names' : 'queries'}`;
}

function table(queries: readonly QueryView[]): string[] {
  const rows = queries.map(({ name, type, server, rcode, answer, by, truncated, trace }, i) => {
    const got = answer.map((record) => (record.type === 'CNAME' ? `CNAME ${record.data}` : record.data));
    const what =
      rcode === 'NOERROR' && got.length === 0 ? 'NOERROR, no such record' : (rcode ?? lostText(trace));
    const cut = truncated === true ? ['(too long for a datagram)'] : [];
    const who = by === undefined ? '' : `by ${by}`;
    return [String(i + 1), name, type, server, [what, ...got, ...cut].join('  '), who];
  });
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padStart(widths[0] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** `no answer: timeout (DROP_RULE)`, where the query was walked. */
function lostText(trace: QueryView['trace']): string {
  const [path] = trace?.paths ?? [];
  return path === undefined ? 'no answer' : `no answer: ${formatOutcome(path)}`;
}

function outcome({
  libc,
  error,
  addresses,
  canonicalName,
  aliases,
  explanation,
  fix,
  waited,
}: Resolution): string[] {
  const wait = waited === 0 ? '' : ` after ${waited} s of waiting`;
  if (error !== undefined)
    return [
      `error     ${error}: ${ERRORS[libc][error]}${wait}`,
      ...(explanation === undefined ? [] : [`          ${explanation}`]),
      ...(fix === undefined ? [] : [`fix       ${fix}`]),
    ];
  const alias = aliases === undefined || canonicalName === undefined ? '' : ` (alias of ${canonicalName})`;
  return [`answer    ${addresses.join(' ')}${alias}${wait}`];
}
