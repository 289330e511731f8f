import type { LabelSelector, LabelSelectorRequirement } from './objects.ts';

const TERM =
  /^\s*(?:(?<not>!)?(?<key>[\w./-]+)|(?<left>[\w./-]+)\s*(?<operator>==|=|!=)\s*(?<right>[\w.-]*)|(?<name>[\w./-]+)\s+(?<set>in|notin)\s*\((?<values>[^()]*)\))\s*$/;

/**
 * Reads a selector as it is written on one line: `app=web,tier!=db,env in (a,b),!old` (labels.Parse of apimachinery).
 * What cannot be read is the term that is none.
 */
export function parseLabelSelector(
  text: string,
): { readonly ok: true; readonly selector: LabelSelector } | { readonly ok: false; readonly term: string } {
  const matchExpressions: LabelSelectorRequirement[] = [];
  for (const term of splitTerms(text)) {
    const requirement = readTerm(term);
    if (requirement === undefined) return { ok: false, term: term.trim() };
    matchExpressions.push(requirement);
  }
  return { ok: true, selector: { matchLabels: new Map(), matchExpressions } };
}

/** Commas inside parentheses belong to a set. */
function splitTerms(text: string): string[] {
  return text.trim() === '' ? [] : text.split(/,(?![^(]*\))/);
}

function readTerm(term: string): LabelSelectorRequirement | undefined {
  const groups = TERM.exec(term)?.groups;
  if (groups === undefined) return undefined;
  const { not, key, left, operator, right = '', name, set, values = '' } = groups;
  if (key !== undefined) return { key, operator: not === undefined ? 'Exists' : 'DoesNotExist', values: [] };
  if (left !== undefined) return { key: left, operator: operator === '!=' ? 'NotIn' : 'In', values: [right] };
  if (name === undefined) return undefined;
  const list = [...new Set(values.split(',').map((value) => value.trim()))];
  return { key: name, operator: set === 'in' ? 'In' : 'NotIn', values: list };
}
