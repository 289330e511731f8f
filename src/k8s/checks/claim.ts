import type { Diagnostic, Severity } from '../diagnostics.ts';
import { type Field, tell } from '../field.ts';
import type { Meta } from '../objects.ts';

/** `namespace/name`, or the name alone for kinds without a namespace. */
export function fullName(meta: Meta): string {
  return meta.namespace === '' ? meta.name : `${meta.namespace}/${meta.name}`;
}

/** A diagnostic whose message is a whole sentence. */
export function sentence(
  field: Field,
  severity: Severity,
  code: string,
  message: string,
  fix?: string,
  also?: Diagnostic['also'],
): void {
  tell(field, severity, code, message, fix, 'sentence', also);
}

/** Tells of the second holder of a key; `collide` is given the first. */
export function claim<K>(
  holders: Map<K, string>,
  key: K,
  holder: string,
  collide: (first: string) => void,
): void {
  const first = holders.get(key);
  if (first === undefined) holders.set(key, holder);
  else collide(first);
}
