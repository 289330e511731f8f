import type { DnsMessage, DnsResource } from '../../wire/dns/index.ts';

type Section = 'answer' | 'authority' | 'additional';

const STATUS = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const CLASSES: Readonly<Record<string, number>> = { IN: 1, CH: 3, HS: 4 };
/** The option COOKIE (RFC 7873). */
const COOKIE = 10;
const OPCODES = ['QUERY', 'IQUERY', 'STATUS', 'RESERVED3', 'NOTIFY', 'UPDATE'];

/**
 * Reads what dig prints with its comments. Undefined: there is no answer in it (`;; no servers could be reached`), or a
 * line that is none of dig's.
 */
export function parseDig(text: string): DnsMessage | undefined {
  const head = /^;; ->>HEADER<<- opcode: (\w+), status: (\w+), id: (\d+)\n;; flags:([a-z ]*);/m.exec(text);
  if (head === null) return undefined;
  const [, opcode = '', status = '', id = '', flagText = ''] = head;
  const flags = new Set(flagText.trim().split(' '));
  const sections: Record<Section, DnsResource[]> = { answer: [], authority: [], additional: [] };
  let question: DnsMessage['question'];
  let edns: DnsMessage['edns'];
  let into: Section | 'question' | undefined;
  for (const line of text.split('\n')) {
    const title = /^;; (QUESTION|ANSWER|AUTHORITY|ADDITIONAL) SECTION:$/.exec(line)?.[1];
    if (title !== undefined) into = title.toLowerCase() as Section | 'question';
    else if (line === '') into = undefined;
    else if (into === 'question') {
      const [name = '', own = 'IN', type = ''] = line.slice(1).split(/\s+/);
      question = { name, type, class: CLASSES[own] ?? Number(own.replace('CLASS', '')) };
    } else if (into !== undefined && !line.startsWith(';')) {
      const record = parseRecord(line);
      if (record === undefined) return undefined;
      sections[into].push(record);
    }
    const opt = /^; EDNS: version: (\d+), flags:([^;]*); udp: (\d+)$/.exec(line);
    if (opt !== null)
      edns = {
        version: Number(opt[1]),
        udpSize: Number(opt[3]),
        ...(opt[2]?.includes('do') === true ? { dnssecOk: true } : {}),
      };
    const cookie = /^; COOKIE: ([0-9a-f]+)/.exec(line)?.[1];
    if (cookie !== undefined && edns !== undefined)
      edns = { ...edns, options: [{ code: COOKIE, data: cookie }] };
  }
  return {
    id: Number(id),
    response: flags.has('qr'),
    opcode: numberOf(opcode, OPCODES),
    authoritative: flags.has('aa'),
    truncated: flags.has('tc'),
    recursionDesired: flags.has('rd'),
    recursionAvailable: flags.has('ra'),
    ...(flags.has('ad') ? { authenticData: true } : {}),
    ...(flags.has('cd') ? { checkingDisabled: true } : {}),
    rcode: numberOf(status, STATUS),
    ...(question === undefined ? {} : { question }),
    ...sections,
    ...(edns === undefined ? {} : { edns }),
  };
}

function numberOf(word: string, known: readonly string[]): number {
  const index = known.indexOf(word);
  return index >= 0 ? index : Number(word.replace('RESERVED', ''));
}

/** `name. 30 IN A 10.96.0.10`, with tabs or spaces. */
function parseRecord(line: string): DnsResource | undefined {
  const match = /^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.*)$/.exec(line);
  if (match === null) return undefined;
  const [, name = '', ttl = '', type = '', data = ''] = match;
  return { name, ttl: Number(ttl), type, data: type === 'TXT' ? unquoted(data) : data };
}

/** The texts of a TXT record, one after the other. */
function unquoted(data: string): string {
  return [...data.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
    .map(([, text = '']) => text.replace(/\\(.)/g, '$1'))
    .join('');
}
