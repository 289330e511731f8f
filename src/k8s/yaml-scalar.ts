/**
 * What a plain YAML scalar means to kubectl: the rules of resolve() in sigs.k8s.io/yaml's goyaml.v2/resolve.go
 * (YAML 1.1 with Go's integers; dates stay text because they become JSON strings).
 *
 * One departure: go-yaml reads the single letters y, Y, n and N as booleans too. Here they stay text, because a
 * name is nearly always meant; `isLetterBoolean` lets the reader warn that kubectl would differ.
 */
export function resolvePlainScalar(text: string): string | number | boolean | null {
  const first = text.charCodeAt(0);
  // Digits, sign, dot: maybe a number. Everything else is in the table or is text.
  if ((first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46) {
    return resolveNumber(text) ?? text;
  }
  return WORDS.has(text) ? (WORDS.get(text) ?? null) : text;
}

export function isLetterBoolean(text: string): boolean {
  return text === 'y' || text === 'Y' || text === 'n' || text === 'N';
}

/**
 * What a plain key is called in JSON: kubectl writes numbers in their usual form (`010` -> "8") and refuses null.
 *
 * Another departure: words for booleans stay as they are, where kubectl makes `on` "true": Topology has such a key.
 */
export function resolvePlainKey(text: string): string | undefined {
  const value = resolvePlainScalar(text);
  if (value === null) return undefined;
  return typeof value === 'number' ? String(value) : text;
}

const WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...['yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((w) => [w, true] as const),
  ...['no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((w) => [w, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((w) => [w, null] as const),
]);

/** Go's strconv.ParseInt(s, 0, 64) with underscores dropped, then yamlStyleFloat. */
function resolveNumber(text: string): number | undefined {
  const plain = text.includes('_') ? text.replaceAll('_', '') : text;
  const negative = plain.startsWith('-');
  const digits = negative || plain.startsWith('+') ? plain.slice(1) : plain;
  const sign = negative ? -1 : 1;
  if (/^(0|[1-9][0-9]*)$/.test(digits)) return sign * Number(digits);
  if (/^0[oO]?[0-7]+$/.test(digits)) return sign * Number.parseInt(digits.replace(/^0[oO]?/, ''), 8);
  if (/^0[xX][0-9a-fA-F]+$/.test(digits)) return sign * Number.parseInt(digits.slice(2), 16);
  if (/^0[bB][01]+$/.test(digits)) return sign * Number.parseInt(digits.slice(2), 2);
  if (/^(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(digits)) return sign * Number(digits);
  return undefined;
}
