import { formatIp } from '../../addr/index.ts';
import type { Backend } from './backend.ts';
import { type Found, findNameServers, findRecords, findReverse, type Item } from './find.ts';
import { fqdn, isWithin, labelsBefore } from './names.ts';
import type { DnsQuery, DnsRecord } from './record.ts';

/** A query on its way through the kubernetes plugin. */
export interface Lookup {
  readonly backend: Backend;
  /** In the case in which it was asked. */
  readonly zone: string;
  readonly soa: () => DnsRecord;
  /** Asks the whole server again, for names outside the zone. */
  readonly elsewhere: (name: string, type: string) => readonly DnsRecord[];
}

export interface Records {
  readonly records: readonly DnsRecord[];
  readonly extra: readonly DnsRecord[];
}

const NONE: Records = { records: [], extra: [] };
/** dns-version.ZONE, of the specification of DNS-based service discovery. */
const SCHEMA_VERSION = '1.1.0';
const SCHEMA_TTL = 28800;
/** More aliases of aliases are not followed (plugin.A). */
const MAX_ALIASES = 7;

/** The records of a type, by the rules of each; undefined when the name does not exist (plugin/kubernetes/handler.go). */
export function recordsOf(lookup: Lookup, query: DnsQuery): Records | undefined {
  const { name, type } = query;
  const { backend, zone } = lookup;
  switch (type) {
    case 'A':
    case 'AAAA':
      return only(addressRecords(lookup, name, type, []));
    case 'TXT':
      return only(textRecords(lookup, name));
    case 'CNAME':
      return only(aliasRecords(lookup, name));
    case 'PTR':
      return only(pointerRecords(lookup, name));
    case 'SRV':
      return serviceRecords(lookup, name);
    case 'SOA':
      // Whatever else is asked for its SOA is said to be there.
      return name.length === zone.length ? { records: [lookup.soa()], extra: [] } : NONE;
    case 'NS':
      if (name.toLowerCase() === zone) return nameServerRecords(backend, zone, name);
      break;
  }
  return find(lookup, name, 'A') === undefined ? undefined : NONE;
}

function only(records: readonly DnsRecord[] | undefined): Records | undefined {
  return records && { records, extra: [] };
}

/** Services of plugin/kubernetes: what there is under a name, ns.dns.ZONE among it. */
function find({ backend, zone }: Lookup, name: string, type: string): Found {
  const lower = name.toLowerCase();
  if (lower === `ns.dns.${zone}`) {
    const own = type === 'A' ? 'number' : type === 'AAAA' ? 'bigint' : '';
    return findNameServers(backend, zone).filter(({ host }) => typeof host === own);
  }
  return findRecords(backend, lower, zone);
}

function record(
  { backend: { plugin } }: { readonly backend: Backend },
  name: string,
  type: DnsRecord['type'],
  data: string,
  { origin }: Item,
): DnsRecord {
  return { name, ttl: plugin.ttl, type, data, origin };
}

/** plugin.A and plugin.AAAA: addresses, and aliases with what they lead to. */
function addressRecords(
  lookup: Lookup,
  name: string,
  type: 'A' | 'AAAA',
  before: readonly DnsRecord[],
): readonly DnsRecord[] | undefined {
  const items = find(lookup, name, type);
  if (items === undefined) return undefined;
  const records: DnsRecord[] = [];
  const seen = new Set<unknown>();
  for (const item of items) {
    const { host } = item;
    if (typeof host === 'string') {
      records.push(...chased(lookup, name, type, item, host, before));
    } else if ((typeof host === 'number') === (type === 'A') && !seen.has(host)) {
      seen.add(host);
      records.push(record(lookup, name, type, formatIp(host), item));
    }
  }
  return records;
}

/** An alias and what it leads to. Inside the zone one that leads nowhere is not answered at all. */
function chased(
  lookup: Lookup,
  name: string,
  type: 'A' | 'AAAA',
  item: Item,
  host: string,
  before: readonly DnsRecord[],
): readonly DnsRecord[] {
  const target = fqdn(host);
  if (isWithin(target, name) || before.length > MAX_ALIASES) return [];
  const alias = record(lookup, name, 'CNAME', target, item);
  if (before.some((one) => one.data === target)) return [];
  if (!isWithin(target, lookup.zone)) return [alias, ...lookup.elsewhere(target, type)];
  const behind = addressRecords(lookup, target, type, [...before, alias]) ?? [];
  return behind.length === 0 ? [] : [alias, ...behind];
}

function textRecords(lookup: Lookup, name: string): readonly DnsRecord[] | undefined {
  const { backend, zone } = lookup;
  const labels = labelsBefore(name.toLowerCase(), zone);
  if (labels.length === 1 && labels[0] === 'dns-version') {
    return [{ name, ttl: SCHEMA_TTL, type: 'TXT', data: SCHEMA_VERSION, origin: { program: 'dns' } }];
  }
  return findRecords(backend, name.toLowerCase(), zone) && [];
}

function aliasRecords(lookup: Lookup, name: string): readonly DnsRecord[] | undefined {
  const items = find(lookup, name, 'CNAME');
  const item = items?.[0];
  if (item === undefined || typeof item.host !== 'string') return items && [];
  return [record(lookup, name, 'CNAME', fqdn(item.host), item)];
}

function pointerRecords(lookup: Lookup, name: string): readonly DnsRecord[] | undefined {
  const { backend, zone } = lookup;
  return findReverse(backend, name, zone)?.flatMap((item) =>
    typeof item.host === 'string' ? [record(lookup, name, 'PTR', fqdn(item.host), item)] : [],
  );
}

/** plugin.SRV: a record for each name and port, and the addresses of those names. Equal weights, together about 100. */
function serviceRecords(lookup: Lookup, name: string): Records | undefined {
  const items = find(lookup, name, 'SRV');
  if (items === undefined) return undefined;
  const addresses = items.filter(({ host }) => typeof host !== 'string');
  const weight = Math.max(1, Math.floor((100 / (100 * addresses.length)) * 100));
  const records = new Map<string, DnsRecord>();
  const extra = new Map<string, DnsRecord>();
  for (const item of addresses) {
    const { host, port, target } = item;
    if (port === -1 || typeof host === 'string') continue;
    const data = `0 ${weight} ${port} ${target}`;
    if (!records.has(data)) records.set(data, record(lookup, name, 'SRV', data, item));
    const glue = addressRecord(lookup, target, item);
    const key = `${target} ${glue?.data}`;
    if (glue !== undefined && !extra.has(key)) extra.set(key, glue);
  }
  return { records: [...records.values()], extra: [...extra.values()] };
}

function addressRecord(
  lookup: { readonly backend: Backend },
  name: string,
  item: Item,
): DnsRecord | undefined {
  const { host } = item;
  if (typeof host === 'string') return undefined;
  return record(lookup, name, typeof host === 'number' ? 'A' : 'AAAA', formatIp(host), item);
}

function nameServerRecords(backend: Backend, zone: string, name: string): Records {
  const records = new Map<string, DnsRecord>();
  const extra = new Map<string, DnsRecord>();
  for (const item of findNameServers(backend, zone)) {
    const glue = addressRecord({ backend }, item.target, item);
    if (glue !== undefined) extra.set(`${glue.name} ${glue.data}`, glue);
    if (!records.has(item.target))
      records.set(item.target, record({ backend }, name, 'NS', item.target, item));
  }
  return { records: [...records.values()], extra: [...extra.values()] };
}
