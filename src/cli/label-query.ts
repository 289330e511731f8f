import { matchSelector, parseLabelSelector } from '../k8s/index.ts';

/** Reads what `-l` takes: `app=web,tier!=db,env in (a,b),!old`. */
export type LabelQuery = (labels: ReadonlyMap<string, string>) => boolean;

/** The query, or the term that is none. */
export function parseLabelQuery(
  text: string,
): { readonly ok: true; readonly query: LabelQuery } | { readonly ok: false; readonly term: string } {
  const parsed = parseLabelSelector(text);
  return parsed.ok ? { ok: true, query: (labels) => matchSelector(parsed.selector, labels) } : parsed;
}
