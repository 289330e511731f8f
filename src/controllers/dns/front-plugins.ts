import { formatIp, type Ip } from '../../addr/index.ts';
import type { HeaderRule, HostsPlugin } from '../../k8s/index.ts';
import { addressOfReverse, isWithin } from './names.ts';
import type { DnsAnswer, DnsQuery, DnsRecord, DnsRecordType } from './record.ts';

/** The plugins that stand before kubernetes; undefined: they leave the query to the next. */

const LOCAL_ZONES = ['localhost.', '0.in-addr.arpa.', '127.in-addr.arpa.', '255.in-addr.arpa.'];
/** A week (plugin/local). */
const LOCAL_TTL = 604800;
const ANY_TTL = 8482;

function record(name: string, ttl: number, type: DnsRecordType, data: string): DnsRecord {
  return { name, ttl, type, data, origin: { program: 'dns' } };
}

function own(answer: readonly DnsRecord[], authority: readonly DnsRecord[] = []): DnsAnswer {
  return { rcode: 'NOERROR', authoritative: false, own: true, answer, authority, additional: [] };
}

/** Plugin local: names of this host, which should not have been asked of anybody (plugin/local/local.go). */
export function localAnswer({ name, type }: DnsQuery): DnsAnswer | undefined {
  const lower = name.toLowerCase();
  const soa = (zone: string): DnsRecord =>
    record(zone, LOCAL_TTL, 'SOA', `localhost. root.localhost. 1 0 0 0 ${LOCAL_TTL}`);
  const isLocalhost =
    lower === 'localhost.' || lower.endsWith('.localhost.') || lower.startsWith('localhost.');
  if (isLocalhost && type === 'A') return own([record(name, LOCAL_TTL, 'A', '127.0.0.1')]);
  if (isLocalhost && type === 'AAAA') return own([record(name, LOCAL_TTL, 'AAAA', '::1')]);
  if (isLocalhost && lower !== 'localhost.') return own([], [soa(name)]);
  const zone = LOCAL_ZONES.find((one) => isWithin(lower, one));
  if (zone === undefined) return undefined;
  if (lower === zone) {
    if (type === 'SOA') return own([soa(name)]);
    if (type === 'NS') return own([record(name, LOCAL_TTL, 'NS', 'localhost.')]);
    return own([], [soa(name)]);
  }
  const typed = soa(name.slice(name.length - zone.length));
  if (lower !== '1.0.0.127.in-addr.arpa.') return { ...own([], [typed]), rcode: 'NXDOMAIN' };
  return type === 'PTR' ? own([record(name, LOCAL_TTL, 'PTR', 'localhost.')]) : own([], [typed]);
}

/** Plugin any: RFC 8482's least answer to a question for everything (plugin/any/any.go). */
export function anyAnswer({ name, type }: DnsQuery): DnsAnswer | undefined {
  if (type !== 'ANY') return undefined;
  return own([record(name, ANY_TTL, 'HINFO', '"ANY obsoleted" "See RFC 8482"')]);
}

/** Plugin hosts (plugin/hosts/hosts.go): without `fallthrough` a name that it does not have is a failure. */
export function hostsAnswer(
  { zones, entries, fallthrough, ttl, reverse }: HostsPlugin,
  { name, type }: DnsQuery,
): DnsAnswer | undefined {
  const found = (answer: readonly DnsRecord[]): DnsAnswer => ({
    rcode: 'NOERROR',
    authoritative: true,
    answer,
    authority: [],
    additional: [],
    ...(answer.length > 0 ? {} : { reason: `plugin hosts has no ${type} record of ${name}` }),
  });
  const unique = (values: readonly string[]): string[] => [...new Set(values)];
  const mine = zones.some((zone) => isWithin(name, zone));
  if (type === 'PTR') {
    const ip = reverse ? addressOfReverse(name) : undefined;
    const names = unique(entries.flatMap((one) => (ip !== undefined && one.ip === ip ? [one.name] : [])));
    if (names.length === 0) return undefined;
    return found(names.map((host) => record(name, ttl, 'PTR', host)));
  }
  if (!mine) return undefined;
  const lower = name.toLowerCase();
  const ips = entries.flatMap((one): Ip[] => (one.name === lower ? [one.ip] : []));
  if (ips.length === 0) {
    if (fallthrough.some((below) => isWithin(name, below))) return undefined;
    const reason = `plugin hosts does not have ${name}, and has no fallthrough for it`;
    return { ...own([]), rcode: 'SERVFAIL', reason };
  }
  const family = type === 'A' ? 'number' : type === 'AAAA' ? 'bigint' : '';
  const texts = unique(ips.filter((ip) => typeof ip === family).map((ip) => formatIp(ip)));
  return found(texts.map((data) => record(name, ttl, type as 'A' | 'AAAA', data)));
}

/** Plugin header: bits of what the plugins behind it write; failures are not written by them. */
export function withHeader(answer: DnsAnswer, rules: readonly HeaderRule[]): DnsAnswer {
  if (answer.rcode !== 'NOERROR' && answer.rcode !== 'NXDOMAIN') return answer;
  const bits = Object.fromEntries(rules.map(({ flag, set }) => [flag, set]));
  return { ...answer, bits };
}
