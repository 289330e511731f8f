import { formatIp } from '../../addr/index.ts';

/** What a packet is to the flow of a probe. */
export type PacketRole =
  /** The first packet of the client: SYN, the datagram, the echo request. */
  | 'request'
  /** What answers it: SYN-ACK, RST, a datagram, an echo reply, an ICMP error. */
  | 'back'
  /** Everything later, and everything else. */
  | 'other';

/** The headers of an IPv4 packet as they are compared. */
export interface Headers {
  readonly protocol: string;
  readonly src: string;
  readonly dst: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly ttl: number;
  readonly id: number;
  readonly role: PacketRole;
  /** `SYN`, `echo request`, `unreachable code 1`. */
  readonly info?: string;
  /** The outer packet of a tunnel; its role is that of the inner one. */
  readonly tunnel: boolean;
  /** A second or further fragment: no transport header. */
  readonly fragment: boolean;
}

const TCP_SYN = 0x02;
const TCP_RST = 0x04;
const TCP_ACK = 0x10;
/** The datagrams of a probe are filled with it; see agent.ts. */
const FILL = 'q'.charCodeAt(0);

/**
 * Reads the headers of a packet; undefined for bytes that are none.
 *
 * @param vxlanPorts UDP ports whose payload is VXLAN
 */
export function readHeaders(view: Buffer, vxlanPorts: ReadonlySet<number>): Headers | undefined {
  if (view.length < 20 || view.readUInt8(0) >>> 4 !== 4) return undefined;
  const start = (view.readUInt8(0) & 15) * 4;
  const fragment = (view.readUInt16BE(6) & 0x1fff) !== 0;
  const number = view.readUInt8(9);
  const base = {
    src: formatIp(view.readUInt32BE(12)),
    dst: formatIp(view.readUInt32BE(16)),
    ttl: view.readUInt8(8),
    id: view.readUInt16BE(4),
    tunnel: false,
    fragment,
  };
  const body = view.subarray(start);
  if (fragment) return { ...base, protocol: nameOf(number), role: 'other' };
  if (number === 6 && body.length >= 14) return { ...base, ...tcpHeaders(body) };
  if (number === 17 && body.length >= 8) return { ...base, ...udpHeaders(body, vxlanPorts) };
  if (number === 1 && body.length >= 8) return { ...base, ...icmpHeaders(body, vxlanPorts) };
  return { ...base, protocol: nameOf(number), role: 'other' };
}

function nameOf(protocol: number): string {
  return { 1: 'icmp', 6: 'tcp', 17: 'udp', 132: 'sctp' }[protocol] ?? `${protocol}`;
}

type Transport = Pick<Headers, 'protocol' | 'sport' | 'dport' | 'role' | 'info'> & {
  readonly tunnel?: boolean;
};

function tcpHeaders(body: Buffer): Transport {
  const flags = body.readUInt8(13) & 0x3f;
  const role = (flags & (TCP_SYN | TCP_ACK)) === TCP_SYN ? 'request' : isAnswer(flags) ? 'back' : 'other';
  const info = TCP_NAMES.filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(',');
  return { protocol: 'tcp', sport: body.readUInt16BE(0), dport: body.readUInt16BE(2), role, info };
}

const TCP_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [1, 'FIN'],
  [2, 'SYN'],
  [4, 'RST'],
  [8, 'PSH'],
  [16, 'ACK'],
  [32, 'URG'],
];

/** A SYN-ACK, or the RST that a SYN gets. */
function isAnswer(flags: number): boolean {
  return (
    (flags & (TCP_SYN | TCP_ACK)) === (TCP_SYN | TCP_ACK) ||
    (flags & (TCP_RST | TCP_ACK)) === (TCP_RST | TCP_ACK)
  );
}

function udpHeaders(body: Buffer, vxlanPorts: ReadonlySet<number>): Transport {
  const sport = body.readUInt16BE(0);
  const dport = body.readUInt16BE(2);
  const data = body.subarray(8);
  const inner =
    vxlanPorts.has(dport) && data.length > 22 ? readHeaders(data.subarray(22), vxlanPorts) : undefined;
  if (inner !== undefined) return { protocol: 'udp', sport, dport, role: inner.role, tunnel: true };
  const role = data.length === 0 || data.readUInt8(0) === FILL ? 'request' : 'back';
  return { protocol: 'udp', sport, dport, role };
}

function icmpHeaders(body: Buffer, vxlanPorts: ReadonlySet<number>): Transport {
  const type = body.readUInt8(0);
  if (type === 8) return { protocol: 'icmp', role: 'request', info: 'echo request' };
  if (type === 0) return { protocol: 'icmp', role: 'back', info: 'echo reply' };
  if (type !== 3 && type !== 11) return { protocol: 'icmp', role: 'other', info: `type ${type}` };
  // An error about an answer is for the server: it ends unseen.
  const quote = readHeaders(body.subarray(8), vxlanPorts);
  return {
    protocol: 'icmp',
    role: quote?.role === 'request' ? 'back' : 'other',
    info: `type ${type} code ${body.readUInt8(1)}`,
  };
}
