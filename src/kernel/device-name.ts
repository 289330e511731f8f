/**
 * Whether Linux takes a name for a device: 1 to 15 bytes; not `.` or `..`; no slash, colon or blank (dev_valid_name in
 * net/core/dev.c, whose isspace() also knows the byte 0xa0); no percent sign, which stands for a number (dev_alloc_name); not
 * `all` or `default`, which are taken below /proc/sys/net (measured).
 */
export function isDeviceName(name: string): boolean {
  if (name === '.' || name === '..' || name === 'all' || name === 'default') return false;
  if (/^[\w.-]{1,15}$/.test(name)) return true;
  const bytes = new TextEncoder().encode(name);
  return bytes.length >= 1 && bytes.length <= 15 && !bytes.some((byte) => REFUSED.has(byte));
}

const REFUSED: ReadonlySet<number> = new Set(
  [...'/:% \t\n\v\f\r\0'].map((c) => c.charCodeAt(0)).concat(0xa0),
);
