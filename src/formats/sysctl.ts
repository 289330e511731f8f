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
  return sysctls(netns)
    .filter(({ key }) => isThere(key, netns))
    .map(({ key, value }) => ({ key: sysctlKey(key), value }));
}

const PER_DEVICE = /^(net\.ipv[46]\.(?:conf|neigh)\.)(.+)(\.[^.]+)$/;

/** A device takes its keys with it when it goes. */
function isThere(key: string, netns: Netns): boolean {
  const device = PER_DEVICE.exec(key)?.[2];
  return device === undefined || device === 'all' || device === 'default' || netns.links.has(device);
}

/** The dots of a device's name are written `/`, as sysctl(8) prints and takes them. */
export function sysctlKey(key: string): string {
  return key.replace(
    PER_DEVICE,
    (_, head: string, device: string, leaf: string) => head + device.replaceAll('.', '/') + leaf,
  );
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
