import { formatIp, type Ip, parseIp } from '../addr/index.ts';
import {
  type Connection,
  type Netns,
  SCTP_STATES,
  TCP_STATES,
  type Tuple,
  timeoutOf,
} from '../kernel/index.ts';
import { type EntriesResult, entry, misfit, parseEntries, type Reading } from './lines.ts';

/** What a tuple has beside its addresses: ports, an echo's type and id, GRE's keys, or nothing. */
export type ConntrackKey =
  | { readonly kind: 'ports'; readonly sport: number; readonly dport: number }
  | { readonly kind: 'icmp'; readonly type: number; readonly code: number; readonly id: number }
  | { readonly kind: 'gre'; readonly srckey: number; readonly dstkey: number }
  | { readonly kind: 'none' };

/** One direction of a connection. */
export interface ConntrackTuple {
  readonly src: Ip;
  readonly dst: Ip;
  readonly key: ConntrackKey;
  /** A zone of this direction only. */
  readonly zone?: number;
}

/** One line of `conntrack -L`. */
export interface ConntrackEntry {
  readonly protocol: number;
  /** Seconds left. */
  readonly timeout: number;
  /** Only TCP, DCCP and SCTP have one. */
  readonly state?: string;
  readonly original: ConntrackTuple;
  readonly reply: ConntrackTuple;
  /** No packet came back yet. */
  readonly unreplied: boolean;
  readonly assured: boolean;
  readonly mark: number;
  readonly zone?: number;
  /** References in the kernel: 1, and one for each packet that is being held. */
  readonly use: number;
}

/**
 * `conntrack -L` (v1.4.7) in a namespace that has these connections, without the line that it puts on stderr. In the
 * order of their first packets; the kernel has them in that of its hash. No time has passed since the latest packet.
 */
export function printConntrack(netns: Netns, connections: readonly Connection[]): string {
  return formatConntrack(conntrackEntries(netns, connections));
}

export function conntrackEntries(netns: Netns, connections: readonly Connection[]): ConntrackEntry[] {
  return connections.map((connection) => {
    const { original, reply, seenReply, assured, mark, zone, state } = connection;
    return {
      protocol: original.protocol,
      timeout: timeoutOf(netns, connection),
      ...(state === undefined ? {} : { state }),
      original: tupleEntry(original),
      reply: tupleEntry(reply),
      unreplied: !seenReply,
      assured,
      mark,
      ...(zone === 0 ? {} : { zone }),
      use: 1,
    };
  });
}

function tupleEntry(tuple: Tuple): ConntrackTuple {
  return { src: tuple.src, dst: tuple.dst, key: keyOf(tuple) };
}

function keyOf({ protocol, sport, dport, type }: Tuple): ConntrackKey {
  switch (shapeOf(protocol)) {
    case 'ports':
      return { kind: 'ports', sport, dport };
    case 'icmp':
      return { kind: 'icmp', type, code: 0, id: sport };
    case 'gre':
      return { kind: 'gre', srckey: 0, dstkey: 0 };
    case 'none':
      return { kind: 'none' };
  }
}

/** The protocols that libnetfilter_conntrack names; all others are `unknown`. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [47, 'gre'],
  [58, 'icmpv6'],
  [132, 'sctp'],
  [136, 'udplite'],
]);

function shapeOf(protocol: number): ConntrackKey['kind'] {
  const name = NAMES.get(protocol);
  if (name === undefined) return 'none';
  if (name.startsWith('icmp')) return 'icmp';
  return name === 'gre' ? 'gre' : 'ports';
}

export function formatConntrack(entries: readonly ConntrackEntry[]): string {
  return entries.map((one) => `${formatEntry(one)}\n`).join('');
}

function formatEntry(found: ConntrackEntry): string {
  const { protocol, timeout, state, original, reply, unreplied, assured, mark, zone, use } = found;
  return (
    `${(NAMES.get(protocol) ?? 'unknown').padEnd(8)} ${protocol} ${timeout} ` +
    (state === undefined ? '' : `${state} `) +
    formatTuple(original, 'orig') +
    (unreplied ? '[UNREPLIED] ' : '') +
    formatTuple(reply, 'reply') +
    (assured ? '[ASSURED] ' : '') +
    `mark=${mark} ${zone === undefined ? '' : `zone=${zone} `}use=${use}`
  );
}

function formatTuple({ src, dst, key, zone }: ConntrackTuple, direction: 'orig' | 'reply'): string {
  return (
    `src=${formatIp(src)} dst=${formatIp(dst)} ${formatKey(key)}` +
    (zone === undefined ? '' : `zone-${direction}=${zone} `)
  );
}

function formatKey(key: ConntrackKey): string {
  switch (key.kind) {
    case 'ports':
      return `sport=${key.sport} dport=${key.dport} `;
    case 'icmp':
      return `type=${key.type} code=${key.code} id=${key.id} `;
    case 'gre':
      return `srckey=0x${key.srckey.toString(16)} dstkey=0x${key.dstkey.toString(16)} `;
    case 'none':
      return '';
  }
}

/** Reads what `conntrack -L` printed. */
export function parseConntrack(text: string): EntriesResult<ConntrackEntry> {
  return parseEntries(text, (lines, from) => readEntry(lines[from] ?? ''), formatEntry);
}

