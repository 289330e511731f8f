import { type Netns, sysctls } from '../kernel/index.ts';
import { type EntriesResult, entry, misfit, parseEntries, type Reading } from './lines.ts';

/** One line of `sysctl`. */
export interface SysctlEntry {
  /** Dotted; a dot inside a device name is written `/`, as sysctl(8) does. */
  readonly key: string;
  readonly value: string;
}

/** `sysctl -a` of the namespace, cut to the keys that the emulated kernel reads or that a program has set. */
export function printSysctl(netns: Netns): string {
  return formatSysctl(sysctlEntries(netns));
}

export function sysctlEntries(netns: Netns): SysctlEntry[] {
  return sysctls(netns);
}

export function formatSysctl(entries: readonly SysctlEntry[]): string {
  return entries.map((line) => `${formatEntry(line)}\n`).join('');
}

function formatEntry({ key, value }: SysctlEntry): string {
  return `${key} = ${value}`;
}

/** Reads what `sysctl` printed. */
export function parseSysctl(text: string): EntriesResult<SysctlEntry> {
  return parseEntries(text, (lines, from) => readSysctl(lines[from] ?? ''), formatEntry);
}

function readSysctl(line: string): Reading<SysctlEntry> {
  const match = /^([^\s=]+) = (.*)$/.exec(line);
  if (match === null) return misfit('expected "KEY = VALUE"');
  const [, key = '', value = ''] = match;
  return entry({ key, value });
}
