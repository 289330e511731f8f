import { formatIp } from '../../addr/index.ts';
import type { ForwardPlugin } from '../../k8s/index.ts';
import type { Origin } from '../../kernel/index.ts';
import type { Backend } from './backend.ts';
import type { DnsServer, ServerBlock } from './dns-server.ts';
import { explain, explainOutside } from './explain.ts';
import { anyAnswer, hostsAnswer, localAnswer, withHeader } from './front-plugins.ts';
import { addressOfReverse, fqdn, isWithin, labelsOf } from './names.ts';
import type { DnsAnswer, DnsQuery, DnsRecord } from './record.ts';
import { type Lookup, recordsOf } from './record-types.ts';

/** Queries of a server to itself, as for the target of an alias (plugin/pkg/upstream); more are a loop. */
const MAX_DEPTH = 10;
/** Stands for the time of the last change, which the emulated cluster does not have. */
const SERIAL = 1577836800;
/** Seconds; of a resolver outside nothing is known but its hosts. */
const HOST_TTL = 30;

/** Asks the resolvers of a plugin `forward`; `ttl` is the longest that an answer of theirs is kept, in seconds. */
export type AskUpstream = (forward: ForwardPlugin, query: DnsQuery, ttl: number) => DnsAnswer;

/**
 * What CoreDNS answers to a query, as it sends it.
 *
 * @param upstream how the resolvers of `forward` are asked; by default they are asked nothing, and know the hosts of
 * the Topology
 */
export function answer(
  server: DnsServer,
  query: DnsQuery,
  upstream: AskUpstream = (_, asked, ttl) => outsideAnswer(server, asked, ttl),
): DnsAnswer {
  return answerAt(server, { name: fqdn(query.name), type: query.type.toUpperCase() }, upstream, 0);
}

/** In the order of the plugins (plugin.cfg): local, any, header, minimal, hosts, kubernetes, forward. */
function answerAt(server: DnsServer, query: DnsQuery, upstream: AskUpstream, depth: number): DnsAnswer {
  if (depth > MAX_DEPTH) return failure('SERVFAIL', 'the name leads back to itself');
  const block = blockOf(server, query.name);
  if (block === undefined) return failure('REFUSED', `no server block of the Corefile is for ${query.name}`);
  const { local, any, header, minimal, hosts } = block.server;
  const first =
    (local === true ? localAnswer(query) : undefined) ?? (any === true ? anyAnswer(query) : undefined);
  if (first !== undefined) return first;
  const found =
    (hosts === undefined ? undefined : hostsAnswer(hosts, query)) ??
    kubernetesAnswer(server, block, query, upstream, depth);
  const written = header === undefined ? found : withHeader(found, header);
  const shortened = minimal === true && written.rcode === 'NOERROR' && written.answer.length > 0;
  return shortened ? { ...written, authority: [], additional: [] } : written;
}

function kubernetesAnswer(
  server: DnsServer,
  block: ServerBlock,
  query: DnsQuery,
  upstream: AskUpstream,
  depth: number,
): DnsAnswer {
  const { backend } = block;
  const zone = backend === undefined ? undefined : longest(backend.plugin.zones, query.name);
  if (backend === undefined || zone === undefined) return next(block, query, upstream);
  if (query.type === 'AXFR' || query.type === 'IXFR')
    return failure('REFUSED', 'zone transfers are not served');
  // The zone as it was typed: what is answered keeps its case.
  const typed = zone === '.' ? '.' : query.name.slice(query.name.length - zone.length);
  const lookup: Lookup = {
    backend,
    zone: typed,
    soa: () => soaOf(backend, typed),
    elsewhere: (name, type) => answerAt(server, { name: fqdn(name), type }, upstream, depth + 1).answer,
  };
  const found = recordsOf(lookup, query);
  if (found === undefined) {
    if (backend.plugin.fallthrough.some((below) => isWithin(query.name, below)))
      return next(block, query, upstream);
    const reason = explain(backend, query, typed, 'no name');
    return {
      rcode: server.synced ? 'NXDOMAIN' : 'SERVFAIL',
      authoritative: true,
      answer: [],
      authority: [lookup.soa()],
      additional: [],
      reason: server.synced ? reason : 'CoreDNS has not read the cluster yet',
    };
  }
  const { records, extra } = found;
  const positive = { rcode: 'NOERROR', authoritative: true, answer: records, additional: extra } as const;
  if (records.length > 0) return { ...positive, authority: [] };
  return {
    ...positive,
    authority: [lookup.soa()],
    reason: explain(backend, query, typed, 'no record'),
  };
}

