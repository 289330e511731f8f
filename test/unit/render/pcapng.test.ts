import { describe, expect, it } from 'vitest';
import { renderPcapng } from '../../../src/render/index.ts';
import type { Hop, PacketView, Trace } from '../../../src/trace/index.ts';
import { podwalk, podwalkBytes } from '../../fixtures/cli.ts';
import { checkFrames, ipAt, macAt, type ReadPacket, readPcapng } from '../../support/read-pcapng.ts';

async function capture(...argv: readonly string[]): Promise<ReturnType<typeof readPcapng>> {
  const { bytes, stdout, stderr } = await podwalkBytes(['trace', '-o', 'pcapng', ...argv]);
  expect(stderr.replace(/^note: .*\n/gm, '')).toBe('');
  expect(stdout).toBe('');
  return readPcapng(bytes);
}

/** Walks of every protocol, backend and end, and what must be found in their frames at least. */
const WALKS: readonly (readonly [argv: string, kinds: string])[] = [
  ['-t two-nodes pod/client svc/web:80 --all', 'arp ip tcp udp vxlan'],
  ['-t two-nodes pod/client svc/web:80 --size 3000', 'tcp vxlan'],
  ['-t two-nodes pod/client pod/web-0 -p icmp --size 56', 'icmp vxlan'],
  ['-t two-nodes pod/client pod/web-0 -p icmp --size 4001', 'icmp vxlan fragment'],
  ['-t two-nodes pod/client pod/web-0:9 -p udp', 'icmp vxlan quoted ip'],
  ['-t two-nodes pod/client pod/web-0:9 -p sctp', 'sctp vxlan'],
  ['-t two-nodes pod/client pod/web-0:80 --ttl 1', 'tcp icmp quoted ip'],
  ['-t two-nodes pod/client 10.244.1.99:80', 'tcp vxlan icmp quoted ip'],
  ['-t two-nodes node/node1 127.0.0.1:80', 'tcp'],
  ['-t host-gw pod/client svc/web:80 --all', 'arp tcp'],
  ['-t hairpin pod/web-0 svc/web:80', 'tcp'],
  ['-t nodeport-local external node/node1:30080 --all', 'tcp'],
  ['-t no-endpoints pod/client svc/web:80', 'tcp icmp quoted ip'],
  ['-t broken-mtu pod/client svc/web:80 --size 1400 --all', 'tcp'],
];

