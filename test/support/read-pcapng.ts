/**
 * Reads a capture file with nothing of src: blocks and options as draft-ietf-opsawg-pcapng says, and the checksums of
 * every header in a frame, those inside VXLAN and of reassembled fragments too.
 */

export interface ReadInterface {
  readonly name: string;
  readonly description: string;
  readonly mac: string;
  readonly addresses: readonly string[];
}

export interface ReadPacket {
  readonly interface: ReadInterface;
  /** Microseconds. */
  readonly time: number;
  readonly direction: 'in' | 'out';
  readonly reception: number;
  readonly comments: readonly string[];
  readonly bytes: Buffer;
}

export interface ReadFile {
  readonly comment: string;
  readonly interfaces: readonly ReadInterface[];
  readonly packets: readonly ReadPacket[];
}

interface Option {
  readonly code: number;
  readonly value: Buffer;
}

export function readPcapng(bytes: Uint8Array): ReadFile {
  const file = Buffer.from(bytes);
  const interfaces: ReadInterface[] = [];
  const packets: ReadPacket[] = [];
  let comment = '';
  for (let at = 0; at < file.length; ) {
    const type = file.readUInt32LE(at);
    const length = file.readUInt32LE(at + 4);
    if (length % 4 !== 0 || length < 12 || at + length > file.length)
      throw new Error(`block of ${length} bytes`);
    if (file.readUInt32LE(at + length - 4) !== length) throw new Error('the two lengths of a block differ');
    const body = file.subarray(at + 8, at + length - 4);
    if (at === 0 && (type !== 0x0a0d0d0a || body.readUInt32LE(0) !== 0x1a2b3c4d))
      throw new Error('no section');
    if (type === 0x0a0d0d0a) {
      if (body.readUInt16LE(4) !== 1) throw new Error('not version 1');
      comment = textOf(options(body.subarray(16)), 1);
    } else if (type === 1) interfaces.push(interfaceOf(body));
    else if (type === 6) packets.push(packetOf(body, interfaces));
    else throw new Error(`block type ${type}`);
    at += length;
  }
  return { comment, interfaces, packets };
}

function options(bytes: Buffer): Option[] {
  const out: Option[] = [];
  for (let at = 0; ; ) {
    const code = bytes.readUInt16LE(at);
    const length = bytes.readUInt16LE(at + 2);
    if (code === 0) {
      if (at + 4 !== bytes.length) throw new Error('bytes behind the end of options');
      return out;
    }
    out.push({ code, value: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + Math.ceil(length / 4) * 4;
  }
}

function textOf(all: readonly Option[], code: number): string {
  return all.find((one) => one.code === code)?.value.toString('utf8') ?? '';
}

function interfaceOf(body: Buffer): ReadInterface {
  if (body.readUInt16LE(0) !== 1) throw new Error('not Ethernet');
  const all = options(body.subarray(8));
  return {
    name: textOf(all, 2),
    description: textOf(all, 3),
    mac: macAt(all.find(({ code }) => code === 6)?.value ?? Buffer.alloc(6), 0),
    addresses: all.filter(({ code }) => code === 4).map(({ value }) => ipAt(value, 0)),
  };
}

function packetOf(body: Buffer, interfaces: readonly ReadInterface[]): ReadPacket {
  const on = interfaces[body.readUInt32LE(0)];
  const length = body.readUInt32LE(12);
  if (on === undefined || length !== body.readUInt32LE(16))
    throw new Error('a packet of no interface, or cut');
  const all = options(body.subarray(20 + Math.ceil(length / 4) * 4));
  const flags = all.find(({ code }) => code === 2)?.value.readUInt32LE(0) ?? 0;
  return {
    interface: on,
    time: body.readUInt32LE(4) * 2 ** 32 + body.readUInt32LE(8),
    direction: (flags & 3) === 1 ? 'in' : 'out',
    reception: (flags >>> 2) & 7,
    comments: all.filter(({ code }) => code === 1).map(({ value }) => value.toString('utf8')),
    bytes: body.subarray(20, 20 + length),
  };
}

export function macAt(bytes: Buffer, at: number): string {
  return (
    bytes
      .toString('hex', at, at + 6)
      .match(/../g)
      ?.join(':') ?? ''
  );
}

export function ipAt(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 4)].join('.');
}

