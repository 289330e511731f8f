/**
 * # addr: addresses as canonical values
 *
 * Models IPv4, IPv6 and Ethernet addresses, prefixes and ports as plain numbers and bigints: comparable with
 * `===`, usable as Map keys, free of allocation on the data path.
 *
 * Guarantees: a value of these types is canonical (a `Cidr` has no host bits, text printed from it parses back
 * to it); parsing is strict (no octal, no short forms, no leading zeros) and never crosses families.
 *
 * Leaves out: zones (`fe80::1%eth0`), and everything that depends on a network's configuration.
 */
export * from './cidr.ts';
export { hash16 } from './hash16.ts';
export * from './ip.ts';
export * from './mac.ts';
export * from './prefix-table.ts';
export { reverseNameOf } from './reverse-name.ts';
export * from './stable.ts';
