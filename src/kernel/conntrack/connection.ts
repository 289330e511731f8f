import type { ProtocolState } from './protocol-state.ts';
import type { Tuple } from './tuple.ts';

export type Direction = 'original' | 'reply';

export type Manip = 'src' | 'dst';

/** A tracked connection (struct nf_conn). */
export interface Connection {
  readonly original: Tuple;
  /** The tuple that replies have; NAT rewrites it. */
  reply: Tuple;
  /** A packet was seen in the reply direction. */
  seenReply: boolean;
  /** In the table: its first packet got through. */
  confirmed: boolean;
  /** NAT was decided for this side (IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE), even if nothing changes. */
  readonly done: { src: boolean; dst: boolean };
  /** NAT changes this side (IPS_SRC_NAT, IPS_DST_NAT). */
  readonly nat: { src: boolean; dst: boolean };
  mark: number;
  /** The zone of `-j CT --zone`: connections of different zones may have the same tuples. */
  readonly zone: number;
  /** Where TCP or SCTP stands; undefined for protocols without states. */
  state: ProtocolState | undefined;
  /** Both sides have agreed on it (IPS_ASSURED): it is not given up early when the table is full. */
  assured: boolean;
}

export function other(direction: Direction): Direction {
  return direction === 'original' ? 'reply' : 'original';
}

export function tupleIn(ct: Connection, direction: Direction): Tuple {
  return direction === 'original' ? ct.original : ct.reply;
}
