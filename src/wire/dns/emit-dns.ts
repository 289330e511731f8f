import type { Answer, OptAnswer, Question, RecordClass } from 'dns-packet';
import { dnsLibrary, typeForLibrary } from './dns-library.ts';
import type { DnsMessage, DnsQuestion, DnsResource, Edns } from './message.ts';

/** Bytes before the question. */
const HEADER = 12;

/** A message's bytes. Names must have passed `checkDnsName`. */
export function emitDns(message: DnsMessage): Uint8Array {
  const { question, edns } = message;
  const raw = question?.bytes;
  const additionals = message.additional.map(resource);
  if (edns !== undefined) additionals.push(opt(edns, message.rcode >> 4));
  const encoded = dnsLibrary().encode({
    id: message.id,
    type: message.response ? 'response' : 'query',
    flags: flagsOf(message),
    questions: question === undefined || raw !== undefined ? [] : [questionOf(question)],
    answers: message.answer.map(resource),
    authorities: message.authority.map(resource),
    additionals,
  });
  const bytes = new Uint8Array(encoded);
  if (raw === undefined) return bytes;
  const whole = new Uint8Array(bytes.length + raw.length);
  whole.set(bytes.subarray(0, HEADER));
  whole.set(raw, HEADER);
  whole.set(bytes.subarray(HEADER), HEADER + raw.length);
  // QDCOUNT: the library was told of no question.
  whole[5] = 1;
  return whole;
}

function flagsOf(message: DnsMessage): number {
  return (
    ((message.opcode & 0xf) << 11) |
    (message.authoritative ? 0x400 : 0) |
    (message.truncated ? 0x200 : 0) |
    (message.recursionDesired ? 0x100 : 0) |
    (message.recursionAvailable ? 0x80 : 0) |
    (message.authenticData === true ? 0x20 : 0) |
    (message.checkingDisabled === true ? 0x10 : 0) |
    (message.rcode & 0xf)
  );
}

/** By number (RFC 1035 section 3.2.4); a question of another class must come with its bytes. */
const CLASSES: Readonly<Record<number, RecordClass>> = { 1: 'IN', 2: 'CS', 3: 'CH', 4: 'HS', 255: 'ANY' };

function questionOf({ name, type, class: number }: DnsQuestion): Question {
  return { name, type: typeForLibrary(type), class: CLASSES[number] ?? 'IN' };
}

function opt({ udpSize, version, dnssecOk = false, options = [] }: Edns, extendedRcode: number): Answer {
  // An OPT record has neither a TTL nor a class, which the declarations want.
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: udpSize,
    ednsVersion: version,
    extendedRcode,
    flags: dnssecOk ? 0x8000 : 0,
    flag_do: dnssecOk,
    // The declarations know four options by their parts, the library any by its bytes.
    options: options.map(({ code, data }) => ({
      code,
      data: Buffer.from(data, 'hex'),
    })) as unknown as OptAnswer['options'],
  };
}

function resource({ name, ttl, type, data }: DnsResource): Answer {
  const common = { name, ttl, class: 'IN' } as const;
  const words = data.split(' ');
  const number = (i: number): number => Number(words[i] ?? 0);
  switch (type) {
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'PTR':
    case 'NS':
      return { ...common, type, data };
    case 'TXT':
      return { ...common, type, data };
    case 'SRV':
      return {
        ...common,
        type,
        data: { priority: number(0), weight: number(1), port: number(2), target: words[3] ?? '.' },
      };
    case 'HINFO': {
      const [, cpu = '', os = ''] = /^"([^"]*)" "([^"]*)"$/.exec(data) ?? [];
      return { ...common, type, data: { cpu, os } };
    }
    case 'SOA':
      return {
        ...common,
        type,
        data: {
          mname: words[0] ?? '.',
          rname: words[1] ?? '.',
          serial: number(2),
          refresh: number(3),
          retry: number(4),
          expire: number(5),
          minimum: number(6),
        },
      };
    default:
      // RFC 3597: \# LENGTH HEX.
      return {
        ...common,
        type: typeForLibrary(type),
        data: Buffer.from(words.slice(2).join(''), 'hex'),
      } as Answer;
  }
}
