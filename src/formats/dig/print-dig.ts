import type { DnsMessage, DnsQuestion, DnsResource, Edns } from '../../wire/dns/index.ts';

/** An answer, and how it came. */
export interface DigReply {
  readonly message: DnsMessage;
  /** The server's address. */
  readonly server: string;
  readonly protocol: 'UDP' | 'TCP';
  /** Bytes of the message. */
  readonly size: number;
}

/** What is shown of it: `+[no]cmd` and so on. */
export interface DigShow {
  readonly short: boolean;
  readonly cmd: boolean;
  readonly comments: boolean;
  readonly question: boolean;
  readonly answer: boolean;
  readonly authority: boolean;
  readonly additional: boolean;
  readonly stats: boolean;
  readonly ttlid: boolean;
  readonly class: boolean;
  /** With `short`: who said it. */
  readonly identify: boolean;
}

/** Everything, as dig shows it unless told otherwise. */
export const DIG_SHOWS: DigShow = {
  short: false,
  cmd: true,
  comments: true,
  question: true,
  answer: true,
  authority: true,
  additional: true,
  stats: true,
  ttlid: true,
  class: true,
  identify: false,
};

const STATUS = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const OPCODES = ['QUERY', 'IQUERY', 'STATUS', 'RESERVED3', 'NOTIFY', 'UPDATE'];
const CLASSES: Readonly<Record<number, string>> = { 1: 'IN', 3: 'CH', 4: 'HS' };
/** COOKIE (RFC 7873). */
const COOKIE = 10;

/**
 * What dig says first, before an answer or where none comes (printgreeting).
 *
 * @param words those of the command line, as they are repeated
 * @param servers how many there are by the name of `@SERVER`, where one was given
 */
export function digGreeting(words: readonly string[], servers: number | undefined, short: boolean): string {
  const found = servers === undefined ? '' : `; (${servers} server${servers === 1 ? '' : 's'} found)\n`;
  const options = short ? '+short +cmd' : '+cmd';
  return `\n; <<>> DiG 9.18 (podwalk) <<>> ${words.join(' ')}\n${found};; global options: ${options}\n`;
}

/** What dig prints of an answer, behind its greeting. */
export function printDig(reply: DigReply, show: DigShow): string {
  const { message } = reply;
  if (show.short) {
    const by = show.identify ? ` from server ${reply.server} in 0 ms.` : '';
    return message.answer.map((one) => `${dataOf(one)}${by}\n`).join('');
  }
  const { question } = message;
  const parts = [
    show.comments ? header(reply) : '',
    show.question && question !== undefined ? section('QUESTION', [questionLine(question, show)], show) : '',
  ];
  for (const [name, wanted, records] of [
    ['ANSWER', show.answer, message.answer],
    ['AUTHORITY', show.authority, message.authority],
    ['ADDITIONAL', show.additional, message.additional],
  ] as const) {
    if (!wanted || records.length === 0) continue;
    const lines = records.map((one) => recordLine(one, show));
    parts.push(section(name, lines, show));
  }
  if (show.stats) {
    parts.push(
      ';; Query time: 0 msec\n',
      `;; SERVER: ${reply.server}#53(${reply.server}) (${reply.protocol})\n`,
      ';; WHEN: Thu Jan 01 00:00:00 UTC 1970\n',
      `;; MSG SIZE  rcvd: ${reply.size}\n\n`,
    );
  }
  return parts.join('');
}

