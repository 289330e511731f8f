import { ipAt, macAt } from './read-pcapng.ts';

/**
 * A frame's headers in words, but for what is drawn at random or chosen by programs: IPv4 identification and checksums,
 * TCP's sequence numbers, window and options (and so lengths), ports that NAT drew, VXLAN's source port (a hash).
 *
 * @param ports the client's first, then others that are known; every other is written `*`
 */
export function frameText(frame: Buffer, ports: readonly number[]): string {
  const link = `${macAt(frame, 6)} > ${macAt(frame, 0)}`;
  const body = frame.subarray(14);
  switch (frame.readUInt16BE(12)) {
    case 0x0806:
      return `${link} arp ${arpText(body)}`;
    case 0x0800:
      return `${link} ${ipText(body, ports)}`;
    default:
      return `${link} type ${frame.readUInt16BE(12)}`;
  }
}

function arpText(arp: Buffer): string {
  const operation = arp.readUInt16BE(6) === 1 ? 'request' : 'reply';
  return `${operation} ${macAt(arp, 8)} ${ipAt(arp, 14)} ${macAt(arp, 18)} ${ipAt(arp, 24)}`;
}

function ipText(ip: Buffer, ports: readonly number[]): string {
  const fragment = ip.readUInt16BE(6);
  const flags = `${(fragment & 0x4000) === 0 ? '' : ' DF'}${(fragment & 0x2000) === 0 ? '' : ' MF'}`;
  const offset = (fragment & 0x1fff) * 8;
  const protocol = ip.readUInt8(9);
  const length = ip.readUInt16BE(2);
  const head = `ip ${ipAt(ip, 12)} > ${ipAt(ip, 16)} proto ${protocol} ttl ${ip.readUInt8(8)} tos ${ip.readUInt8(1)}${flags}`;
  if (offset > 0) return `${head} fragment at ${offset}, ${length} bytes`;
  const body = ip.subarray((ip.readUInt8(0) & 15) * 4);
  return `${head} ${transportText(protocol, body, length, ports)}`;
}

function transportText(protocol: number, body: Buffer, length: number, ports: readonly number[]): string {
  const port = (at: number): string => {
    const value = body.readUInt16BE(at);
    return ports.includes(value) ? `${value}` : '*';
  };
  switch (protocol) {
    case 1:
      return icmpText(body, length, ports);
    case 6:
      return `${port(0)} > ${port(2)} flags ${body.readUInt8(13) & 0x3f}`;
    case 17:
      if (body.readUInt16BE(2) === 8472) {
        const header = `flags ${body.readUInt32BE(8).toString(16)} vni ${body.readUInt32BE(12) >>> 8}`;
        return `vxlan ${header} [${frameText(body.subarray(16), ports)}]`;
      }
      // The answer's length is the server's affair.
      return `${port(0)} > ${port(2)}${body.readUInt16BE(2) === ports[0] ? '' : ` ${length} bytes`}`;
    default:
      return '';
  }
}

function icmpText(icmp: Buffer, length: number, ports: readonly number[]): string {
  const type = icmp.readUInt8(0);
  const code = icmp.readUInt8(1);
  if (type === 0 || type === 8) return `icmp ${type} sequence ${icmp.readUInt16BE(6)}, ${length} bytes`;
  const quote = icmp.subarray(8);
  // A quoted SYN is as long as its options make it.
  const size = quote.readUInt8(9) === 6 ? '' : ` ${length} bytes`;
  return `icmp ${type} code ${code} mtu ${icmp.readUInt16BE(6)}${size} about [${ipText(quote, ports)}]`;
}

/** Whether a frame of a real capture belongs to the exchange that a walk ends with: not what a connection goes on with. */
export function isOfFirstExchange(frame: Buffer): boolean {
  const type = frame.readUInt16BE(12);
  if (type === 0x0806) return true;
  if (type !== 0x0800) return false;
  const ip = frame.subarray(14);
  // The lab's own marks.
  if (ipAt(ip, 16).startsWith('127.127.')) return false;
  const body = ip.subarray((ip.readUInt8(0) & 15) * 4);
  const protocol = ip.readUInt8(9);
  if ((ip.readUInt16BE(6) & 0x1fff) !== 0) return true;
  if (protocol === 17 && body.readUInt16BE(2) === 8472) return isOfFirstExchange(body.subarray(16));
  // Neither ICMP redirects nor what groups a host joins (IGMP) is modelled.
  if (protocol === 1) return body.readUInt8(0) !== 5;
  if (protocol === 2) return false;
  if (protocol !== 6) return true;
  const flags = body.readUInt8(13) & 0x3f;
  return (flags & 0x02) !== 0 || (flags & 0x14) === 0x14;
}
