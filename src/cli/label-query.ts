/** Reads what `-l` takes: `app=web,tier!=db,env in (a,b),!old` (labels.Parse of apimachinery). */
export type LabelQuery = (labels: ReadonlyMap<string, string>) => boolean;

const TERM =
  /^\s*(?:(?<not>!)?(?<key>[\w./-]+)|(?<left>[\w./-]+)\s*(?<operator>==|=|!=)\s*(?<right>[\w.-]*)|(?<name>[\w./-]+)\s+(?<set>in|notin)\s*\((?<values>[^()]*)\))\s*$/;

/** The query, or the term that is none. */
export function parseLabelQuery(
  text: string,
): { readonly ok: true; readonly query: LabelQuery } | { readonly ok: false; readonly term: string } {
  const queries: LabelQuery[] = [];
  for (const term of splitTerms(text)) {
    const query = readTerm(term);
    if (query === undefined) return { ok: false, term: term.trim() };
    queries.push(query);
  }
  return { ok: true, query: (labels) => queries.every((query) => query(labels)) };
}

/** Commas inside parentheses belong to a set. */
function splitTerms(text: string): string[] {
  return text.trim() === '' ? [] : text.split(/,(?![^(]*\))/);
}

function readTerm(term: string): LabelQuery | undefined {
  const groups = TERM.exec(term)?.groups;
  if (groups === undefined) return undefined;
  const { not, key, left, operator, right = '', name, set, values = '' } = groups;
  if (key !== undefined) return (labels) => labels.has(key) === (not === undefined);
  if (left !== undefined) {
    return operator === '!='
      ? (labels) => labels.get(left) !== right
      : (labels) => labels.get(left) === right;
  }
  if (name === undefined) return undefined;
  const wanted = new Set(values.split(',').map((value) => value.trim()));
  return (labels) => {
    const value = labels.get(name);
    return set === 'in'
      ? value !== undefined && wanted.has(value)
      : value === undefined || !wanted.has(value);
  };
}
