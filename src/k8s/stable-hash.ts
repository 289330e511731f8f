/** FNV-1a, 32 bits: the same text gives the same number in every run. Not for secrets. */
export function stableHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** The alphabet of generated names: no vowels, nothing that looks like another (apimachinery's rand.String). */
const ALPHANUMS = 'bcdfghjklmnpqrstvwxz2456789';

/** A generated name's suffix of five characters, drawn from the text instead of at random. */
export function stableSuffix(text: string): string {
  let hash = stableHash(text);
  let suffix = '';
  for (let i = 0; i < 5; i++) {
    suffix += ALPHANUMS[hash % ALPHANUMS.length] ?? '';
    hash = Math.floor(hash / ALPHANUMS.length);
  }
  return suffix;
}

/** Digits as the safe alphabet spells them (apimachinery's rand.SafeEncodeString). */
export function safeEncode(text: string): string {
  return Array.from(text, (c) => ALPHANUMS[c.charCodeAt(0) % ALPHANUMS.length] ?? '').join('');
}
