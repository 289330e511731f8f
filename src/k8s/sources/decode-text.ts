import { isUtf8 } from 'node:buffer';

/** Why bytes are no text. */
export interface TextProblem {
  readonly message: string;
  readonly fix: string;
  /** Where, 1-based, when it is at one place. */
  readonly line?: number;
  readonly column?: number;
}

export type Decoded = { readonly text: string } | { readonly problem: TextProblem };

/**
 * Bytes as text: UTF-8, or UTF-16 as Windows PowerShell writes it, with or without a byte order mark (which is left
 * out). As YAML 1.2 section 5.2 finds encodings: the first character of a manifest is an ASCII one.
 *
 * @param name how a command line would name the input in the fix
 */
export function decodeText(bytes: Uint8Array, name: string): Decoded {
  const [a, b, c, d] = bytes;
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff))
    return problem('it is UTF-32', `iconv -f UTF-32 -t UTF-8 ${name} gives what can be read`);
  if (a === 0xff && b === 0xfe) return utf16(bytes.subarray(2), 'LE', name);
  if (a === 0xfe && b === 0xff) return utf16(bytes.subarray(2), 'BE', name);
  if (a !== undefined && a !== 0 && b === 0 && c !== 0) return utf16(bytes, 'LE', name);
  if (a === 0 && b !== undefined && b !== 0) return utf16(bytes, 'BE', name);
  if (a === 0x1f && b === 0x8b)
    return problem('it is compressed (gzip)', `gunzip -c ${name} | podwalk ... -f -`);
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    return problem(
      'it holds NUL bytes: it is no text',
      'name a manifest in YAML or JSON',
      placeOf(bytes, zero),
    );
  }
  if (!isUtf8(bytes)) {
    const offset = firstWrong(bytes);
    const byte = (bytes[offset] ?? 0).toString(16).padStart(2, '0');
    return problem(
      `it is not UTF-8: there is a byte 0x${byte}`,
      `save it as UTF-8; if it is Latin-1: iconv -f LATIN1 -t UTF-8 ${name} | podwalk ... -f -`,
      placeOf(bytes, offset),
    );
  }
  return { text: new TextDecoder().decode(bytes) };
}

function utf16(bytes: Uint8Array, order: 'LE' | 'BE', name: string): Decoded {
  const fix = `save it as UTF-8; in PowerShell: ... | Out-File -Encoding utf8 ${name}`;
  if (bytes.length % 2 === 1) return problem('it is UTF-16 that ends within a character', fix);
  const little = order === 'LE' ? bytes : swapped(bytes);
  try {
    const text = new TextDecoder('utf-16le', { fatal: true }).decode(little);
    if (!text.includes('\0')) return { text };
    return problem('it holds NUL characters: it is no text', 'name a manifest in YAML or JSON');
  } catch {
    return problem(`it begins like UTF-16${order} and is none`, fix);
  }
}

function swapped(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, i) => bytes[i ^ 1] ?? 0);
}

function problem(message: string, fix: string, place: { line?: number; column?: number } = {}): Decoded {
  return { problem: { message, fix, ...place } };
}

/** Where a byte stands; columns count characters as an editor does that shows one for each byte it cannot read. */
function placeOf(bytes: Uint8Array, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let i = bytes.indexOf(10); i >= 0 && i < offset; i = bytes.indexOf(10, i + 1)) {
    line++;
    start = i + 1;
  }
  const before = new TextDecoder().decode(bytes.subarray(start, offset));
  return { line, column: before.length + 1 };
}

/** The offset of the first byte that UTF-8 does not allow there: the longest sound beginning is found by halves. */
function firstWrong(bytes: Uint8Array): number {
  let sound = 0;
  let end = bytes.length;
  while (end - sound > 1) {
    const middle = characterStart(bytes, Math.floor((sound + end) / 2));
    if (middle <= sound) break;
    if (isUtf8(bytes.subarray(sound, middle))) sound = middle;
    else end = middle;
  }
  while (sound < end) {
    const next = characterEnd(bytes, sound);
    if (!isUtf8(bytes.subarray(sound, next))) break;
    sound = next;
  }
  return sound;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** The first byte of the character that `offset` is in; at most three bytes back. */
function characterStart(bytes: Uint8Array, offset: number): number {
  let at = offset;
  while (at > 0 && offset - at < 3 && isContinuation(bytes[at])) at--;
  return at;
}

function characterEnd(bytes: Uint8Array, offset: number): number {
  let at = offset + 1;
  while (at < bytes.length && at - offset < 4 && isContinuation(bytes[at])) at++;
  return at;
}
