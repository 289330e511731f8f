import { parseIp } from '../../addr/index.ts';
import type { CapturedDevice, CapturedFrame, Hop, Path, Trace } from '../../trace/index.ts';
import { stepLines } from '../steps.ts';
import { formatAddress, formatEnd, formatOutcome, formatProbability } from '../views.ts';
import { enhancedPacket, interfaceDescription, sectionHeader } from './blocks.ts';

export interface PcapngOptions {
  /** Comments tell every step and every rule that matched. */
  readonly verbose: boolean;
}

/** Microseconds from the beginning of one path to that of the next. */
const PATH_TIME = 1_000_000;

/**
 * A trace as a capture file: an interface for each device, a packet for each frame that it shows, and in the comments of
 * a packet what happened to it since the frame before. The trace must have been made with `capture`.
 *
 * Nothing takes time in an emulation, so times only tell the order: path n begins n - 1 seconds after the epoch (a
 * date of 1970 cannot be taken for a measurement), and each frame comes one microsecond after the one before. The DNS
 * queries for the destination's name come first, a second each.
 */
export function renderPcapng(trace: Trace, options: PcapngOptions): Uint8Array {
  const interfaces = new Map<string, number>();
  const blocks = [sectionHeader('podwalk', sectionComment(trace))];
  const packets: Uint8Array[] = [];
  recordedOf(trace).forEach(({ path, comment }, i) => {
    const { capture } = path;
    if (capture === undefined) return;
    const ids = capture.devices.map((device) => {
      const key = `${device.kind} ${nameOf(device)}`;
      let id = interfaces.get(key);
      if (id === undefined) {
        id = interfaces.size;
        interfaces.set(key, id);
        blocks.push(interfaceOf(device));
      }
      return id;
    });
    const comments = commentsOf(path, options);
    capture.frames.forEach((frame, n) => {
      const bytes = bytesOf(frame);
      packets.push(
        enhancedPacket({
          interface: ids[frame.device] ?? 0,
          time: i * PATH_TIME + n,
          bytes,
          direction: frame.direction,
          reception: receptionOf(bytes),
          comments: [...comment, ...(comments[n] ?? [])],
        }),
      );
    });
  });
  return concat([...blocks, ...packets]);
}

/** One walk of the file, and the comment that all of its packets have. */
interface Recorded {
  readonly path: Path;
  readonly comment: readonly string[];
}

/** The queries in the order in which they were sent, then the paths. Of a failed lookup the path is one of the queries. */
function recordedOf(trace: Trace): Recorded[] {
  const queries = (trace.resolution?.queries ?? []).flatMap(({ name, type, server, trace: walked }) => {
    const [path] = walked?.paths ?? [];
    return path === undefined ? [] : [{ path, comment: [`query ${name} ${type} to ${server}`] }];
  });
  const own = trace.paths.map((path, i) => ({ path, comment: pathComment(trace, path, i) }));
  const known = new Set(queries.map(({ path }) => path.capture));
  return [...queries, ...own.filter(({ path }) => !known.has(path.capture))];
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function sectionComment(trace: Trace): string {
  const { flow, verdict, paths } = trace;
  const ends = [flow.source, flow.destination].map((end) => {
    const address = end.ip === undefined ? '' : formatAddress({ ...end, ip: end.ip });
    return [formatEnd(end), address].filter((part) => part !== '').join(' ');
  });
  const walked = paths.length === 1 ? 'one path' : `${paths.length} paths`;
  return `podwalk trace: ${flow.protocol} ${ends.join(' -> ')}; ${walked}, ${verdict}. Emulated: no packet was on a wire, and times only tell the order.`;
}

function nameOf({ place, name }: CapturedDevice): string {
  return `${place}:${name}`;
}

function interfaceOf(device: CapturedDevice): Uint8Array {
  const { kind, place, name, type, mtu, about } = device;
  const parsed = device.addresses.map((text) => {
    const [ip = '', length = ''] = text.split('/');
    return { ip: parseIp(ip), length: Number(length) };
  });
  return interfaceDescription({
    name: nameOf(device),
    description: [`${type} ${name} of ${kind} ${place}, MTU ${mtu}`, about]
      .filter((s) => s !== '')
      .join('; '),
    mac: bytesFrom(device.mac.replaceAll(':', '')),
    ipv4: parsed.flatMap(({ ip, length }) =>
      typeof ip === 'number' ? [[...bigEndian(BigInt(ip), 4), ...bigEndian(maskOf(length), 4)]] : [],
    ),
    ipv6: parsed.flatMap(({ ip, length }) =>
      typeof ip === 'bigint' ? [[...bigEndian(ip, 16), length]] : [],
    ),
  });
}

function maskOf(length: number): bigint {
  return (0xffffffffn << BigInt(32 - length)) & 0xffffffffn;
}

function bigEndian(value: bigint, length: number): number[] {
  return Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 255n));
}

/** Which of several paths a frame belongs to, and how likely that path is. */
function pathComment({ paths }: Trace, path: Path, i: number): string[] {
  if (paths.length === 1) return [];
  const odds = formatProbability(path.odds, path.probability);
  return [`path ${i + 1} of ${paths.length}, odds ${odds}: ${formatOutcome(path)}`];
}

/** For each frame what happened to its packet since the frame before; the last of a way also tells how it ended. */
function commentsOf(path: Path, options: PcapngOptions): string[][] {
  const frames = path.capture?.frames ?? [];
  const comments: string[][] = frames.map(() => []);
  for (const leg of ['request', 'reply', 'returned'] as const) {
    const hops = leg === 'request' ? path.hops : (path[leg]?.hops ?? []);
    let from = { hop: 0, step: 0 };
    let last: string[] | undefined;
    frames.forEach((frame, n) => {
      const lines = comments[n];
      if (frame.leg !== leg || frame.hop === undefined || lines === undefined) return;
      const to = { hop: frame.hop, step: frame.step ?? 0 };
      const hop = hops[frame.hop];
      if (hop !== undefined)
        lines.push(`${leg}, hop ${frame.hop + 1} of ${hops.length}: ${hop.kind} ${hop.place}`);
      lines.push(...linesBetween(hops, from, to, options));
      from = to;
      last = lines;
    });
    last?.push(...linesBetween(hops, from, { hop: hops.length, step: 0 }, options));
  }
  return comments;
}

interface Point {
  readonly hop: number;
  readonly step: number;
}

function linesBetween(hops: readonly Hop[], from: Point, to: Point, { verbose }: PcapngOptions): string[] {
  const lines: string[] = [];
  for (let i = from.hop; i <= to.hop; i++) {
    const hop = hops[i];
    if (hop === undefined) break;
    const start = i === from.hop ? from.step : 0;
    const end = i === to.hop ? to.step : hop.steps.length;
    for (const { label, text } of stepLines({ ...hop, steps: hop.steps.slice(start, end) }, verbose)) {
      lines.push(label === '' ? text : `${label}: ${text}`);
    }
  }
  return lines;
}

function receptionOf(bytes: Uint8Array): 'unicast' | 'multicast' | 'broadcast' {
  if (((bytes[0] ?? 0) & 1) === 0) return 'unicast';
  return bytes.subarray(0, 6).every((byte) => byte === 0xff) ? 'broadcast' : 'multicast';
}

function bytesOf(frame: CapturedFrame): Uint8Array {
  return bytesFrom(frame.bytes);
}

function bytesFrom(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return out;
}
