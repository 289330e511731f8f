import {
  BUILT_IN_NAMESPACES,
  type Diagnostic,
  type LabelSelector,
  matchSelector,
  selectorText,
  speller,
} from '../k8s/index.ts';
import type { PlacedRule } from './policy-lint.ts';
import type { PolicyScope } from './policy-lint-scope.ts';
import { policyWarning } from './policy-lint-warning.ts';

/** The label that the API server gives every namespace. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

/** Keys under which people look for a namespace's name. */
const NAME_KEYS: ReadonlySet<string> = new Set([
  ...['name', 'namespace', 'ns', 'kubernetes.io/name', 'kubernetes.io/namespace', 'metadata.name'],
  ...['kubernetes.io/metadata.namespace', 'app.kubernetes.io/namespace', 'metadata.kubernetes.io/name'],
]);

/** What tells of a rule's namespaceSelectors that fit no Namespace, where the input shows what was meant (PW316). */
export function namespaceCheck(scope: PolicyScope): (placed: PlacedRule) => Diagnostic[] {
  const meantBy = namespacesMeant(scope);
  return ({ policy, direction, rule, path }) => {
    const key = direction === 'Ingress' ? 'from' : 'to';
    return rule.peers.flatMap((peer, i) => {
      if (peer.kind !== 'pods' || peer.namespaceSelector === undefined) return [];
      const meant = meantBy(peer.namespaceSelector);
      if (meant === undefined) return [];
      const message = `no Namespace has ${selectorText(peer.namespaceSelector)}: ${meant.why}`;
      return [policyWarning(policy, [...path, key, i, 'namespaceSelector'], 'PW316', message, meant.fix)];
    });
  };
}

/** What a selector was to be that fits no Namespace; asked once for each that is written. */
export function namespacesMeant(scope: PolicyScope): (selector: LabelSelector) => Meant | undefined {
  const known: ReadonlySet<string> = new Set([...scope.namespaces, ...BUILT_IN_NAMESPACES]);
  const judged = new Map<string, Meant | undefined>();
  return (selector) => {
    const text = selectorText(selector);
    if (!judged.has(text)) judged.set(text, meantBy(selector, known, scope));
    return judged.get(text);
  };
}

interface Meant {
  readonly why: string;
  readonly fix: string;
  readonly selector: LabelSelector;
}

/** What a selector that fits no Namespace was to be; undefined where it fits one, or Namespaces may not be in the input. */
function meantBy(
  selector: LabelSelector,
  known: ReadonlySet<string>,
  { model, givenNamespaces }: PolicyScope,
): Meant | undefined {
  const fits = (name: string): boolean => matchSelector(selector, model.namespaceLabels(name));
  if ([...known].some(fits)) return undefined;
  for (const [key, value] of singleValues(selector)) {
    if (key !== NAME_LABEL && NAME_KEYS.has(key) && known.has(value)) {
      const given = givenNamespaces.has(value) ? '' : ', unless somebody gave it one';
      return {
        why: `${value} has no label "${key}"${given}; the one that every namespace has is ${NAME_LABEL}`,
        fix: `write ${NAME_LABEL}: ${value}`,
        selector: withPair(selector, key, NAME_LABEL, value),
      };
    }
    const near = key === NAME_LABEL ? speller(known)(value) : slipOf(key, value, givenNamespaces);
    if (near !== undefined)
      return {
        why: `nearest is ${key}=${near}`,
        fix: `did you mean ${key}: ${near}?`,
        selector: withPair(selector, key, key, near),
      };
  }
  return undefined;
}

/** The selector with one of its pairs replaced. */
function withPair(selector: LabelSelector, key: string, by: string, value: string): LabelSelector {
  const others = [...selector.matchLabels].filter(([one]) => one !== key);
  return {
    matchLabels: new Map([...others, [by, value]]),
    matchExpressions: selector.matchExpressions.filter((one) => one.key !== key),
  };
}

/** The pairs that a selector asks for. */
function singleValues({ matchLabels, matchExpressions }: LabelSelector): [string, string][] {
  return [
    ...matchLabels,
    ...matchExpressions.flatMap(({ key, operator, values }): [string, string][] => {
      const [only, ...more] = values;
      return operator === 'In' && only !== undefined && more.length === 0 ? [[key, only]] : [];
    }),
  ];
}

function slipOf(
  key: string,
  value: string,
  given: ReadonlyMap<string, ReadonlyMap<string, string>>,
): string | undefined {
  const values = [...given.values()].flatMap((labels) => labels.get(key) ?? []);
  const near = speller(values)(value);
  return near !== undefined && near.replace(/\d+/g, '') !== value.replace(/\d+/g, '') ? near : undefined;
}
