import type { Diagnostic, Severity } from '../diagnostics.ts';
import type { Meta, Pod } from '../objects.ts';

/** A warning about a field of an object. */
export function warn(
  meta: Meta,
  path: readonly (string | number)[],
  code: string,
  message: string,
  fix?: string,
): Diagnostic {
  return tellOf('warning', meta, path, code, message, fix);
}

/** What there is to say about a field of an object, as grave as it is certain. */
export function tellOf(
  severity: Severity,
  meta: Meta,
  path: readonly (string | number)[],
  code: string,
  message: string,
  fix?: string,
): Diagnostic {
  return {
    severity,
    code,
    message,
    ...(fix === undefined ? {} : { fix }),
    ...(meta.source === undefined ? {} : { at: { source: meta.source, path } }),
  };
}

/** `default/web-0, default/web-1 and 3 more`. */
export function listed(names: readonly string[], most: number = 3): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** `1 pod`, `3 pods`. */
export function pods(count: number): string {
  return count === 1 ? '1 pod' : `${count} pods`;
}

export function podName({ meta }: Pod): string {
  return `${meta.namespace}/${meta.name}`;
}