const TUPLE = 'src=(\\S+) dst=(\\S+) ((?:sport|type|srckey)=\\S+ (?:\\w+=\\S+ )*?)?';
const LINE = new RegExp(
  `^([a-z0-9]+) +(\\d+) (\\d+) (?:([A-Z_0-9]+) )?${TUPLE}(?:zone-orig=(\\d+) )?(\\[UNREPLIED\\] )?` +
    `${TUPLE}(?:zone-reply=(\\d+) )?(\\[ASSURED\\] )?mark=(\\d+) (?:zone=(\\d+) )?use=(\\d+)$`,
);
const STATES: ReadonlySet<string> = new Set([...TCP_STATES, ...SCTP_STATES]);

function readEntry(line: string): Reading<ConntrackEntry> {
  const match = LINE.exec(line);
  if (match === null) {
    return misfit('expected "PROTOCOL NUMBER SECONDS [STATE] src=... dst=... ... mark=N use=N"');
  }
  const [, name = '', number, timeout, state, src1 = '', dst1 = '', key1 = '', zone1, unreplied] = match;
  const [src2 = '', dst2 = '', key2 = '', zone2, assured, mark, zone, use] = match.slice(10);
  const protocol = Number(number);
  if (name !== (NAMES.get(protocol) ?? 'unknown')) return misfit(`protocol ${number} is not ${name}`);
  if (state !== undefined && !STATES.has(state)) return misfit(`unknown state: ${state}`);
  const original = readTuple(src1, dst1, key1, zone1, protocol);
  const reply = readTuple(src2, dst2, key2, zone2, protocol);
  if (original === undefined || reply === undefined)
    return misfit('a direction of the connection does not fit');
  return entry({
    protocol,
    timeout: Number(timeout),
    ...(state === undefined ? {} : { state }),
    original,
    reply,
    unreplied: unreplied !== undefined,
    assured: assured !== undefined,
    mark: Number(mark),
    ...(zone === undefined ? {} : { zone: Number(zone) }),
    use: Number(use),
  });
}

function readTuple(
  srcText: string,
  dstText: string,
  keyText: string,
  zone: string | undefined,
  protocol: number,
): ConntrackTuple | undefined {
  const src = parseIp(srcText);
  const dst = parseIp(dstText);
  const key = readKey(keyText, protocol);
  if (src === undefined || dst === undefined || key === undefined) return undefined;
  return { src, dst, key, ...(zone === undefined ? {} : { zone: Number(zone) }) };
}

function readKey(text: string, protocol: number): ConntrackKey | undefined {
  const words = new Map(
    text
      .trim()
      .split(' ')
      .map((word): [string, string] => {
        const [name = '', value = ''] = word.split('=');
        return [name, value];
      }),
  );
  const value = (name: string): number => Number(words.get(name));
  switch (shapeOf(protocol)) {
    case 'ports':
      return { kind: 'ports', sport: value('sport'), dport: value('dport') };
    case 'icmp':
      return { kind: 'icmp', type: value('type'), code: value('code'), id: value('id') };
    case 'gre':
      return { kind: 'gre', srckey: value('srckey'), dstkey: value('dstkey') };
    case 'none':
      return text === '' ? { kind: 'none' } : undefined;
  }
}
