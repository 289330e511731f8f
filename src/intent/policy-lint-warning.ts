import type { Diagnostic, NetworkPolicy } from '../k8s/index.ts';

/** A warning about a field of a policy. */
export function policyWarning(
  { meta }: NetworkPolicy,
  path: readonly (string | number)[],
  code: string,
  message: string,
  fix: string,
): Diagnostic {
  return {
    severity: 'warning',
    code,
    message: `NetworkPolicy ${meta.namespace}/${meta.name}: ${message}`,
    fix,
    ...(meta.source === undefined ? {} : { at: { source: meta.source, path } }),
  };
}