describe('trace -o pcapng', () => {
  it.each(WALKS)('%s: every checksum of every frame is right', async (argv, kinds) => {
    const { packets } = await capture(...argv.split(' '));
    const { counts, wrong } = checkFrames(packets.map(({ bytes }) => bytes));
    expect(wrong).toEqual([]);
    for (const kind of kinds.replace('quoted ip', 'quoted_ip').split(' '))
      expect(counts, kind).toHaveProperty(kind.replace('_', ' '));
  });

  it.each(WALKS.map(([argv]) => argv))(
    '%s: the packets of its ways cross the devices of its hops, with the addresses that these tell',
    async (argv) => {
      const { packets } = await capture(...argv.split(' '));
      const { stdout } = await podwalk(['trace', '-o', 'json', ...argv.split(' ')]);
      const { paths } = JSON.parse(stdout) as Trace;
      const walked = packets.filter(({ comments }) => comments.some((c) => /, hop \d+ of \d+: /.test(c)));
      const expected = paths.flatMap((path) => [
        ...crossingsOf(path.hops),
        ...crossingsOf((path.reply ?? path.returned)?.hops ?? []),
      ]);
      expect(unfragmented(walked).map((p, i) => crossingOf(p, expected[i] ?? ''))).toEqual(expected);
    },
  );

  it('comments name what decided, and the object that it came from, between one frame and the next', async () => {
    const { comment, packets } = await capture('-t', 'two-nodes', 'pod/client', 'svc/web:80');
    expect(comment).toMatch(
      /^podwalk trace: tcp default\/client 10\.244\.2\.2 -> svc default\/web 10\.96\.0\.10:80/,
    );
    const nat = packets.find(({ comments }) => comments.some((c) => c.startsWith('DNAT: ')));
    expect(nat?.interface.name).toBe('node2:cni0');
    expect(nat?.comments).toEqual([
      'request, hop 3 of 9: node node2',
      'choose: KUBE-SVC-CDGGSHYLG3RE2FKL rule 2 (odds 1/2)',
      'nat PREROUTING: PREROUTING:1 > KUBE-SERVICES:1 > KUBE-SVC-CDGGSHYLG3RE2FKL:2 > KUBE-SEP-UIQK3OSOSTRHRPBX:2  DNAT   from Pod default/web-0 status.podIP (kube-proxy)',
      'DNAT: 10.96.0.10:80 -> 10.244.1.2:8080',
    ]);
    expect(ipAt(nat?.bytes ?? Buffer.alloc(64), 30)).toBe('10.244.1.2');
    expect(packets.at(-1)?.comments.at(-1)).toBe('deliver: client socket tcp/46731');
  });

  it('what a rule marked, and what dropped a packet, is in the comments of the last frame that it was seen in', async () => {
    const dropped = await capture('-t', 'broken-forward-drop', 'pod/client', 'svc/web:80');
    expect(dropped.packets.at(-1)?.comments.join('\n')).toMatch(
      /^filter FORWARD: .*DROP.*\n(.*\n)*drop: DROP_RULE/m,
    );
    const marked = await capture('-t', 'hairpin', 'pod/web-0', 'svc/web:80');
    expect(marked.packets.flatMap(({ comments }) => comments).join('\n')).toMatch(
      /^nat PREROUTING: .* > KUBE-MARK-MASQ:1 {2}MARK 0x4000\/0x4000 {3}from KubeProxyConfiguration .*\n(.*\n)*SNAT: 10\.244/m,
    );
  });

  it('every path is told apart: its number, odds and outcome, and a time that begins with a full second', async () => {
    const { packets } = await capture('-t', 'two-nodes', 'pod/client', 'svc/web:80', '--all');
    const paths = [0, 1].map((n) => packets.filter(({ time }) => Math.floor(time / 1_000_000) === n));
    paths.forEach((path, n) => {
      expect(path.length).toBeGreaterThan(10);
      expect(path.map(({ time }) => time)).toEqual(path.map((_, i) => n * 1_000_000 + i));
      for (const { comments } of path) expect(comments[0]).toBe(`path ${n + 1} of 2, odds 1/2: delivered`);
    });
    expect(paths.flat()).toHaveLength(packets.length);
  });

  it('an interface has its name, its addresses and what it is', async () => {
    const { interfaces, packets } = await capture('-t', 'two-nodes', 'pod/client', 'svc/web:80');
    expect(new Set(interfaces.map(({ name }) => name)).size).toBe(interfaces.length);
    const tunnel = interfaces.find(({ name }) => name === 'node1:flannel.1');
    expect(tunnel).toEqual({
      name: 'node1:flannel.1',
      description:
        'vxlan flannel.1 of node node1, MTU 1450; VNI 1 from 192.168.56.11 to UDP port 8472 over eth0',
      mac: expect.stringMatching(/^(..:){5}..$/),
      addresses: ['10.244.1.0'],
    });
    const into = packets.find(({ interface: on, direction }) => on === tunnel && direction === 'in');
    expect(macAt(into?.bytes ?? Buffer.alloc(14), 0)).toBe(tunnel?.mac);
    for (const { bytes, reception } of packets) {
      expect(reception).toBe(macAt(bytes, 0) === 'ff:ff:ff:ff:ff:ff' ? 3 : 1);
    }
  });

  it('the same walk gives the same bytes', async () => {
    const argv = ['trace', '-o', 'pcapng', '-t', 'three-nodes', 'pod/client', 'svc/web:80', '--all', '-v'];
    expect((await podwalkBytes(argv)).bytes).toEqual((await podwalkBytes(argv)).bytes);
  });

  it('a trace that was made without frames gives a file without packets', async () => {
    const { stdout } = await podwalk(['trace', '-o', 'json', '-t', 'two-nodes', 'pod/client', 'svc/web:80']);
    const { packets, interfaces } = readPcapng(renderPcapng(JSON.parse(stdout) as Trace, { verbose: false }));
    expect([packets, interfaces]).toEqual([[], []]);
  });
});

/** `node1:cni0 out`, with the addresses where the hop tells them. */
function crossingsOf(hops: readonly Hop[]): string[] {
  const out: string[] = [];
  hops.forEach((hop, i) => {
    const [first] = hop.steps;
    if (hop.in !== null && first?.type === 'receive') {
      const direction = first.from === 'stack' ? 'out' : 'in';
      out.push(`${hop.place}:${hop.in} ${direction} ${addresses(first.packet)}`);
    }
    const next = hops[i + 1];
    // Inside one stack a packet is handed from device to device, and the next hop tells of it.
    const inside = next?.place === hop.place && next.kind === hop.kind && next.in === hop.out;
    if (hop.out !== null && !inside) out.push(`${hop.place}:${hop.out} out`);
  });
  return out;
}

function addresses({ src, dst, sport, dport, ttl }: PacketView): string {
  return [src, sport ?? '', '>', dst, dport ?? '', 'ttl', ttl].join(' ');
}

/** The same of a captured packet, as far as `expected` goes. */
function crossingOf({ interface: on, direction, bytes }: ReadPacket, expected: string): string {
  const ports = bytes.readUInt8(23) === 1 ? ['', ''] : [bytes.readUInt16BE(34), bytes.readUInt16BE(36)];
  const text = [
    on.name,
    direction,
    ipAt(bytes, 26),
    ports[0],
    '>',
    ipAt(bytes, 30),
    ports[1],
    'ttl',
    bytes.readUInt8(22),
  ].join(' ');
  return expected.split(' ').length === 2 ? text.split(' ').slice(0, 2).join(' ') : text;
}

/** One packet for all the pieces of one on a device. */
function unfragmented(packets: readonly ReadPacket[]): ReadPacket[] {
  const pieceOf = ({ bytes, interface: on, direction, comments }: ReadPacket): string =>
    [on.name, direction, comments[0], bytes.toString('hex', 0, 14)].join(' ');
  return packets.filter((packet, i) => {
    const before = packets[i - 1];
    return before === undefined || pieceOf(before) !== pieceOf(packet);
  });
}
