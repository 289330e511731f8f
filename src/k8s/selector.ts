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
