import type { Diagnostic } from './diagnostics.ts';
import { isRecord } from './field.ts';
import type { SourceRef } from './objects.ts';

/** `--skip-invalid`: which objects are left out, and what is said of them. */

/** What stands for the place of an object. */
export function placeKey({ file, document, path }: SourceRef): string {
  return `${file}\0${document}\0${path.join('/')}`;
}

/** The errors that are about an object of the input: those by which it can be left out. */
export function invalidObjects(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.filter(({ severity, at }) => severity === 'error' && at !== undefined);
}

/** The places of the objects that errors are about. */
export function placesOf(errors: readonly Diagnostic[]): ReadonlySet<string> {
  return new Set(errors.flatMap(({ at }) => (at === undefined ? [] : [placeKey(at.source)])));
}

/** An error as the warning that it is where its object is left out. */
export function asWarning(error: Diagnostic): Diagnostic {
  return { ...error, severity: 'warning' };
}

/** What is said of an object that is left out. */
export function leftOut(object: unknown, source: SourceRef): Diagnostic {
  return {
    severity: 'warning',
    code: 'PW119',
    message: `${nameOf(object)} is left out (--skip-invalid): what refers to it finds nothing`,
    at: { source, path: [] },
  };
}

function nameOf(object: unknown): string {
  if (!isRecord(object)) return 'what is no object';
  const kind = typeof object['kind'] === 'string' && object['kind'] !== '' ? object['kind'] : 'an object';
  const { metadata } = object;
  if (!isRecord(metadata) || typeof metadata['name'] !== 'string') return kind;
  const { namespace } = metadata;
  const prefix = typeof namespace === 'string' && namespace !== '' ? `${namespace}/` : '';
  return `${kind} ${JSON.stringify(`${prefix}${metadata['name']}`)}`;
}
