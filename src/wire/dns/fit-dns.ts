import { emitDns } from './emit-dns.ts';
import type { DnsMessage, DnsResource } from './message.ts';

const HEADER = 12;
/** What stands between a record's owner and its data: type, class, TTL, length. */
const FIXED = 10;
/** Of a record: a pointer as its owner, and no data. */
const SHORTEST = 2 + FIXED;
/** How far a pointer reaches (RFC 1035 section 4.1.4). */
const POINTER_LIMIT = 0x4000;
/** Where the names in a record's data begin, for the types whose names may be pointers (RFC 3597 section 4). */
const NAMES_IN_DATA: Readonly<Record<string, number>> = { NS: 1, CNAME: 1, PTR: 1, SOA: 2 };

/**
 * The bytes of a message in at most `size`. One that is longer has its names compressed, and then loses records from
 * the first that does not fit on: it says that it is truncated, and keeps its OPT record (dns.Msg.Truncate of miekg/dns).
 *
 * @param full up to here names are written out in full; at most `size`
 */
export function fitDns(message: DnsMessage, size: number, full: number = size): Uint8Array {
  const most = Math.ceil(size / SHORTEST);
  // Records that cannot come into it need no bytes; one more says that something is cut.
  const few =
    message.answer.length > most ? { ...message, answer: message.answer.slice(0, most + 1) } : message;
  const whole = emitDns(few);
  return whole.length <= full ? whole : compressed(few, whole, size);
}

/** Bytes that grow, and where in them the names stand that may be pointed at. */
interface Output {
  readonly bytes: number[];
  /** By the name's bytes, its end included. */
  readonly names: Map<string, number>;
}

function compressed(message: DnsMessage, whole: Uint8Array, size: number): Uint8Array {
  const { edns: _, answer, authority, additional, ...rest } = message;
  const empty = { ...rest, answer: [], authority: [], additional: [] };
  const head = emitDns(empty);
  const withOpt = emitDns({ ...empty, ...(message.edns === undefined ? {} : { edns: message.edns }) });
  const opt = withOpt.subarray(head.length);
  const out: Output = { bytes: [...head], names: new Map() };
  if (message.question !== undefined) noteNames(out, HEADER);
  const room = size - opt.length;
  let full = false;
  let at = head.length;
  const put = (records: readonly DnsResource[]): number => {
    for (const [i, record] of records.entries()) {
      const before = out.bytes.length;
      if (!full) at = putRecord(out, record.type, whole, at);
      full ||= out.bytes.length > room;
      if (!full) continue;
      out.bytes.length = Math.min(before, out.bytes.length);
      return i;
    }
    return records.length;
  };
  const kept = [put(answer), put(authority), put(additional)];
  const [answers = 0, authorities = 0, additionals = 0] = kept;
  const cut = answers + authorities + additionals < answer.length + authority.length + additional.length;
  const bytes = Uint8Array.from([...out.bytes, ...opt]);
  const view = new DataView(bytes.buffer);
  if (cut) view.setUint8(2, view.getUint8(2) | 0x02);
  view.setUint16(6, answers);
  view.setUint16(8, authorities);
  view.setUint16(10, additionals + (opt.length > 0 ? 1 : 0));
  return bytes;
}

/** The names of the question: it is in the message as it is, and may be pointed at. */
function noteNames({ bytes, names }: Output, from: number): void {
  for (let at = from; (bytes[at] ?? 0) !== 0; at += 1 + (bytes[at] ?? 0)) names.set(keyOf(bytes, at), at);
}

function keyOf(bytes: ArrayLike<number>, from: number): string {
  let key = '';
  for (let at = from; ; ) {
    const length = bytes[at] ?? 0;
    for (let i = 0; i <= length; i++) key += String.fromCharCode(bytes[at + i] ?? 0);
    if (length === 0) return key;
    at += 1 + length;
  }
}

/** A name from its uncompressed bytes, as far as it is not in the message already. */
function putName({ bytes, names }: Output, source: Uint8Array, from: number): void {
  for (let at = from; ; ) {
    const length = source[at] ?? 0;
    if (length === 0) break;
    const key = keyOf(source, at);
    const there = names.get(key);
    if (there !== undefined) {
      bytes.push(0xc0 | (there >> 8), there & 0xff);
      return;
    }
    if (bytes.length < POINTER_LIMIT) names.set(key, bytes.length);
    for (let i = 0; i <= length; i++) bytes.push(source[at + i] ?? 0);
    at += 1 + length;
  }
  bytes.push(0);
}

function endOfName(source: Uint8Array, from: number): number {
  let at = from;
  while ((source[at] ?? 0) !== 0) at += 1 + (source[at] ?? 0);
  return at + 1;
}

/** A record from its uncompressed bytes; gives where they end. */
function putRecord(out: Output, type: string, source: Uint8Array, from: number): number {
  const fixed = endOfName(source, from);
  putName(out, source, from);
  for (let i = 0; i < FIXED; i++) out.bytes.push(source[fixed + i] ?? 0);
  const data = out.bytes.length;
  let at = fixed + FIXED;
  const end = at + ((source[at - 2] ?? 0) << 8) + (source[at - 1] ?? 0);
  for (let left = NAMES_IN_DATA[type] ?? 0; left > 0; left--) {
    putName(out, source, at);
    at = endOfName(source, at);
  }
  for (; at < end; at++) out.bytes.push(source[at] ?? 0);
  const length = out.bytes.length - data;
  out.bytes[data - 2] = length >> 8;
  out.bytes[data - 1] = length & 0xff;
  return end;
}
