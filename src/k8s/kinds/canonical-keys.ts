import { didYouMean } from '../did-you-mean.ts';
import { child, type Field, isRecord, tell } from '../field.ts';

/** A mapping with every key spelled as it is known, as Go's decoder matches without case. Other keys stay. */
export function canonicalKeys(field: Field, names: readonly string[]): Field {
  const { value } = field;
  if (!isRecord(value)) return field;
  const out = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of Object.entries(value))
    out[names.find((name) => name.toLowerCase() === key.toLowerCase()) ?? key] = inner;
  return { ...field, value: out };
}

/** Warns of keys that nobody knows but that look like one that is known. */
export function warnUnknown(field: Field, names: readonly string[], whose: string): void {
  if (!isRecord(field.value)) return;
  for (const key of Object.keys(field.value)) {
    if (names.includes(key)) continue;
    const meant = didYouMean(key, names);
    if (meant !== undefined)
      tell(
        child(field, key),
        'warning',
        'PW210',
        `unknown field: ${whose} ignores it`,
        `did you mean "${meant}"?`,
      );
  }
}
