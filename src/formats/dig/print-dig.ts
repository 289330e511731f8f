import type { DnsMessage, DnsResource } from '../../wire/dns/index.ts';

/** An answer, and how it came. */
export interface DigReply {
  readonly message: DnsMessage;
  /** The words of the command line, as they are repeated above the answer. */
  readonly words: readonly string[];
  /** The server's address. */
  readonly server: string;
  readonly protocol: 'UDP' | 'TCP';
  /** Bytes of the message. */
  readonly size: number;
  /** Said as a comment behind the header, when there is something to say. */
  readonly remark?: string;
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
};

const STATUS = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const OPCODES = ['QUERY', 'IQUERY', 'STATUS', 'RESERVED3', 'NOTIFY', 'UPDATE'];

/** What dig prints. */
export function printDig(reply: DigReply, show: DigShow): string {
  const { message } = reply;
  if (show.short) return message.answer.map((one) => `${dataOf(one)}\n`).join('');
  const { question } = message;
  const parts = [
    show.cmd ? `\n; <<>> DiG 9.18 (podwalk) <<>> ${reply.words.join(' ')}\n;; global options: +cmd\n` : '',
    show.comments ? header(reply) : '',
    show.question && question !== undefined
      ? section('QUESTION', [questionLine(question.name, question.type)], show)
      : '',
  ];
  for (const [name, wanted, records] of [
    ['ANSWER', show.answer, message.answer],
    ['AUTHORITY', show.authority, message.authority],
    ['ADDITIONAL', show.additional, message.additional],
  ] as const) {
    if (wanted && records.length > 0)
      parts.push(
        section(
          name,
          records.map((one) => recordLine(one, show)),
          show,
        ),
      );
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

function header({ message, remark }: DigReply): string {
  const { edns } = message;
  const flags = [
    message.response ? 'qr' : undefined,
    message.authoritative ? 'aa' : undefined,
    message.truncated ? 'tc' : undefined,
    message.recursionDesired ? 'rd' : undefined,
    message.recursionAvailable ? 'ra' : undefined,
  ].filter((flag) => flag !== undefined);
  const counts = [
    `QUERY: ${message.question === undefined ? 0 : 1}`,
    `ANSWER: ${message.answer.length}`,
    `AUTHORITY: ${message.authority.length}`,
    `ADDITIONAL: ${message.additional.length + (edns === undefined ? 0 : 1)}`,
  ];
  const { opcode, rcode, id } = message;
  const lines = [
    ';; Got answer:',
    `;; ->>HEADER<<- opcode: ${OPCODES[opcode] ?? `RESERVED${opcode}`}, status: ${STATUS[rcode] ?? `RESERVED${rcode}`}, id: ${id}`,
    `;; flags: ${flags.join(' ')}; ${counts.join(', ')}`,
    ...(message.recursionDesired && !message.recursionAvailable
      ? [';; WARNING: recursion requested but not available']
      : []),
    ...(remark === undefined ? [] : [`;; podwalk: ${remark}`]),
    '',
    ...(edns === undefined
      ? []
      : [';; OPT PSEUDOSECTION:', `; EDNS: version: ${edns.version}, flags:; udp: ${edns.udpSize}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function section(name: string, lines: readonly string[], { comments }: DigShow): string {
  const text = lines.map((line) => `${line}\n`).join('');
  return comments ? `;; ${name} SECTION:\n${text}\n` : text;
}

/** dns_master_style_debug of BIND; without a TTL or a class what follows moves to the left. */
function questionLine(name: string, type: string): string {
  return `;${columns([
    [name, 0],
    ['IN', 32],
    [type, 40],
  ])}`;
}

function recordLine(record: DnsResource, { ttlid, class: shown }: DigShow): string {
  const typeAt = ttlid && shown ? 40 : ttlid || shown ? 32 : 24;
  return columns([
    [record.name, 0],
    ...(ttlid ? ([[String(record.ttl), 24]] as const) : []),
    ...(shown ? ([['IN', ttlid ? 32 : 24]] as const) : []),
    [record.type, typeAt],
    [dataOf(record), typeAt + 8],
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
