import {
  type Cidr,
  cidrOf,
  formatCidr,
  formatIp,
  type Ip,
  isLinkLocal,
  isLoopback,
  parseInterfaceCidr,
  parseIp,
} from '../addr/index.ts';
import { type Field, invalid, tell, text } from './field.ts';

/**
 * Addresses in manifests. The API server of v1.30 reads them with netutils.ParseIPSloppy, which takes leading
 * zeros as decimal (010.0.0.1 is 10.0.0.1) and IPv4-mapped IPv6 as IPv4; newer ones refuse both. Here they are
 * read, with a warning, and canonical from then on.
 */
interface SloppyIp {
  readonly ip: Ip;
  /** Why the text is not the canonical spelling of an address. */
  readonly legacy?: string;
}

export function parseIpSloppy(value: string): SloppyIp | undefined {
  const ip = parseIp(value);
  if (ip !== undefined) {
    if (typeof ip === 'bigint' && ip >> 32n === 0xffffn) {
      return { ip: Number(ip & 0xffffffffn), legacy: 'it is an IPv4-mapped IPv6 address' };
    }
    return { ip };
  }
  // At most three digits an octet, as Go has it; a longer run of zeros is not an address to anyone.
  const stripped = /^\d{1,3}(\.\d{1,3}){3}$/.test(value) ? value.replace(/\b0+(?=\d)/g, '') : undefined;
  const again = stripped === undefined ? undefined : parseIp(stripped);
  return again === undefined ? undefined : { ip: again, legacy: 'it has leading zeros' };
}

/** An address, or undefined when absent or malformed (which is told). */
export function ipField(field: Field, value: string | undefined = text(field)): Ip | undefined {
  if (value === undefined) return undefined;
  const parsed = parseIpSloppy(value);
  if (parsed === undefined) {
    const slash = value.indexOf('/');
    const blank = value.trim() !== value && parseIpSloppy(value.trim()) !== undefined;
    const bare = slash > 0 && parseIpSloppy(value.slice(0, slash)) !== undefined;
    invalid(
      field,
      'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      bare ? `write ${value.slice(0, slash)}` : blank ? 'remove the blanks around it' : undefined,
    );
    return undefined;
  }
  if (parsed.legacy !== undefined) {
    tell(
      field,
      'warning',
      'PW211',
      `Invalid value: "${value}": ${parsed.legacy}; read as ${formatIp(parsed.ip)}`,
      `write ${formatIp(parsed.ip)}`,
    );
  }
  return parsed.ip;
}

/** ValidateNonSpecialIP: addresses that endpoints and externalIPs may not be. */
export function checkNonSpecialIp(field: Field, ip: Ip): void {
  const multicast = typeof ip === 'number' ? ip >>> 8 === 0xe00000 : ip >> 112n === 0xff02n;
  if (ip === 0 || ip === 0n) invalid(field, `may not be unspecified (${formatIp(ip)})`);
  else if (isLoopback(ip)) invalid(field, 'may not be in the loopback range (127.0.0.0/8, ::1/128)');
  else if (isLinkLocal(ip)) invalid(field, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  else if (multicast)
    invalid(field, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
}

const CIDR_DETAIL = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/**
 * A prefix, or undefined when absent or malformed (which is told). Host bits are cleared with a warning: the
 * real programs accept and ignore them.
 */
export function cidrField(
  field: Field,
  value: string | undefined = text(field),
  detail: string = CIDR_DETAIL,
): Cidr | undefined {
  if (value === undefined) return undefined;
  const slash = value.indexOf('/');
  const sloppy = slash < 0 ? undefined : parseIpSloppy(value.slice(0, slash));
  const mapped = sloppy?.legacy?.includes('mapped') === true;
  const spelled = sloppy === undefined || mapped ? value : `${formatIp(sloppy.ip)}${value.slice(slash)}`;
  const parsed = parseInterfaceCidr(spelled);
  if (!parsed.ok) {
    invalid(field, detail, slash < 0 && sloppy === undefined ? bareFix(value) : parsed.fix);
    return undefined;
  }
  const { cidr, ip } = parsed;
  if (sloppy?.legacy !== undefined) {
    const canonical = formatCidr(cidr);
    tell(
      field,
      'warning',
      'PW211',
      `Invalid value: "${value}": ${sloppy.legacy}; read as ${canonical}`,
      `write ${canonical}`,
    );
  } else if (ip !== cidr.base) {
    const network = formatCidr(cidrOf(ip, cidr.length));
    tell(
      field,
      'warning',
      'PW212',
      `Invalid value: "${value}": it has host bits set; read as ${network}`,
      `write ${network}`,
    );
  }
  return cidr;
}

/** An address without a prefix length: a network when it looks like one, else a single address. */
function bareFix(value: string): string | undefined {
  const parsed = parseIpSloppy(value);
  if (parsed === undefined) return undefined;
  const text = formatIp(parsed.ip);
  const [network, single] = typeof parsed.ip === 'number' ? [24, 32] : [64, 128];
  return /(\.0|::)$/.test(text)
    ? `add the prefix length, as in ${text}/${network}`
    : `add the prefix length: ${text}/${single} is this address alone`;
}
