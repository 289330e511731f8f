import type { Ip } from '../../addr/index.ts';
import type { NatRange } from '../netfilter/model.ts';
import type { Stack } from '../session.ts';
import type { Connection, Manip } from './connection.ts';
import { jhash2 } from './jhash.ts';
import { replyTaken } from './table.ts';
import { invert, type Tuple } from './tuple.ts';

/** How a translation is chosen within its range. */
export interface NatChoice {
  /** `--random`, `--random-fully`: any port of the range. */
  readonly random?: boolean;
  /** `--persistent`: a client gets the same address whatever it asks for. */
  readonly persistent?: boolean;
}

const PROTOCOL_ICMP = 1;
const WITH_PORTS: ReadonlySet<number> = new Set([PROTOCOL_ICMP, 6, 17, 33, 132, 136]);
/** NF_NAT_MAX_ATTEMPTS. */
const ATTEMPTS = 128;

/**
 * get_unique_tuple (net/netfilter/nf_nat_core.c): a tuple within the range whose reply no other connection has. The
 * address of a range follows from a hash of the source (and, unless persistent, the destination); the port stays
 * where the range and the other connections let it, else it is the first of a destination's range, or for a source
 * one drawn from the session's numbers.
 */
export function uniqueTuple(
  stack: Stack,
  ct: Connection,
  original: Tuple,
  manip: Manip,
  range: NatRange,
  { random = false, persistent = false }: NatChoice,
): Tuple {
  const free = (tuple: Tuple): boolean => !replyTaken(stack.conntrack, invert(tuple), ct);
  if (manip === 'src' && !random && inRange(original, range) && free(original)) return original;
  const tuple = withAddress(original, manip, pickIp(original, manip, range, persistent, ct.zone));
  const port = manip === 'src' ? tuple.sport : tuple.dport;
  const { port: low, lastPort: high = low, basePort } = range;
  if (!random) {
    if (low === undefined || high === undefined) {
      if (free(tuple)) return tuple;
    } else if (basePort === undefined && port >= low && port <= high && (low === high || free(tuple))) {
      return tuple;
    }
  }
  if (!WITH_PORTS.has(tuple.protocol)) return tuple;
  if (low === undefined || high === undefined) {
    if (manip === 'dst' && tuple.protocol !== PROTOCOL_ICMP) return tuple;
    const [from, to] = freelyChosen(tuple.protocol, port);
    return firstFree(tuple, manip, from, to - from + 1, stack.session.random(), free);
  }
  const span = high - low + 1;
  const offset =
    basePort !== undefined ? port - basePort : random || manip === 'src' ? stack.session.random() : 0;
  return firstFree(tuple, manip, low, span, offset, free);
}

/** The ports for one that the rule does not name: privileged ones stay privileged. */
function freelyChosen(protocol: number, port: number): readonly [from: number, to: number] {
  if (protocol === PROTOCOL_ICMP) return [0, 65535];
  if (port >= 1024) return [1024, 65535];
  return port < 512 ? [1, 511] : [600, 1023];
}

function firstFree(
  tuple: Tuple,
  manip: Manip,
  low: number,
  span: number,
  offset: number,
  free: (tuple: Tuple) => boolean,
): Tuple {
  // `off % range_size` of a 16-bit counter: a port below the base wraps round.
  const start = offset & 0xffff;
  for (let i = 0; i < Math.min(span, ATTEMPTS); i++) {
    const candidate = withPort(tuple, manip, low + (((start + i) & 0xffff) % span));
    if (free(candidate)) return candidate;
  }
  return withPort(tuple, manip, low + (start % span));
}

/** nf_in_range: address and port of the source are what the range allows. */
function inRange({ src, sport }: Tuple, { ip, lastIp = ip, port, lastPort = port }: NatRange): boolean {
  if (ip !== undefined && lastIp !== undefined && (src < ip || src > lastIp)) return false;
  return port === undefined || lastPort === undefined || (sport >= port && sport <= lastPort);
}

function withAddress(tuple: Tuple, manip: Manip, ip: Ip): Tuple {
  return manip === 'src' ? { ...tuple, src: ip } : { ...tuple, dst: ip };
}

/** An echo has one id, which both sides of its tuple carry. */
function withPort(tuple: Tuple, manip: Manip, port: number): Tuple {
  if (tuple.protocol === PROTOCOL_ICMP) return { ...tuple, sport: port, dport: port };
  return manip === 'src' ? { ...tuple, sport: port } : { ...tuple, dport: port };
}

/** find_best_ips_proto: the address of a range, from a hash without a seed. */
function pickIp(tuple: Tuple, manip: Manip, range: NatRange, persistent: boolean, zone: number): Ip {
  const { ip, lastIp } = range;
  if (ip === undefined) return manip === 'src' ? tuple.src : tuple.dst;
  const { src, dst } = tuple;
  if (typeof ip !== 'number' || typeof lastIp !== 'number') return ip;
  if (typeof src !== 'number' || typeof dst !== 'number') return ip;
  const hash = jhash2([swap(src), 0, 0, 0], ((persistent ? 0 : swap(dst)) ^ zone) >>> 0);
  const span = lastIp - ip + 1;
  // reciprocal_scale().
  return ip + Number((BigInt(hash) * BigInt(span)) >> 32n);
}

/** An address as a little-endian machine reads it from the wire. */
function swap(ip: number): number {
  return ((ip >>> 24) | ((ip >>> 8) & 0xff00) | ((ip << 8) & 0xff0000) | (ip << 24)) >>> 0;
}
