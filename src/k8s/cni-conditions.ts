import { type Cidr, hostCidr, parseInterfaceCidr, parseIp } from '../addr/index.ts';

/** A condition of portmap's entry rules: what a packet's address, or the device that it came in by, must be or not be. */
export type PortmapCondition =
  | { readonly what: 'src' | 'dst'; readonly cidr: Cidr; readonly not: boolean }
  | { readonly what: 'inInterface'; readonly name: string; readonly not: boolean };

/** Conditions by address family. */
export interface AddressFamilyWords {
  readonly 4: readonly PortmapCondition[];
  readonly 6: readonly PortmapCondition[];
}

const OPTIONS: ReadonlyMap<string, PortmapCondition['what']> = new Map([
  ...['-s', '--source', '--src'].map((word) => [word, 'src'] as const),
  ...['-d', '--destination', '--dst'].map((word) => [word, 'dst'] as const),
  ...['-i', '--in-interface'].map((word) => [word, 'inInterface'] as const),
]);

/** Reads `["!", "-d", "192.0.2.0/24"]`; the first word that is not understood instead of a condition. */
export function readConditions(
  words: readonly string[],
): { readonly conditions: readonly PortmapCondition[] } | { readonly unknown: string } {
  const conditions: PortmapCondition[] = [];
  for (let i = 0; i < words.length; i++) {
    const not = words[i] === '!';
    if (not) i++;
    const what = OPTIONS.get(words[i] ?? '');
    const value = words[i + 1];
    if (what === undefined || value === undefined) return { unknown: words[i] ?? '!' };
    i++;
    if (what === 'inInterface') {
      conditions.push({ what, name: value, not });
      continue;
    }
    const ip = parseIp(value);
    // iptables masks what stands beyond the prefix.
    const range = parseInterfaceCidr(value);
    if (ip === undefined && !range.ok) return { unknown: value };
    const cidr = ip !== undefined ? hostCidr(ip) : range.ok ? range.cidr : undefined;
    if (cidr !== undefined) conditions.push({ what, cidr, not });
  }
  return { conditions };
}
