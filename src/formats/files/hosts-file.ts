import { type Ip, parseIp } from '../../addr/index.ts';

/** A line of /etc/hosts (hosts(5)). */
export interface HostsLine {
  /** As it stands there. */
  readonly text: string;
  /** An address and its names, the canonical one first; undefined: the line says nothing (a comment, an empty line). */
  readonly entry?: { readonly ip: Ip; readonly names: readonly [string, ...string[]] };
}

/** Reads the file; a line that is no entry is passed over, as libc does. */
export function parseHosts(text: string): HostsLine[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => {
    const [address = '', first, ...more] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    const ip = parseIp(address);
    if (ip === undefined || first === undefined) return { text: line };
    return { text: line, entry: { ip, names: [first, ...more] } };
  });
}

export function printHosts(lines: readonly HostsLine[]): string {
  return lines.map(({ text }) => `${text}\n`).join('');
}
