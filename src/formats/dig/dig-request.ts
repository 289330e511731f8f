import { type Ip, parseIp, reverseNameOf } from '../../addr/index.ts';
import { applyPlus } from './plus-options.ts';
import { DIG_SHOWS, type DigShow } from './print-dig.ts';

/** What a command line of dig asks for. */
export interface DigRequest {
  /** As it was typed; of an address its reverse name. */
  readonly name: string;
  /** In capitals. */
  readonly type: string;
  /** 1: IN. */
  readonly class: number;
  /** `@SERVER`; undefined: those of resolv.conf. */
  readonly server?: string;
  readonly show: DigShow;
  readonly query: DigQueryFlags;
  /** `+search`: the names of the search list too. */
  readonly search: boolean;
  /** `+showsearch`: what they came to. */
  readonly showSearch: boolean;
  /** `+ndots`, `+domain`: in place of those of resolv.conf. */
  readonly ndots?: number;
  readonly domain?: string;
  /** `+tcp`, `+ignore`. */
  readonly tcp: boolean;
  readonly ignoreTruncation: boolean;
  readonly tries: number;
}

/** What a query says besides its question. */
export interface DigQueryFlags {
  readonly recursionDesired: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** Undefined: a query without an OPT record. */
  readonly edns?: {
    readonly udpSize: number;
    readonly dnssecOk: boolean;
    readonly cookie: boolean;
  };
}

export type DigRequestResult =
  | { readonly ok: true; readonly request: DigRequest }
  | {
      readonly ok: false;
      readonly message: string;
      readonly fix?: string;
      /** The `+OPTION` that there is not. */
      readonly unknown?: string;
    };

/** Types that dig takes by name; others are TYPE65280. */
export const DIG_TYPES: readonly string[] = [
  ...['A', 'AAAA', 'ANY', 'AXFR', 'CAA', 'CNAME', 'DNSKEY', 'DS', 'HINFO', 'HTTPS', 'IXFR', 'MX', 'NAPTR'],
  ...['NS', 'NSEC', 'NULL', 'PTR', 'RP', 'RRSIG', 'SOA', 'SPF', 'SRV', 'SSHFP', 'SVCB', 'TLSA', 'TXT', 'URI'],
];
const CLASSES: Readonly<Record<string, number>> = { IN: 1, CH: 3, HS: 4 };

/** What a query is like unless told otherwise. */
const USUAL: DigRequest = {
  name: '',
  type: 'A',
  class: 1,
  show: DIG_SHOWS,
  query: {
    recursionDesired: true,
    authenticData: true,
    checkingDisabled: false,
    edns: { udpSize: 1232, dnssecOk: false, cookie: true },
  },
  search: false,
  showSearch: false,
  tcp: false,
  ignoreTruncation: false,
  tries: 3,
};

/**
 * Reads the words of a command line of dig: `@SERVER`, the name, type and class in any order, `+OPTION`s. A word that is
 * a type is one unless no other word is left for the name.
 *
 * @param reverse the address of `-x`
 */
export function parseDigRequest(words: readonly string[], reverse?: string): DigRequestResult {
  let request = USUAL;
  const names: string[] = [];
  for (const word of words) {
    const upper = word.toUpperCase();
    if (word.startsWith('+')) {
      const applied = applyPlus(request, word);
      if (!applied.ok) return applied;
      request = applied.request;
    } else if (word.startsWith('@')) {
      if (word === '@') return { ok: false, message: '@ names no server: write @10.96.0.10' };
      request = { ...request, server: word.slice(1) };
    } else if (isType(upper)) request = { ...request, type: upper };
    else if (Object.hasOwn(CLASSES, upper)) request = { ...request, class: CLASSES[upper] ?? 1 };
    else names.push(word);
  }
  if (reverse !== undefined) {
    const name = reverseName(reverse);
    if (name === undefined)
      return { ok: false, message: `-x ${reverse}: it is no address`, fix: 'write it as -x 10.96.0.10' };
    if (names[0] !== undefined)
      return {
        ok: false,
        message: `-x asks for ${reverse}; "${names[0]}" is a second name: ask one at a time`,
      };
    const type = words.some((word) => isType(word.toUpperCase())) ? request.type : 'PTR';
    return { ok: true, request: { ...request, name, type } };
  }
  const [name, second] = names;
  if (name !== undefined && /[^!-[\]-~]/.test(name))
    return {
      ok: false,
      message: `"${name}": escapes and letters beyond ASCII are not modelled in names`,
      fix: 'write an internationalised name as xn--...',
    };
  if (name === undefined) return nameIsType(words, request);
  if (second !== undefined)
    return {
      ok: false,
      message: `"${second}" is no type of record, and dig asks for one name at a time here`,
      fix: `types are ${DIG_TYPES.slice(0, 2).join(', ')}, CNAME, SRV, PTR, TXT, SOA, NS, ... or TYPE65`,
    };
  return { ok: true, request: { ...request, name } };
}

/** `dig ns`: there is nothing else that it could be the name of. */
function nameIsType(words: readonly string[], request: DigRequest): DigRequestResult {
  const plain = words.filter((word) => !/^[+@]/.test(word));
  const [only] = plain;
  return plain.length === 1 && only !== undefined
    ? { ok: true, request: { ...request, name: only, type: 'A', class: 1 } }
    : { ok: false, message: 'missing NAME: podwalk dig NAME [TYPE] --from pod/NAME' };
}

function isType(word: string): boolean {
  const number = /^TYPE(\d{1,5})$/.exec(word)?.[1];
  return DIG_TYPES.includes(word) || (number !== undefined && Number(number) <= 65535);
}

/** A whole address, or the first bytes of an IPv4 address (`-x 10.96`). */
function reverseName(text: string): string | undefined {
  const ip: Ip | undefined = parseIp(text);
  if (ip !== undefined) return reverseNameOf(ip);
  const bytes = text.split('.');
  const short = bytes.length <= 3 && bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) <= 255);
  return short ? `${[...bytes].reverse().join('.')}.in-addr.arpa.` : undefined;
}
