import { type IpPacket, TCP_FLAG } from '../../wire/index.ts';
import type { Direction } from './connection.ts';

/** Where a TCP connection stands, as `conntrack -L` prints it (nf_conntrack_proto_tcp.c). */
export const TCP_STATES = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
] as const;
export type TcpState = (typeof TCP_STATES)[number];

/** Where an SCTP association stands (nf_conntrack_proto_sctp.c). */
export const SCTP_STATES = [
  'NONE',
  'CLOSED',
  'COOKIE_WAIT',
  'COOKIE_ECHOED',
  'ESTABLISHED',
  'SHUTDOWN_SENT',
  'SHUTDOWN_RECD',
  'SHUTDOWN_ACK_SENT',
  'HEARTBEAT_SENT',
] as const;
export type SctpState = (typeof SCTP_STATES)[number];

export type ProtocolState = TcpState | SctpState;

/** IV: the packet fits no connection; IG: it changes nothing. */
type Cell = 'NO' | 'SS' | 'SR' | 'ES' | 'FW' | 'CW' | 'LA' | 'TW' | 'CL' | 'S2' | 'IV' | 'IG';

const CELLS: Readonly<Record<Exclude<Cell, 'IV' | 'IG'>, TcpState>> = {
  NO: 'NONE',
  SS: 'SYN_SENT',
  SR: 'SYN_RECV',
  ES: 'ESTABLISHED',
  FW: 'FIN_WAIT',
  CW: 'CLOSE_WAIT',
  LA: 'LAST_ACK',
  TW: 'TIME_WAIT',
  CL: 'CLOSE',
  S2: 'SYN_SENT2',
};

type Event = 'syn' | 'synack' | 'fin' | 'ack' | 'rst';

/** tcp_conntracks: for each direction and kind of segment, the next state by the present one, in TCP_STATES' order. */
const TCP_TABLE = {
  original: {
    //       NO SS SR ES FW CW LA TW CL S2
    syn: /**/ 'SS SS IG IG IG IG IG SS SS S2',
    synack: 'IV IV SR IV IV IV IV IV IV SR',
    fin: /**/ 'IV IV FW FW LA LA LA TW CL IV',
    ack: /**/ 'ES IV ES ES CW CW TW TW CL IV',
    rst: /**/ 'IV CL CL CL CL CL CL CL CL CL',
  },
  reply: {
    syn: /**/ 'IV S2 IV IV IV IV IV SS IV S2',
    synack: 'IV SR IG IG IG IG IG IG IG SR',
    fin: /**/ 'IV IV FW FW LA LA LA TW CL IV',
    ack: /**/ 'IV IG SR ES CW CW TW TW CL IG',
    rst: /**/ 'IV CL CL CL CL CL CL CL CL CL',
  },
} as const satisfies Record<Direction, Record<Event, string>>;

/** The rows of the table, taken apart. */
const TCP_ROWS: ReadonlyMap<string, readonly Cell[]> = new Map(
  Object.entries(TCP_TABLE).flatMap(([direction, rows]) =>
    Object.entries(rows).map(([event, row]) => [`${direction} ${event}`, row.split(' ') as Cell[]] as const),
  ),
);

/** get_conntrack_index: what kind of segment the flags make. */
function eventOf(flags: number): Event | undefined {
  if ((flags & TCP_FLAG.RST) !== 0) return 'rst';
  if ((flags & TCP_FLAG.SYN) !== 0) return (flags & TCP_FLAG.ACK) !== 0 ? 'synack' : 'syn';
  if ((flags & TCP_FLAG.FIN) !== 0) return 'fin';
  return (flags & TCP_FLAG.ACK) !== 0 ? 'ack' : undefined;
}

/** The state after a segment; undefined when the segment does not fit and is INVALID. */
export function nextTcpState(state: TcpState, direction: Direction, flags: number): TcpState | undefined {
  const event = eventOf(flags);
  if (event === undefined) return undefined;
  const cell = TCP_ROWS.get(`${direction} ${event}`)?.[TCP_STATES.indexOf(state)];
  if (cell === undefined || cell === 'IV') return undefined;
  return cell === 'IG' ? state : CELLS[cell];
}

/** The chunks that open an association, and the one that ends it at once (RFC 9260). */
const CHUNK = { INIT: 1, ABORT: 6, COOKIE_ECHO: 10, COOKIE_ACK: 11 } as const;

/** The state after a packet with this first chunk, of the chunks that open and abort (sctp_new_state). */
export function nextSctpState(state: SctpState, direction: Direction, chunk: number): SctpState {
  switch (chunk) {
    case CHUNK.INIT:
      return state === 'NONE' || state === 'CLOSED' ? 'COOKIE_WAIT' : state;
    case CHUNK.COOKIE_ECHO:
      return direction === 'original' && state === 'COOKIE_WAIT' ? 'COOKIE_ECHOED' : state;
    case CHUNK.COOKIE_ACK:
      return direction === 'reply' && state === 'COOKIE_ECHOED' ? 'ESTABLISHED' : state;
    case CHUNK.ABORT:
      return 'CLOSED';
    default:
      return state;
  }
}

/** The state of a connection before its first packet; undefined for protocols without one. */
export function initialState(packet: IpPacket): ProtocolState | undefined {
  const { kind } = packet.transport;
  return kind === 'tcp' || kind === 'sctp' ? 'NONE' : undefined;
}
