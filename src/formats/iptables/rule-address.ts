import {
  type Cidr,
  cidrOf,
  type Family,
  familyOf,
  formatCidr,
  hostCidr,
  type Ip,
  mask4,
  mask6,
  parseIp,
  widthOf,
} from '../../addr/index.ts';
import type { AddressMatch } from '../../kernel/index.ts';
import { RuleError, type Word } from './words.ts';

/** The prefix length of a mask given as a number or as an address; undefined when it is neither. */
export function maskLength(text: string, family: Family): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= widthOf(family) ? Number(text) : undefined;
  const mask = parseIp(text);
  if (mask === undefined || familyOf(mask) !== family) return undefined;
  for (let length = 0; length <= widthOf(family); length++) {
    if (mask === (family === 4 ? mask4(length) : mask6(length))) return length;
  }
  return undefined;
}

/** An address; IPv4 networks may leave out trailing zero octets (`10/8`), as xtables_numeric_to_ipmask allows. */
function readAddress(text: string, family: Family): Ip | undefined {
  const octets = text.split('.').length;
  const full = family === 4 && octets < 4 && /^[\d.]+$/.test(text) ? text + '.0'.repeat(4 - octets) : text;
  const ip = parseIp(full);
  return ip !== undefined && familyOf(ip) === family ? ip : undefined;
}

export function readCidr(text: string, family: Family, word: Word): Cidr {
  const slash = text.indexOf('/');
  const ip = readAddress(slash < 0 ? text : text.slice(0, slash), family);
  if (ip === undefined) {
    throw new RuleError(`host/network \`${slash < 0 ? text : text.slice(0, slash)}' not found`, word);
  }
  if (slash < 0) return hostCidr(ip);
  const length = maskLength(text.slice(slash + 1), family);
  if (length === undefined) throw new RuleError(`invalid mask \`${text.slice(slash + 1)}' specified`, word);
  return cidrOf(ip, length);
}

/** The argument of `-s` or `-d`: one prefix, or several separated by commas, each of which makes a rule of its own. */
export function readAddresses(word: Word, not: boolean, family: Family): readonly AddressMatch[] {
  const cidrs = word.text.split(',').map((text) => readCidr(text, family, word));
  if (not && cidrs.length > 1) {
    throw new RuleError('! not allowed with multiple source or destination IP addresses', word);
  }
  return cidrs.map((cidr) => ({ cidr, not }));
}

/** Whether a prefix restricts nothing, so that the kernel does not keep it. */
export function isEverything({ cidr, not }: AddressMatch): boolean {
  return cidr.length === 0 && !not;
}

export function printAddress(option: string, address: AddressMatch | undefined): string {
  if (address === undefined || isEverything(address)) return '';
  return ` ${address.not ? '! ' : ''}${option} ${formatCidr(address.cidr)}`;
}