function header({ message }: DigReply): string {
  const { edns, question } = message;
  const flags = [
    message.response ? 'qr' : undefined,
    message.authoritative ? 'aa' : undefined,
    message.truncated ? 'tc' : undefined,
    message.recursionDesired ? 'rd' : undefined,
    message.recursionAvailable ? 'ra' : undefined,
    message.authenticData === true ? 'ad' : undefined,
    message.checkingDisabled === true ? 'cd' : undefined,
  ].filter((flag) => flag !== undefined);
  const counts = [
    `QUERY: ${question === undefined ? 0 : 1}`,
    `ANSWER: ${message.answer.length}`,
    `AUTHORITY: ${message.authority.length}`,
    `ADDITIONAL: ${message.additional.length + (edns === undefined ? 0 : 1)}`,
  ];
  const { opcode, rcode, id } = message;
  const lines = [
    ';; Got answer:',
    ...(question !== undefined && /(^|\.)local\.$/i.test(question.name) ? MDNS : []),
    `;; ->>HEADER<<- opcode: ${OPCODES[opcode] ?? `RESERVED${opcode}`}, status: ${STATUS[rcode] ?? `RESERVED${rcode}`}, id: ${id}`,
    `;; flags: ${flags.join(' ')}; ${counts.join(', ')}`,
    ...(message.recursionDesired && !message.recursionAvailable
      ? [';; WARNING: recursion requested but not available']
      : []),
    '',
    ...(edns === undefined ? [] : pseudoSection(edns)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** dig means well: `local` is the domain of mDNS (RFC 6762), and of most clusters. */
const MDNS = [
  ';; WARNING: .local is reserved for Multicast DNS',
  ';; You are currently testing what happens when an mDNS query is leaked to DNS',
];

function pseudoSection({ version, dnssecOk, udpSize, options = [] }: Edns): string[] {
  return [
    ';; OPT PSEUDOSECTION:',
    `; EDNS: version: ${version}, flags:${dnssecOk === true ? ' do' : ''}; udp: ${udpSize}`,
    // A server that knows cookies adds a half of its own to that of the client.
    ...options
      .filter(({ code }) => code === COOKIE)
      .map(({ data }) => `; COOKIE: ${data}${data.length > 16 ? ' (good)' : ' (echoed)'}`),
  ];
}

function section(name: string, lines: readonly string[], { comments }: DigShow): string {
  const text = lines.map((line) => `${line}\n`).join('');
  return comments ? `;; ${name} SECTION:\n${text}\n` : text;
}

/** Where TTL, class, type and data begin: what is not shown leaves its place to what follows (say of dig.c). */
function stops({ ttlid, class: shown }: DigShow): { ttl: number; class: number; type: number; data: number } {
  if (ttlid && shown) return { ttl: 24, class: 32, type: 40, data: 48 };
  return ttlid || shown
    ? { ttl: 24, class: 24, type: 32, data: 40 }
    : { ttl: 24, class: 24, type: 24, data: 32 };
}

function questionLine({ name, type, class: number }: DnsQuestion, show: DigShow): string {
  const at = stops(show);
  return `;${columns([
    [name, 0],
    [CLASSES[number] ?? `CLASS${number}`, at.class],
    [type, at.type],
  ])}`;
}

function recordLine(record: DnsResource, show: DigShow): string {
  const at = stops(show);
  return columns([
    [record.name, 0],
    ...(show.ttlid ? ([[String(record.ttl), at.ttl]] as const) : []),
    ...(show.class ? ([['IN', at.class]] as const) : []),
    [record.type, at.type],
    [dataOf(record), at.data],
  ]);
}

const TAB = 8;

/** Texts at columns, filled with tabs and then spaces; at least one of them in between (indent of lib/dns/masterdump.c). */
function columns(cells: readonly (readonly [text: string, column: number])[]): string {
  let line = '';
  let at = 0;
  for (const [text, column] of cells) {
    if (line !== '') {
      const to = Math.max(column, at + 1);
      const tabs = Math.floor(to / TAB) - Math.floor(at / TAB);
      line += '\t'.repeat(tabs) + ' '.repeat(tabs > 0 ? to % TAB : to - at);
      at = to;
    }
    line += text;
    at += text.length;
  }
  return line;
}

function dataOf({ type, data }: DnsResource): string {
  return type === 'TXT' ? `"${data.replace(/["\\]/g, '\\$&')}"` : data;
}
