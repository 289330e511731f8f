import type { QueryView, Resolution } from '../trace/index.ts';

/**
 * How a name was looked up, before the walk to what it stands for: one line a name in the order in which they were
 * asked for, both types on it.
 */
export function lookupLines(resolution: Resolution): string[] {
  const { name, queries, from, addresses, resolver, waited } = resolution;
  if (queries.length === 0)
    return [
      from === 'hosts'
        ? `${name}: ${addresses.join(', ')}   from its own /etc/hosts`
        : `${name}: not asked for`,
    ];
  const rows = rowsOf(queries);
  const servers = [...new Set(queries.map(({ server }) => server))];
  const settings = resolver.search.length === 0 ? 'no search list' : `ndots ${resolver.ndots}`;
  const waiting = waited === 0 ? '' : `, ${waited} s of waiting`;
  const head = `${name}: ${count(rows.length, 'name')}, ${count(queries.length, 'query')} to ${servers.join(', ')} (${settings})${waiting}`;
  const widths = [0, 1].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return [
    head,
    ...rows.map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  ];
}

function count(number: number, what: 'name' | 'query'): string {
  return number === 1 ? `1 ${what}` : `${number} ${what === 'name' ? 'names' : 'queries'}`;
}

/** Name, what came for A, what came for AAAA; a name that is asked for again at another time is another row. */
function rowsOf(queries: readonly QueryView[]): string[][] {
  const rows: { name: string; said: Map<string, string[]> }[] = [];
  for (const query of queries) {
    let row = rows.at(-1);
    if (row?.name !== query.name) {
      row = { name: query.name, said: new Map() };
      rows.push(row);
    }
    const own = row.said.get(query.type) ?? [];
    own.push(answerOf(query));
    row.said.set(query.type, own);
  }
  return rows.map(({ name, said }) => [
    name,
    ...['A', 'AAAA'].map((type) => {
      const answers = said.get(type);
      return answers === undefined ? '' : `${type} ${runs(answers).join(', then ')}`;
    }),
  ]);
}

/** Equal answers that follow each other, once. */
function runs(answers: readonly string[]): string[] {
  const out: { text: string; times: number }[] = [];
  for (const text of answers) {
    const last = out.at(-1);
    if (last?.text === text) last.times++;
    else out.push({ text, times: 1 });
  }
  return out.map(({ text, times }) => (times === 1 ? text : `${text} (${times} times)`));
}

function answerOf({ rcode, answer, type }: QueryView): string {
  if (rcode === null) return 'no answer';
  const aliases = answer.filter((record) => record.type === 'CNAME').map(({ data }) => `CNAME ${data}`);
  const found = answer.filter((record) => record.type === type).map(({ data }) => data);
  if (found.length > 0) return [...aliases, found.join(', ')].join(' ');
  return [...aliases, rcode === 'NOERROR' ? 'none' : rcode].join(' ');
}
