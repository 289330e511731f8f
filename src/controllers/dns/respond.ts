import {
  type DnsHeader,
  type DnsMessage,
  type Edns,
  emitDns,
  fitDns,
  parseDns,
  parseDnsHeader,
} from '../../wire/dns/index.ts';
import type { DnsAnswer, DnsQuery, Rcode } from './record.ts';

export type Transport = 'UDP' | 'TCP';

/** In the order of their numbers (RFC 1035 section 4.1.1). */
const RCODES: readonly Rcode[] = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const BADVERS = 16;

const QUERY = 0;
const NOTIFY = 4;
const CLASS_IN = 1;

/** The longest message without EDNS over UDP (RFC 1035 section 4.2.1), and over TCP. */
const MIN_SIZE = 512;
const MAX_SIZE = 65535;
/** The most that one datagram can carry: the 65,535 bytes of an IPv4 packet without its header and UDP's. */
const MAX_DATAGRAM = 65507;
/** What surely goes through in one IPv4 packet. */
const UNFRAGMENTED = 1480;

/** NSID, EXPIRE, COOKIE, TCPKEEPALIVE, PADDING: options that CoreDNS sends back as they came (request.supportedOptions). */
const ECHOED: ReadonlySet<number> = new Set([3, 9, 10, 11, 12]);

/** The name of a response code, or `RCODE9`. */
export function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? `RCODE${rcode}`;
}

/**
 * The bytes that CoreDNS sends back for the bytes of a message; undefined: it sends nothing. Whatever the bytes are,
 * this does not throw: what cannot be read is answered with FORMERR, unless it is shorter than a header or a response
 * itself (defaultMsgAcceptFunc and serveDNS of miekg/dns, Server.ServeDNS of core/dnsserver).
 */
export function respond(
  ask: (query: DnsQuery) => DnsAnswer,
  bytes: Uint8Array,
  transport: Transport,
): Uint8Array | undefined {
  const header = parseDnsHeader(bytes);
  if (header === undefined || header.response) return undefined;
  if (header.opcode !== QUERY && header.opcode !== NOTIFY) return rejected(header, 'NOTIMP');
  const { questions, answers, authorities, additionals } = header;
  if (questions !== 1 || answers > 1 || authorities > 1 || additionals > 2)
    return rejected(header, 'FORMERR');
  const query = parseDns(bytes);
  if (query?.question === undefined) return rejected(header, 'FORMERR');
  const { question, edns } = query;
  if (question.class !== CLASS_IN) return fitted(responseTo(query, failed('REFUSED')), transport);
  if (edns !== undefined && edns.version !== 0) {
    const empty = responseTo(query, failed('NOERROR'));
    return emitDns({ ...empty, rcode: BADVERS, edns: { udpSize: 0, version: 0 } });
  }
  return fitted(responseTo(query, ask(question)), transport, edns);
}

/** An answer as the message that goes back for a query. */
export function responseTo(query: DnsMessage, found: DnsAnswer): DnsMessage {
  const { id, opcode, question, edns } = query;
  const plain = opcode === QUERY;
  const { bits = {} } = found;
  return {
    id,
    response: true,
    opcode,
    authoritative: bits.aa ?? found.authoritative,
    truncated: false,
    recursionDesired: bits.rd ?? (plain && query.recursionDesired),
    // The bit is that of the resolver behind plugin forward; CoreDNS itself never sets it.
    recursionAvailable: bits.ra ?? isForwarded(found),
    ...(plain && query.checkingDisabled === true ? { checkingDisabled: true } : {}),
    rcode: RCODES.indexOf(found.rcode),
    ...(question === undefined ? {} : { question }),
    answer: found.answer,
    authority: found.authority,
    additional: found.additional,
    ...(edns === undefined ? {} : { edns: echoOf(edns, isForwarded(found)) }),
  };
}

/** An answer of a resolver outside: not CoreDNS' own, and no failure on the way there. */
function isForwarded({ authoritative, rcode, own = false }: DnsAnswer): boolean {
  return !authoritative && !own && (rcode === 'NOERROR' || rcode === 'NXDOMAIN');
}

/** Request.SizeAndDo: the OPT record of the query, without what nobody supports; of another resolver's options none is known. */
function echoOf({ udpSize, dnssecOk, options = [] }: Edns, forwarded: boolean): Edns {
  const echoed = forwarded ? [] : options.filter(({ code }) => ECHOED.has(code));
  return {
    udpSize,
    version: 0,
    ...(dnssecOk === true ? { dnssecOk } : {}),
    ...(echoed.length === 0 ? {} : { options: echoed }),
  };
}

/** Request.Scrub: long datagrams have their names compressed before they are cut, for fear of fragments. */
function fitted(message: DnsMessage, transport: Transport, edns?: Edns): Uint8Array {
  if (transport === 'TCP') return fitDns(message, MAX_SIZE);
  const size = Math.min(MAX_DATAGRAM, Math.max(MIN_SIZE, edns?.udpSize ?? 0));
  return fitDns(message, size, Math.min(size, UNFRAGMENTED));
}

function failed(rcode: Rcode): DnsAnswer {
  return { rcode, authoritative: false, answer: [], authority: [], additional: [] };
}

/** Msg.SetRcodeFormatError: nothing of the query but its id and bits. */
function rejected(header: DnsHeader, rcode: 'FORMERR' | 'NOTIMP'): Uint8Array {
  return emitDns({
    id: header.id,
    response: true,
    opcode: rcode === 'NOTIMP' ? header.opcode : QUERY,
    authoritative: false,
    truncated: false,
    recursionDesired: header.recursionDesired,
    recursionAvailable: false,
    rcode: RCODES.indexOf(rcode),
    answer: [],
    authority: [],
    additional: [],
  });
}