/** The server block of the longest zone (core/dnsserver.Server.ServeDNS). */
function blockOf(server: DnsServer, name: string): ServerBlock | undefined {
  let best: ServerBlock | undefined;
  let most = -1;
  for (const block of server.blocks) {
    const zone = longest(block.server.zones, name);
    if (zone === undefined || labelsOf(zone).length <= most) continue;
    best = block;
    most = labelsOf(zone).length;
  }
  return best;
}

/** plugin.Zones.Matches. */
function longest(zones: readonly string[], name: string): string | undefined {
  let best: string | undefined;
  for (const zone of zones)
    if (isWithin(name, zone) && (best === undefined || zone.length > best.length)) best = zone;
  return best;
}

function soaOf({ plugin }: Backend, zone: string): DnsRecord {
  const within = zone === '.' ? '' : zone;
  const data = `ns.dns.${within} hostmaster.${within} ${SERIAL} 7200 1800 86400 ${plugin.ttl}`;
  return { name: zone, ttl: Math.min(300, plugin.ttl), type: 'SOA', data, origin: { program: 'dns' } };
}

/** What comes after the kubernetes plugin: the first `forward` that is for the name, or nothing. */
function next({ server, backend }: ServerBlock, query: DnsQuery, upstream: AskUpstream): DnsAnswer {
  const { name } = query;
  const forward = server.forward.find(
    ({ from, except }) =>
      isWithin(name, from) && (name.toLowerCase() === from || !except.some((zone) => isWithin(name, zone))),
  );
  // kubeadm's cache gives no more than the zone's.
  if (forward !== undefined) return upstream(forward, query, backend?.plugin.ttl ?? HOST_TTL);
  const { others = [] } = server;
  const may =
    others.length === 0 ? '' : `; plugin ${others.join(', ')}, which is not modelled, may answer it`;
  return failure('SERVFAIL', `the Corefile forwards ${name} nowhere${may}`);
}

/** What a resolver outside answers: it knows the hosts of the Topology. */
export function outsideAnswer(server: DnsServer, query: DnsQuery, ttl: number): DnsAnswer {
  const { name, type } = query;
  const records: DnsRecord[] = [];
  const origin = (host: string): Origin => ({
    program: 'underlay',
    object: { kind: 'Topology', name: host },
  });
  const ips = server.hosts.get(name.toLowerCase());
  for (const ip of ips ?? []) {
    const own = typeof ip === 'number' ? 'A' : 'AAAA';
    if (own === type) records.push({ name, ttl, type, data: formatIp(ip), origin: origin(name) });
  }
  const reverse = type === 'PTR' ? addressOfReverse(name) : undefined;
  for (const [host, addresses] of reverse === undefined ? [] : server.hosts)
    if (addresses.some((ip) => ip === reverse))
      records.push({ name, ttl, type: 'PTR', data: host, origin: origin(host) });
  const known = ips !== undefined || records.length > 0 || isParent(server, name);
  return {
    rcode: known ? 'NOERROR' : 'NXDOMAIN',
    authoritative: false,
    answer: records,
    authority: [],
    additional: [],
    ...(records.length > 0 ? {} : { reason: explainOutside(server, query, ips) }),
  };
}

/** db.example.com makes example.com a name, if one without records. */
function isParent(server: DnsServer, name: string): boolean {
  for (const host of server.hosts.keys()) if (isWithin(host, name)) return true;
  return false;
}

export function failure(rcode: 'SERVFAIL' | 'REFUSED', reason: string): DnsAnswer {
  return { rcode, authoritative: false, answer: [], authority: [], additional: [], reason };
}
