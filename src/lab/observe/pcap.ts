/** A packet that tcpdump saw on a device. */
export interface CapturedPacket {
  /** Seconds and nanoseconds since the epoch as one number of nanoseconds. */
  readonly time: bigint;
  /** Interface index. */
  readonly device: number;
  readonly direction: 'in' | 'out';
  /** The IPv4 packet. */
  readonly bytes: Buffer;
}

const MAGIC_NANO = 0xa1b23c4d;
const LINUX_SLL2 = 276;
const ETHERTYPE_IPV4 = 0x0800;

/**
 * Reads a capture file of `tcpdump -i any -y LINUX_SLL2 --time-stamp-precision=nano -w -` as it grows. Other
 * protocols than IPv4, and copies of frames that were for somebody else, are passed over.
 */
export function pcapReader(onPacket: (packet: CapturedPacket) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let header = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk] as unknown as Uint8Array[]);
    if (!header) {
      if (rest.length < 24) return;
      if (rest.readUInt32LE(0) !== MAGIC_NANO || rest.readUInt32LE(20) !== LINUX_SLL2) {
        throw new Error('not a capture of tcpdump -y LINUX_SLL2 --time-stamp-precision=nano');
      }
      header = true;
      rest = rest.subarray(24);
    }
    while (rest.length >= 16) {
      const length = rest.readUInt32LE(8);
      if (rest.length < 16 + length) return;
      const time = BigInt(rest.readUInt32LE(0)) * 1_000_000_000n + BigInt(rest.readUInt32LE(4));
      const record = rest.subarray(16, 16 + length);
      rest = rest.subarray(16 + length);
      const packet = readRecord(record, time);
      if (packet !== undefined) onPacket(packet);
    }
  };
}

/** PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST come in; PACKET_OUTGOING leaves. */
const OUTGOING = 4;

function readRecord(record: Buffer, time: bigint): CapturedPacket | undefined {
  if (record.length < 20 || record.readUInt16BE(0) !== ETHERTYPE_IPV4) return undefined;
  return {
    time,
    device: record.readUInt32BE(4),
    direction: record.readUInt8(10) === OUTGOING ? 'out' : 'in',
    bytes: Buffer.from(record.subarray(20).toString('latin1'), 'latin1'),
  };
}
