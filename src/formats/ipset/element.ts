import {
  type Family,
  familyOf,
  formatIp,
  formatMac,
  type Ip,
  parseIp,
  parseMac,
  widthOf,
} from '../../addr/index.ts';
import { dimensionsOf, type IpSet, type IpSetField } from '../../kernel/index.ts';
import { protocolName, protocolNumber } from '../iptables/names.ts';
import { formatIcmp, parseIcmp } from './icmp-names.ts';

/** Protocols whose elements have a port; of ICMP it is the type and code, and of all others 0. */
const ICMP: Readonly<Record<Family, number>> = { 4: 1, 6: 58 };
const WITH_PORT: ReadonlySet<number> = new Set([6, 17, 132, 136]);

/** An element as `ipset save` prints it: `10.96.0.10,tcp:80`. */
export function formatElement(fields: readonly IpSetField[], family: Family): string {
  return fields.map((field) => formatField(field, family)).join(',');
}

function formatField(field: IpSetField, family: Family): string {
  switch (field.kind) {
    case 'ip':
      return formatIp(field.ip);
    case 'net': {
      const host = field.length === widthOf(familyOf(field.ip));
      return host ? formatIp(field.ip) : `${formatIp(field.ip)}/${field.length}`;
    }
    case 'port': {
      const { protocol, port } = field;
      if (protocol === undefined) return String(port);
      return `${protocolName(protocol)}:${protocol === ICMP[family] ? formatIcmp(port, family) : port}`;
    }
    case 'mark':
      return `0x${field.mark.toString(16).padStart(8, '0')}`;
    case 'iface':
      return field.physdev === true ? `physdev:${field.name}` : field.name;
    case 'mac':
      return formatMac(field.mac).toUpperCase();
    case 'set':
      return field.name;
  }
}

/** Reads an element of a set; undefined when it is none. */
export function parseElement(text: string, set: Pick<IpSet, 'type' | 'options'>): IpSetField[] | undefined {
  const kinds = dimensionsOf(set.type);
  const parts = text.split(',');
  if (parts.length !== kinds.length) return undefined;
  const fields = kinds.map((kind, i) => parseField(parts[i] ?? '', kind, set));
  return fields.every((field) => field !== undefined) ? fields : undefined;
}

function parseField(
  text: string,
  kind: IpSetField['kind'],
  { type, options: { family = 4 } }: Pick<IpSet, 'type' | 'options'>,
): IpSetField | undefined {
  switch (kind) {
    case 'ip': {
      const ip = ipOf(text, family);
      return ip === undefined ? undefined : { kind, ip };
    }
    case 'net': {
      const [address = '', digits] = text.split('/');
      const ip = ipOf(address, family);
      const length = digits === undefined ? widthOf(family) : Number(digits);
      return ip === undefined || !(length >= 0 && length <= widthOf(family))
        ? undefined
        : { kind, ip, length };
    }
    case 'port': {
      if (type === 'bitmap:port') {
        const port = numberOf(text);
        return port === undefined ? undefined : { kind, port };
      }
      const [name = '', rest = ''] = text.split(':');
      const protocol = protocolNumber(name);
      const port = protocol === ICMP[family] ? parseIcmp(rest, family) : numberOf(rest);
      if (protocol === undefined || port === undefined) return undefined;
      const plain = protocol !== ICMP[family] && !WITH_PORT.has(protocol);
      return plain && port !== 0 ? undefined : { kind, protocol, port };
    }
    case 'mark':
      return /^0x[0-9a-f]{8}$/.test(text) ? { kind, mark: Number(text) } : undefined;
    case 'iface': {
      const physdev = text.startsWith('physdev:');
      const name = physdev ? text.slice('physdev:'.length) : text;
      return name === '' ? undefined : { kind, name, ...(physdev && { physdev }) };
    }
    case 'mac': {
      const mac = parseMac(text.toLowerCase());
      return mac === undefined ? undefined : { kind, mac };
    }
    case 'set':
      return { kind, name: text };
  }
}

function ipOf(text: string, family: Family): Ip | undefined {
  const ip = parseIp(text);
  return ip !== undefined && familyOf(ip) === family ? ip : undefined;
}

function numberOf(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : undefined;
}
