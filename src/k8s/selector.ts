import type { LabelSelector, LabelSelectorRequirement } from './objects.ts';

/**
 * Whether every pair of the selector is among the labels. An empty selector matches everything; whether that
 * is wanted is the caller's question (a Service without selector selects nothing).
 * Kubernetes: labels.Set(selector).AsSelectorPreValidated().Matches.
 */
export function matchLabels(
  selector: ReadonlyMap<string, string>,
  labels: ReadonlyMap<string, string>,
): boolean {
  for (const [key, value] of selector) if (labels.get(key) !== value) return false;
  return true;
}

/** Whether a LabelSelector chooses an object with these labels (metav1.LabelSelectorAsSelector). */
export function matchSelector(selector: LabelSelector, labels: ReadonlyMap<string, string>): boolean {
  return (
    matchLabels(selector.matchLabels, labels) &&
    selector.matchExpressions.every((requirement) =>
      meetsRequirement(requirement, labels.get(requirement.key)),
    )
  );
}

/** Whether a label's value (undefined: the label is absent) meets a requirement. */
export function meetsRequirement(
  { operator, values }: LabelSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
