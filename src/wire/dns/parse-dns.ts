import type { Answer, DecodedPacket, OptAnswer } from 'dns-packet';
import { dnsLibrary, typeFromLibrary } from './dns-library.ts';
import { readDnsName } from './dns-name.ts';
import type { DnsMessage, DnsQuestion, DnsResource, Edns, EdnsOption } from './message.ts';

const HEADER = 12;

/** The fixed part of a message, which decides what becomes of the rest. */
export interface DnsHeader {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly questions: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
}

/** Undefined: too short to be a message. */
export function parseDnsHeader(bytes: Uint8Array): DnsHeader | undefined {
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(2);
  return {
    id: view.getUint16(0),
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 0xf,
    recursionDesired: (flags & 0x100) !== 0,
    questions: view.getUint16(4),
    answers: view.getUint16(6),
    authorities: view.getUint16(8),
    additionals: view.getUint16(10),
  };
}

/** A message with its one question, or without any; undefined: the bytes are not a message. */
export function parseDns(bytes: Uint8Array): DnsMessage | undefined {
  const header = parseDnsHeader(bytes);
  if (header === undefined || header.questions > 1) return undefined;
  const decoded = decode(bytes);
  if (decoded === undefined) return undefined;
  const question = header.questions === 1 ? readQuestion(bytes, decoded) : undefined;
  if (header.questions === 1 && question === undefined) return undefined;
  const opts = (decoded.additionals ?? []).filter((one): one is OptAnswer => one.type === 'OPT');
  const [opt] = opts;
  // RFC 6891 section 6.1.1: more than one is an error of form.
  if (opts.length > 1) return undefined;
  const records = (list: readonly Answer[] | undefined): DnsResource[] =>
    (list ?? []).filter((one) => one.type !== 'OPT').map(resource);
  const flags = decoded.flags ?? 0;
  return {
    id: header.id,
    response: header.response,
    opcode: header.opcode,
    authoritative: decoded.flag_aa,
    truncated: decoded.flag_tc,
    recursionDesired: decoded.flag_rd,
    recursionAvailable: decoded.flag_ra,
    ...(decoded.flag_ad ? { authenticData: true } : {}),
    ...(decoded.flag_cd ? { checkingDisabled: true } : {}),
    rcode: (flags & 0xf) | ((opt?.extendedRcode ?? 0) << 4),
    ...(question === undefined ? {} : { question }),
    answer: records(decoded.answers),
    authority: records(decoded.authorities),
    additional: records(decoded.additionals),
    ...(opt === undefined ? {} : { edns: ednsOf(opt) }),
  };
}

function ednsOf({ udpPayloadSize, ednsVersion, flag_do, options }: OptAnswer): Edns {
  const read = options.map((option): EdnsOption => {
    const data: unknown = 'data' in option ? option.data : undefined;
    return { code: Number(option.code), data: Buffer.isBuffer(data) ? data.toString('hex') : '' };
  });
  return {
    udpSize: udpPayloadSize,
    version: ednsVersion,
    ...(flag_do ? { dnssecOk: true } : {}),
    ...(read.length === 0 ? {} : { options: read }),
  };
}

/** The library throws on what it cannot read. */
function decode(bytes: Uint8Array): DecodedPacket | undefined {
  try {
    return dnsLibrary().decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch {
    return undefined;
  }
}

function readQuestion(bytes: Uint8Array, { questions }: DecodedPacket): DnsQuestion | undefined {
  const read = readDnsName(bytes, HEADER);
  if (read === undefined || read.next + 4 > bytes.length) return undefined;
  const type = questions?.[0]?.type ?? '';
  const at = read.next + 2;
  return {
    name: read.name,
    type: typeFromLibrary(type),
    class: ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0),
    bytes: bytes.slice(HEADER, read.next + 4),
  };
}

function resource(record: Answer): DnsResource {
  const ttl = 'ttl' in record ? (record.ttl ?? 0) : 0;
  return { name: whole(record.name), ttl, type: typeFromLibrary(record.type), data: dataOf(record) };
}

function whole(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

function dataOf(record: Answer): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.data;
    case 'CNAME':
    case 'PTR':
    case 'NS':
      return whole(record.data);
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = record.data;
      return `${priority} ${weight} ${port} ${whole(target)}`;
    }
    case 'SOA': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = record.data;
      return [whole(mname), whole(rname), serial, refresh, retry, expire, minimum].join(' ');
    }
    case 'HINFO':
      return `"${record.data.cpu}" "${record.data.os}"`;
    case 'TXT':
      return [record.data].flat().map(String).join('');
    default: {
      const { data } = record as { readonly data?: unknown };
      const bytes = Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data) ?? '');
      return `\\# ${bytes.length} ${bytes.toString('hex')}`;
    }
  }
}
