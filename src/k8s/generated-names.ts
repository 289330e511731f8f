import { stableSuffix } from './stable-hash.ts';

/** The longest beginning of a generated name (apiserver's names.maxGeneratedNameLength). */
const MOST_CHARACTERS = 63 - 5;

/** Names that were made of generateName, by kind, namespace and generateName. */
export type GeneratedNames = Map<string, Set<string>>;

/**
 * The name that the API server would make of `generateName`: five characters behind it, drawn here from what the object
 * is and how many of these came before. Each call gives another name.
 */
export function generateName(
  names: GeneratedNames,
  kind: string,
  namespace: string,
  generateName: string,
): string {
  const key = `${kind} ${namespace}/${generateName}`;
  const drawn = names.get(key) ?? new Set();
  names.set(key, drawn);
  const base = generateName.slice(0, MOST_CHARACTERS);
  for (let n = drawn.size; ; n++) {
    const name = `${base}${stableSuffix(`${key} ${n}`)}`;
    if (drawn.has(name)) continue;
    drawn.add(name);
    return name;
  }
}
