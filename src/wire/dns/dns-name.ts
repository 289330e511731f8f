/** RFC 1035 section 2.3.4. */
const MAX_LABEL = 63;
const MAX_NAME = 255;

export type DnsCheck = 'ok' | 'empty label' | 'label too long' | 'name too long';

/** Whether a name can be put into a message. The root is `.`; a final dot is optional. */
export function checkDnsName(name: string): DnsCheck {
  const labels = name.replace(/\.$/, '').split('.');
  if (name === '.') return 'ok';
  let length = 1;
  for (const label of labels) {
    const bytes = Buffer.byteLength(label);
    if (bytes === 0) return 'empty label';
    if (bytes > MAX_LABEL) return 'label too long';
    length += bytes + 1;
  }
  return length > MAX_NAME ? 'name too long' : 'ok';
}

/** Reads the name of a question, which nothing stands before that it could point to; undefined: it is none. */
export function readDnsName(
  bytes: Uint8Array,
  from: number,
): { readonly name: string; readonly next: number } | undefined {
  let name = '';
  let at = from;
  for (;;) {
    const length = bytes[at++];
    if (length === undefined || length > MAX_LABEL || at + length > bytes.length) return undefined;
    if (length === 0) return at - from > MAX_NAME ? undefined : { name: name === '' ? '.' : name, next: at };
    for (const byte of bytes.subarray(at, at + length)) name += escaped(byte);
    name += '.';
    at += length;
  }
}

/** RFC 4343 section 2.1. */
function escaped(byte: number): string {
  const character = String.fromCharCode(byte);
  if (byte < 0x21 || byte > 0x7e) return `\\${String(byte).padStart(3, '0')}`;
  return /[.\\"();@$]/.test(character) ? `\\${character}` : character;
}