/** The one's complement sum of RFC 1071 over 16-bit words; 0xffff for bytes that hold their own checksum. */
function sum(...parts: readonly Buffer[]): number {
  let total = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) {
      total += (part[i] ?? 0) * 256 + (part[i + 1] ?? 0);
      total = (total & 0xffff) + (total >>> 16);
    }
  }
  return total;
}

const VXLAN = 8472;

/** What is found in the frames of a file: how often each kind of header was there with a right checksum. */
export interface Checked {
  readonly counts: Readonly<Record<string, number>>;
  /** Headers whose checksum, length or shape is wrong, with the packet's number (from 1). */
  readonly wrong: readonly string[];
}

export function checkFrames(frames: readonly Buffer[]): Checked {
  const counts: Record<string, number> = {};
  const wrong: string[] = [];
  const pieces = new Map<string, Buffer[]>();
  frames.forEach((frame, n) => {
    const check = (what: string, right: boolean): void => {
      if (right) counts[what] = (counts[what] ?? 0) + 1;
      else wrong.push(`packet ${n + 1}: ${what} of ${frame.toString('hex')}`);
    };
    checkEthernet(frame, { check, pieces });
  });
  for (const key of pieces.keys()) wrong.push(`fragments without an end: ${key}`);
  return { counts, wrong };
}

interface Checker {
  readonly check: (what: string, right: boolean) => void;
  /** Fragments so far, by addresses and identification. */
  readonly pieces: Map<string, Buffer[]>;
}

function checkEthernet(frame: Buffer, checker: Checker): void {
  const type = frame.readUInt16BE(12);
  const body = frame.subarray(14);
  if (type === 0x0806) checker.check('arp', body.length === 28 && body.readUInt32BE(0) === 0x00010800);
  else if (type === 0x0800) checkIpv4(body, checker);
  else checker.check(`type ${type}`, false);
}

function checkIpv4(packet: Buffer, checker: Checker): void {
  const { check, pieces } = checker;
  check('ip', packet[0] === 0x45 && sum(packet.subarray(0, 20)) === 0xffff);
  check('ip length', packet.readUInt16BE(2) === packet.length);
  const offset = (packet.readUInt16BE(6) & 0x1fff) * 8;
  const more = (packet.readUInt16BE(6) & 0x2000) !== 0;
  if (!more && offset === 0) return checkTransport(packet, packet.subarray(20), checker);
  check('fragment', true);
  const key = packet.toString('hex', 12, 20) + packet.toString('hex', 4, 6);
  const before = offset === 0 ? [] : (pieces.get(key) ?? []);
  check('fragment offset', before.reduce((length, piece) => length + piece.length, 0) === offset);
  before.push(packet.subarray(20));
  pieces.set(key, before);
  if (more) return;
  pieces.delete(key);
  const whole = Buffer.from(before.map((piece) => piece.toString('hex')).join(''), 'hex');
  checkTransport(packet, whole, checker);
}

function checkTransport(ip: Buffer, body: Buffer, checker: Checker): void {
  const { check } = checker;
  const protocol = ip.readUInt8(9);
  const pseudo = Buffer.from(ip.toString('hex', 12, 20) + hex16(protocol) + hex16(body.length), 'hex');
  switch (protocol) {
    case 1:
      check('icmp', sum(body) === 0xffff);
      if (body[0] === 3 || body[0] === 11) check('quoted ip', sum(body.subarray(8, 28)) === 0xffff);
      return;
    case 6:
      return check('tcp', sum(pseudo, body) === 0xffff);
    case 17:
      check('udp', sum(pseudo, body) === 0xffff && body.readUInt16BE(4) === body.length);
      if (body.readUInt16BE(2) !== VXLAN) return;
      check('vxlan', body.readUInt32BE(8) === 0x08000000);
      return checkEthernet(body.subarray(16), checker);
    case 132: {
      const zeroed = Buffer.from(`${body.toString('hex', 0, 8)}00000000${body.toString('hex', 12)}`, 'hex');
      return check('sctp', body.readUInt32LE(8) === crc32c(zeroed));
    }
    default:
      check(`protocol ${protocol}`, false);
  }
}

function hex16(value: number): string {
  return value.toString(16).padStart(4, '0');
}

/** RFC 9260 appendix A, bit by bit. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * 0x82f63b78);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
