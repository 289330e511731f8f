import type { Family, Ip } from '../../addr/index.ts';
import type { Origin } from '../origin.ts';

/**
 * IP sets as `ipset save` writes them. A set's type names its dimensions: `hash:ip,port,net` has three. An entry
 * gives each dimension a value.
 */
export const IPSET_TYPES = [
  'hash:ip',
  'hash:net',
  'hash:ip,port',
  'hash:net,port',
  'hash:ip,port,ip',
  'hash:ip,port,net',
  'hash:ip,mark',
  'hash:net,net',
  'hash:net,iface',
  'hash:mac',
  'bitmap:ip',
  'bitmap:port',
  'list:set',
] as const;
export type IpSetType = (typeof IPSET_TYPES)[number];

/** One dimension of an entry. */
export type IpSetField =
  | { readonly kind: 'ip'; readonly ip: Ip }
  | { readonly kind: 'net'; readonly ip: Ip; readonly length: number }
  /** `protocol` is undefined in bitmap:port, which knows ports only. Of ICMP the port is type * 256 + code. */
  | { readonly kind: 'port'; readonly protocol?: number; readonly port: number }
  | { readonly kind: 'mark'; readonly mark: number }
  /** `physdev:eth1`: the bridge port instead of the device. */
  | { readonly kind: 'iface'; readonly name: string; readonly physdev?: true }
  | { readonly kind: 'mac'; readonly mac: number }
  | { readonly kind: 'set'; readonly name: string };

export interface IpSetEntry {
  readonly fields: readonly IpSetField[];
  /** An exception inside a net that matches. */
  readonly nomatch: boolean;
  readonly timeout?: number;
  readonly comment?: string;
  /** What has matched so far, in sets with counters; absent: nothing yet. */
  readonly counted?: { readonly packets: number; readonly bytes: number };
  /** What `--map-set` gives packets, in sets with skbinfo. */
  readonly skbinfo?: SkbInfo;
  readonly origin: Origin;
}

export interface SkbInfo {
  readonly mark?: { readonly value: number; readonly mask: number };
  /** A traffic class, `1:2`. */
  readonly priority?: { readonly major: number; readonly minor: number };
  readonly queue?: number;
}

/** How a set was created: the options that `ipset save` prints. */
export interface IpSetOptions {
  /** Absent for list:set, hash:mac and bitmap:port. */
  readonly family?: Family;
  readonly hashsize?: number;
  readonly maxelem?: number;
  readonly bucketsize?: number;
  /** Where the hash of a hash set begins; the kernel draws it, so it is absent unless a text gave it. */
  readonly initval?: number;
  /** bitmap sets: first and last element. */
  readonly range?: { readonly from: number; readonly to: number };
  readonly size?: number;
  /** hash:ip and bitmap:ip: elements are networks of this length. */
  readonly netmask?: number;
  readonly markmask?: number;
  /** Default timeout in seconds; present when entries may expire. */
  readonly timeout?: number;
  readonly counters: boolean;
  readonly comment: boolean;
  readonly skbinfo: boolean;
  readonly forceadd: boolean;
}

export interface IpSet {
  readonly name: string;
  readonly type: IpSetType;
  readonly options: IpSetOptions;
  /** In order of addition, keyed by `entryKey`. */
  readonly entries: Map<string, IpSetEntry>;
  readonly origin: Origin;
  /** Grows with every change. */
  generation: number;
}

/** Equal for entries that are the same element, whatever their options. */
export function entryKey(fields: readonly IpSetField[]): string {
  return fields.map(fieldKey).join(',');
}

export function fieldKey(field: IpSetField): string {
  switch (field.kind) {
    case 'ip':
      return addressKey(field.ip);
    case 'net':
      return `${addressKey(field.ip)}/${field.length}`;
    case 'port':
      return `${field.protocol ?? ''}:${field.port}`;
    case 'mark':
      return `m${field.mark}`;
    case 'iface':
      return `${field.physdev === true ? 'p' : 'i'}${field.name}`;
    case 'mac':
      return `h${field.mac}`;
    case 'set':
      return `s${field.name}`;
  }
}

/** Of IPv4 two units of 16 bits: packets are looked up by it, and writing numbers down takes longer. */
function addressKey(ip: Ip): string {
  return typeof ip === 'number' ? `4${String.fromCharCode(ip >>> 16, ip & 0xffff)}` : `6:${ip}`;
}

const dimensions = new Map<IpSetType, readonly IpSetField['kind'][]>();

/** The kinds of field that a type's entries have, in order. */
export function dimensionsOf(type: IpSetType): readonly IpSetField['kind'][] {
  let kinds = dimensions.get(type);
  if (kinds === undefined) {
    kinds = type.slice(type.indexOf(':') + 1).split(',') as IpSetField['kind'][];
    dimensions.set(type, kinds);
  }
  return kinds;
}
