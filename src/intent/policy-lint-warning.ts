import type { Diagnostic, NetworkPolicy, Severity } from '../k8s/index.ts';

/** A warning about a field of a policy. */
export function policyWarning(
  policy: NetworkPolicy,
  path: readonly (string | number)[],
  code: string,
  message: string,
  fix: string,
): Diagnostic {
  return policyFinding('warning', policy, path, code, message, fix);
}

/** What there is to say about a field of a policy, as grave as it is certain. */
export function policyFinding(
  severity: Severity,
  { meta }: NetworkPolicy,
  path: readonly (string | number)[],
  code: string,
  message: string,
  fix: string | undefined,
): Diagnostic {
  return {
    severity,
    code,
    message: `NetworkPolicy ${meta.namespace}/${meta.name}: ${message}`,
    ...(fix === undefined ? {} : { fix }),
    ...(meta.source === undefined ? {} : { at: { source: meta.source, path } }),
  };
}
