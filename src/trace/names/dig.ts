import { formatIp, parseIp } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { type DnsAnswer, rcodeName, respond } from '../../controllers/dns/index.ts';
import {
  type DigEvent,
  type DigReceived,
  type DigSettings,
  type DigTransport,
  digNames,
  getaddrinfo,
  resolverSettings,
  runDig,
} from '../../controllers/resolver/index.ts';
import type { DigReply, DigRequest } from '../../formats/dig/index.ts';
import { checkDnsName, type DnsResource, emitDns, parseDns } from '../../wire/dns/index.ts';
import { fail, ok, type TargetResult } from '../target.ts';
import { nameClient } from './name-client.ts';
import { askedAt } from './name-servers.ts';
import { anyPodResolver, type OwnResolver, ownResolver } from './own-resolver.ts';

/** What dig came to. */
export interface DigOutcome {
  /** What it went through, in order. */
  readonly events: readonly DigEvent<DigReply>[];
  /** How many addresses `@SERVER` has, where one is given. */
  readonly servers?: number;
  /** Of the last answer; null: no answer came. */
  readonly rcode: string | null;
  readonly answer: readonly DnsResource[];
  readonly authority: readonly DnsResource[];
  readonly additional: readonly DnsResource[];
  /** Why there is no such name or record, or no answer. */
  readonly reason?: string;
}

/** Sends a query's bytes to a nameserver. */
export type DigSend = (
  server: string,
  query: Uint8Array,
  transport: DigTransport,
) =>
  | { readonly kind: 'answer'; readonly bytes: Uint8Array; readonly reason?: string }
  | { readonly kind: 'silence' | 'closed'; readonly reason: string };

/**
 * What dig in a pod or on a node comes to. Without `from` it is asked as by a pod of the namespace with the usual
 * dnsPolicy.
 *
 * @param send how a query gets to a nameserver and back; by default the server itself is asked
 */
export function dig(
  cluster: Cluster,
  { from, namespace }: { readonly from?: string; readonly namespace: string },
  request: DigRequest,
  send: DigSend = directly(cluster),
): TargetResult<DigOutcome> {
  const own = resolverOf(cluster, from, namespace);
  if (!own.ok) return own;
  const servers = serversOf(cluster, request, own.value);
  if (!servers.ok) return servers;
  const settings = settingsOf(request, own.value, servers.value);
  for (const full of digNames(request.name, settings)) {
    const check = checkDnsName(full);
    if (check !== 'ok') return fail(`'${request.name}' is not a legal name (${check})`);
  }
  const reasons: string[] = [];
  const events = runDig<DigReply>(request.name, settings, (server, name, transport) => {
    const came = send(server, queryOf(request, name), transport);
    if (came.reason !== undefined) reasons.push(came.reason);
    return came.kind === 'answer' ? received(came.bytes, server, transport) : came;
  });
  const last = events.at(-1);
  const reason =
    last?.kind === 'answer' && last.message.message.answer.length > 0 ? undefined : toldOf(reasons);
  const why = reason === undefined ? {} : { reason };
  const common = {
    events,
    ...(request.server === undefined ? {} : { servers: servers.value.length }),
    ...why,
  };
  if (last?.kind !== 'answer')
    return ok({ ...common, rcode: null, answer: [], authority: [], additional: [] });
  const { rcode, answer, authority, additional } = last.message.message;
  return ok({ ...common, rcode: rcodeName(rcode), answer, authority, additional });
}

/** Of several names the first is meant, unless of another there is something to suggest. */
function toldOf(reasons: readonly string[]): string | undefined {
  return reasons.find((one) => one.includes('did you mean')) ?? reasons[0];
}

function resolverOf(
  { objects }: Cluster,
  from: string | undefined,
  namespace: string,
): TargetResult<OwnResolver> {
  if (from === undefined) return ok(anyPodResolver(objects, namespace));
  const client = nameClient(from, namespace, objects);
  return client.ok ? ok(ownResolver(objects, client.value)) : client;
}

/** Whom dig asks where resolv.conf names nobody. */
const LOOPBACK = ['::1', '127.0.0.1'];

/** The nameservers of resolv.conf, or the addresses of `@SERVER`: a name is looked up as programs do. */
function serversOf(
  cluster: Cluster,
  { server }: DigRequest,
  { files }: OwnResolver,
): TargetResult<readonly string[]> {
  if (server === undefined) {
    const { nameservers } = files.resolvConf;
    return ok(nameservers.length === 0 ? LOOPBACK : resolverSettings(files.resolvConf, 'glibc').nameservers);
  }
  const ip = parseIp(server);
  if (ip !== undefined) return ok([formatIp(ip)]);
  const found = getaddrinfo(server, files, 'glibc', (question) => {
    const asked = askedAt(cluster, question.server);
    if (typeof asked !== 'function') return asked;
    const { rcode, answer } = asked(question);
    return { kind: 'answer', rcode, records: answer };
  });
  return found.addresses.length > 0
    ? ok(found.addresses.map((address) => formatIp(address)))
    : fail(`couldn't get address for '${server}': not found`, { fix: 'write its address: @10.96.0.10' });
}

function settingsOf(request: DigRequest, { files }: OwnResolver, servers: readonly string[]): DigSettings {
  const { search, ndots } = resolverSettings(files.resolvConf, 'glibc');
  return {
    servers,
    search: request.domain === undefined ? search : [request.domain],
    ndots: request.ndots ?? ndots,
    useSearch: request.search,
    tries: request.tries,
    // ANY and AXFR go over TCP (dig.c).
    tcp: request.tcp || request.type === 'ANY' || request.type === 'AXFR',
    ignoreTruncation: request.ignoreTruncation,
  };
}

/** A client's cookie is a random number (RFC 7873 section 4.1); here always the same. */
const COOKIE = { code: 10, data: '706f6477616c6b21' };

function queryOf({ type, class: number, query }: DigRequest, name: string): Uint8Array {
  const { edns } = query;
  return emitDns({
    id: idOf(`${name} ${type}`),
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: query.recursionDesired,
    recursionAvailable: false,
    authenticData: query.authenticData,
    checkingDisabled: query.checkingDisabled,
    rcode: 0,
    question: { name, type, class: number },
    answer: [],
    authority: [],
    additional: [],
    ...(edns === undefined
      ? {}
      : {
          edns: {
            udpSize: edns.udpSize,
            version: 0,
            ...(edns.dnssecOk ? { dnssecOk: true } : {}),
            ...(edns.cookie ? { options: [COOKIE] } : {}),
          },
        }),
  });
}

/** An id that looks like one, and is the same every time. */
function idOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & 0xffff;
}

function received(bytes: Uint8Array, server: string, protocol: DigTransport): DigReceived<DigReply> {
  const message = parseDns(bytes);
  if (message === undefined) return { kind: 'silence' };
  const { rcode, truncated } = message;
  return { kind: 'answer', message: { message, server, protocol, size: bytes.length }, rcode, truncated };
}

/** Asks the servers themselves, whatever the way there is like. */
function directly(cluster: Cluster): DigSend {
  return (server, query, transport) => {
    const asked = askedAt(cluster, server);
    if (typeof asked !== 'function') return asked;
    let found: DnsAnswer | undefined;
    const bytes = respond(
      (question) => {
        found = asked(question);
        return found;
      },
      query,
      transport,
    );
    if (bytes === undefined) return { kind: 'silence', reason: `${server} does not answer this query` };
    const reason = found?.reason;
    return { kind: 'answer', bytes, ...(reason === undefined ? {} : { reason }) };
  };
}
