import { type IpPacket, NO_DATA, TCP_FLAG } from '../../wire/index.ts';
import { attach } from '../conntrack/table.ts';
import { snapshot } from '../event.ts';
import { transmit } from '../link/transmit.ts';
import type { Link } from '../model.ts';
import type { RejectType } from '../netfilter/model.ts';
import { linkNamed, originate, type Stack } from '../session.ts';
import { newSkb, record, recordAnswer, type Skb } from '../skb.ts';
import { sendIcmpError } from './icmp.ts';
import { sendPacket } from './output.ts';

const CODES: Readonly<Record<RejectType, number | undefined>> = {
  'icmp-net-unreachable': 0,
  'icmp-host-unreachable': 1,
  'icmp-proto-unreachable': 2,
  'icmp-port-unreachable': 3,
  'icmp-net-prohibited': 9,
  'icmp-host-prohibited': 10,
  'icmp-admin-prohibited': 13,
  'tcp-reset': undefined,
  'icmp6-no-route': undefined,
  'icmp6-adm-prohibited': undefined,
  'icmp6-addr-unreachable': undefined,
  'icmp6-port-unreachable': undefined,
};

/** What `-j REJECT` sends (net/ipv4/netfilter/nf_reject_ipv4.c). */
export function sendReject(stack: Stack, skb: Skb, type: RejectType): void {
  const code = CODES[type];
  if (code !== undefined) return sendIcmpError(stack, skb, { type: 3, code }, 'REJECT_RULE');
  if (type === 'tcp-reset') sendReset(stack, skb);
}

/** The RST comes from the packet's destination, as if its closed port had answered. */
function sendReset(stack: Stack, skb: Skb): void {
  const { packet } = skb;
  if (packet.transport.kind !== 'tcp' || (packet.transport.flags & TCP_FLAG.RST) !== 0) return;
  const answer = newSkb(resetFor(packet), originate(stack.netns, skb.visit, 'REJECT_RULE'));
  recordAnswer(skb, 'TCP RST', 'REJECT_RULE');
  const port = linkNamed(stack, skb.physIn);
  if (port !== undefined) return sendResetByPort(stack, skb, answer, port);
  attach(answer, skb);
  sendPacket(stack, answer, 'kernel');
}

/**
 * nf_send_reset, where br_netfilter is at work: the RST goes straight out of the port that the packet came in by,
 * past every hook. Where the packet had been DNATed nothing puts the address back that the client knows, so
 * the client does not take the RST for its own.
 */
function sendResetByPort(stack: Stack, skb: Skb, answer: Skb, port: Link): void {
  answer.sourceMac = skb.destinationMac;
  answer.destinationMac = skb.sourceMac;
  record(answer, { type: 'originate', by: 'kernel', packet: snapshot(answer.packet, answer.mark) });
  record(answer, {
    type: 'note',
    code: 'RST_BY_PORT',
    text: `sent straight out of ${port.name}, past all hooks: no NAT is undone (nf_send_reset)`,
  });
  transmit(stack, port, answer);
}

/** The RST that answers a TCP segment (RFC 9293 section 3.5.2, group 1 and 2). */
export function resetFor(packet: IpPacket): IpPacket {
  const { transport } = packet;
  const tcp = transport.kind === 'tcp' ? transport : undefined;
  const hasAck = tcp !== undefined && (tcp.flags & TCP_FLAG.ACK) !== 0;
  return {
    src: packet.dst,
    dst: packet.src,
    ttl: 64,
    tos: 0,
    id: 0,
    df: true,
    transport: {
      kind: 'tcp',
      sport: tcp?.dport ?? 0,
      dport: tcp?.sport ?? 0,
      seq: hasAck ? (tcp?.ack ?? 0) : 0,
      ack: hasAck ? 0 : ((tcp?.seq ?? 0) + 1) >>> 0,
      flags: hasAck ? TCP_FLAG.RST : TCP_FLAG.RST | TCP_FLAG.ACK,
      window: 0,
      data: NO_DATA,
    },
  };
}
