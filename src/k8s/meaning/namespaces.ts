import type { Diagnostic } from '../diagnostics.ts';
import { speller } from '../did-you-mean.ts';
import type { ClusterObjects } from '../objects.ts';
import { tellOf } from './advice.ts';

/** Namespaces that every cluster has. */
export const BUILT_IN_NAMESPACES: readonly string[] = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
];

/**
 * Objects in a namespace whose name is nearly one of those given (PW326): a warning where it is a slip of one letter,
 * a note where both may be meant (`team-a` and `team-b`, `dev` and `dev2`).
 */
export function checkNamespaces(objects: ClusterObjects): Diagnostic[] {
  if (objects.namespaces.length === 0) return [];
  const known = new Set([...BUILT_IN_NAMESPACES, ...objects.namespaces.map(({ meta }) => meta.name)]);
  const near = speller(known);
  const { workloads, services, pods, endpointSlices, networkPolicies } = objects;
  const placed = [...workloads, ...services, ...pods, ...endpointSlices, ...networkPolicies];
  const told = new Set<string>();
  return placed.flatMap(({ kind, meta }) => {
    const { source, namespace } = meta;
    if (source === undefined || known.has(namespace) || told.has(namespace)) return [];
    told.add(namespace);
    const meant = near(namespace);
    if (meant === undefined) return [];
    const severity = isSlip(namespace, meant) ? 'warning' : 'note';
    const message = `${kind} ${meta.name} is in namespace "${namespace}", which is not among those given`;
    const fix = `did you mean "${meant}"?`;
    return [tellOf(severity, meta, ['metadata', 'namespace'], 'PW326', message, fix)];
  });
}

/** Whether two names differ inside a word, and neither by a number nor by what follows a hyphen as a word of its own. */
function isSlip(a: string, b: string): boolean {
  const [wordsA, wordsB] = [a.split('-'), b.split('-')];
  if (wordsA.length !== wordsB.length) return a.replaceAll('-', '') === b.replaceAll('-', '');
  return wordsA.every((word, i) => {
    const other = wordsB[i] ?? '';
    if (word === other) return true;
    // Two short words are two words (`a` and `b`, `eu` and `us`), and numbers are counted.
    return Math.min(word.length, other.length) > 3 && word.replace(/\d/g, '') !== other.replace(/\d/g, '');
  });
}
