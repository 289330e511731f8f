import type { Cidr } from './cidr.ts';
import { maskIp } from './cidr.ts';
import type { Ip } from './ip.ts';

/**
 * Longest-prefix match: a Map per prefix length, tried from the longest down. For a node's routing table
 * (a handful of lengths) that is one or two Map lookups a packet, and it prints as plainly as it reads.
 * One family per table.
 */
export interface PrefixTable<T> {
  /** Prefix lengths in use, longest first. */
  readonly lengths: number[];
  readonly byLength: Map<number, Map<Ip, T>>;
}

export function prefixTable<T>(): PrefixTable<T> {
  return { lengths: [], byLength: new Map() };
}

export function setPrefix<T>(table: PrefixTable<T>, cidr: Cidr, value: T): void {
  let bucket = table.byLength.get(cidr.length);
  if (bucket === undefined) {
    bucket = new Map();
    table.byLength.set(cidr.length, bucket);
    table.lengths.push(cidr.length);
    table.lengths.sort((a, b) => b - a);
  }
  bucket.set(cidr.base, value);
}

export function getPrefix<T>(table: PrefixTable<T>, cidr: Cidr): T | undefined {
  return table.byLength.get(cidr.length)?.get(cidr.base);
}

export function deletePrefix<T>(table: PrefixTable<T>, cidr: Cidr): void {
  const bucket = table.byLength.get(cidr.length);
  if (bucket === undefined) return;
  bucket.delete(cidr.base);
  if (bucket.size > 0) return;
  table.byLength.delete(cidr.length);
  table.lengths.splice(table.lengths.indexOf(cidr.length), 1);
}

/** The value of the longest prefix that holds `ip` and that `accept` takes. */
export function longestMatch<T>(
  table: PrefixTable<T>,
  ip: Ip,
  accept?: (value: T) => boolean,
): T | undefined {
  for (const length of table.lengths) {
    const value = table.byLength.get(length)?.get(maskIp(ip, length));
    if (value !== undefined && (accept === undefined || accept(value))) return value;
  }
  return undefined;
}
