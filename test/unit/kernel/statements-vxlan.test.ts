import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../src/addr/index.ts';
import type { KernelEvent, World } from '../../../src/kernel/index.ts';
import { hooksOf, notesOf, run, type Step, send, type Walk } from '../../support/kernel-walk.ts';
import { restore, twoNodeWorld } from '../../support/two-node-world.ts';

const TRACKED = '*nat\nCOMMIT\n*filter\nCOMMIT\n';

type Typed<T extends KernelEvent['type']> = KernelEvent & { readonly type: T };

function events<T extends KernelEvent['type']>(steps: readonly Step[], type: T): Typed<T>[] {
  return steps.map(({ event }) => event).filter((event): event is Typed<T> => event.type === type);
}

/** The devices of each visit on the way there: `node1 flannel.1>eth0`. */
function way(walk: Walk): string[] {
  return walk.there.flatMap(({ place, in: device, event }) =>
    event.type === 'transmit' ? [`${place} ${device ?? ''}>${event.device}`] : [],
  );
}

describe('the tunnel', () => {
  it.each([
    ['a1 udp 10.244.1.3:8080', 'b1 sees 10.244.1.2 ttl 64'],
    ['a1 udp 10.244.2.2:8080', 'a2 sees 10.244.1.2 ttl 62'],
    ['node1 udp 10.244.1.2:8080', 'a1 sees 10.244.1.1 ttl 64'],
    ['node1 udp 10.244.2.2:8080', 'a2 sees 10.244.1.0 ttl 63'],
  ])('statement 20: %s arrives as %s', (text, outcome) => {
    expect(send(twoNodeWorld(), text).outcome).toBe(outcome);
  });

  it('statement 20: a NodePort reaches a local pod with TTL 63, a remote one with 62', () => {
    const world = twoNodeWorld();
    restore(
      world,
      'node/node1',
      `*nat
-A PREROUTING -p udp -m udp --dport 30001 -j DNAT --to-destination 10.244.1.2:8080
-A PREROUTING -p udp -m udp --dport 30002 -j DNAT --to-destination 10.244.2.2:8080
-A POSTROUTING -s 192.168.56.0/24 -d 10.244.0.0/16 -j MASQUERADE
COMMIT
`,
    );
    expect(send(world, 'client udp 192.168.56.11:30001').outcome).toBe('a1 sees 10.244.1.1 ttl 63');
    expect(send(world, 'client udp 192.168.56.11:30002').outcome).toBe('a2 sees 10.244.1.0 ttl 62');
  });

  it('statement 20: FORWARD sees the TTL already decremented', () => {
    const { there } = send(twoNodeWorld(), 'a1 tcp 10.244.2.2:8080');
    const world = twoNodeWorld();
    run(world, 'node1: iptables -A FORWARD -j ACCEPT');
    const order = send(world, 'a1 tcp 10.244.2.2:8080').there.flatMap(({ place, event }) =>
      place === 'node1' && (event.type === 'ttl' || event.type === 'netfilter') ? [event.type] : [],
    );
    expect(order.slice(0, 2)).toEqual(['ttl', 'netfilter']);
    expect(events(there, 'ttl').map((e) => [e.from, e.to])).toEqual([
      [64, 63],
      [63, 62],
    ]);
  });

  it('statement 21: the outer packet goes between the nodes, to 8472, with a TTL of its own', () => {
    const walk = send(twoNodeWorld(), 'a1 tcp 10.244.2.2:8080 ttl 9');
    const [outer] = events(walk.there, 'encapsulate');
    expect(outer).toMatchObject({ vni: 1, dport: 8472 });
    expect([outer?.outerSrc, outer?.outerDst].map((a) => formatIp(a ?? 0))).toEqual([
      '192.168.56.11',
      '192.168.56.12',
    ]);
    const onWire = walk.there.find(({ place, event }) => place === 'lan' && event.type === 'receive')?.event;
    expect(onWire?.type === 'receive' && onWire.packet).toMatchObject({
      protocol: 'udp',
      dport: 8472,
      ttl: 64,
    });
    expect(way(walk)).toEqual([
      'default/a1 >eth0',
      'node1 vetha1>cni0',
      'node1 cni0>flannel.1',
      'node1 flannel.1>eth0',
      'lan p11>p12',
      'node2 eth0>flannel.1',
      'node2 flannel.1>cni0',
      'node2 cni0>vetha2',
    ]);
  });

  it('statement 21: the source port is the flow’s, in each direction, and stays in ip_local_port_range', () => {
    const world = twoNodeWorld();
    const port = (sport: number): number | undefined =>
      events(send(world, 'a1 tcp 10.244.2.2:8080', { sport }).there, 'encapsulate')[0]?.sport;
    expect(port(40_000)).toBe(port(40_000));
    expect(new Set([1, 2, 3, 4, 5, 6].map((n) => port(40_000 + n))).size).toBeGreaterThan(1);
    run(world, 'node1: sysctl -w net.ipv4.ip_local_port_range="40000 40010"');
    for (let n = 0; n < 20; n++) {
      expect(port(50_000 + n)).toBeGreaterThanOrEqual(40_000);
      expect(port(50_000 + n)).toBeLessThan(40_010);
    }
  });

  it('statement 22: the inner packet passes FORWARD and POSTROUTING by flannel.1, the outer OUTPUT and POSTROUTING by eth0', () => {
    const world = twoNodeWorld();
    restore(
      world,
      'node/node1',
      `*mangle
-A FORWARD -o flannel.1 -s 10.244.1.2/32 -j MARK --set-xmark 0x1/0x1
-A POSTROUTING -o flannel.1 -m mark --mark 0x1/0x1 -j MARK --set-xmark 0x2/0x2
-A OUTPUT -o eth0 -p udp -m udp --dport 8472 -m mark --mark 0x3/0x3 -j MARK --set-xmark 0x4/0x4
-A POSTROUTING -o eth0 -p udp -m udp --dport 8472 -m mark --mark 0x7/0x7 -j DROP
COMMIT
`,
    );
    const walk = send(world, 'a1 tcp 10.244.2.2:8080');
    // Only the mark that every rule added to in turn leads here: the outer packet carries the inner one's.
    expect(walk).toMatchObject({ outcome: 'TIMEOUT', lost: 'DROP_RULE' });
    expect(hooksOf(walk.there)).toEqual([
      'node1 mangle PREROUTING',
      'node1 mangle FORWARD',
      'node1 mangle POSTROUTING',
      'node1 mangle OUTPUT',
      'node1 mangle POSTROUTING',
    ]);
  });

  it('statement 22: the outer packet has connections of its own, one for each direction', () => {
    const world = twoNodeWorld();
    for (const node of ['node/node1', 'node/node2']) restore(world, node, TRACKED);
    const { session } = send(world, 'a1 tcp 10.244.2.2:8080');
    for (const node of ['node/node1', 'node/node2']) {
      const outer = session.stacks
        .get(node)
        ?.conntrack.connections.filter((ct) => ct.original.dport === 8472);
      expect(outer?.map((ct) => [formatIp(ct.original.src), ct.seenReply])).toEqual([
        ['192.168.56.11', false],
        ['192.168.56.12', false],
      ]);
    }
  });

  it('statement 22: INPUT DROP of 8472 on the receiver kills the tunnel, in silence', () => {
    const world = twoNodeWorld();
    run(world, 'node2: iptables -A INPUT -p udp --dport 8472 -j DROP');
    for (const protocol of ['tcp', 'udp', 'icmp'])
      expect(send(world, `a1 ${protocol} 10.244.2.2:8080`)).toMatchObject({ outcome: 'TIMEOUT', icmp: [] });
  });

  it('a REJECT of the outer packet tells the node, not the pod that sent the inner one', () => {
    const world = twoNodeWorld();
    run(world, 'node2: iptables -A INPUT -p udp --dport 8472 -j REJECT');
    expect(send(world, 'a1 udp 10.244.2.2:8080')).toMatchObject({ outcome: 'TIMEOUT', icmp: [] });
    expect(send(world, 'node1 udp 10.244.2.2:8080')).toMatchObject({ outcome: 'TIMEOUT', icmp: [] });
  });
});

describe('broken tunnels', () => {
  const broken = (...commands: string[]): World => {
    const world = twoNodeWorld();
    run(world, ...commands);
    return world;
  };
  it.each([
    ['no FDB entry', ['node1: bridge fdb del aa:bb:cc:00:00:02 dev flannel.1'], 'NO_FDB_ENTRY'],
    [
      'a link address that the other end does not have',
      [
        'node1: ip neigh replace 10.244.2.0 lladdr aa:bb:cc:00:00:77 dev flannel.1 nud permanent',
        'node1: bridge fdb replace aa:bb:cc:00:00:77 dev flannel.1 dst 192.168.56.12 self permanent',
      ],
      'WRONG_MAC',
    ],
    [
      'an FDB entry to a host without the tunnel',
      ['node1: bridge fdb replace aa:bb:cc:00:00:02 dev flannel.1 dst 192.168.56.100 self permanent'],
      'NO_SOCKET',
    ],
    [
      'an FDB entry to nobody',
      ['node1: bridge fdb replace aa:bb:cc:00:00:02 dev flannel.1 dst 192.168.56.77 self permanent'],
      'NEIGHBOUR_UNREACHABLE',
    ],
    ['a receiving device that is down', ['node2: ip link set flannel.1 down'], 'NO_SOCKET'],
  ] as const)('statement 23: %s is silence', (_, commands, reason) => {
    const walk = send(broken(...commands), 'a1 tcp 10.244.2.2:8080');
    expect(walk).toMatchObject({ outcome: 'TIMEOUT', icmp: [] });
    expect(walk.session.ends.map((e) => e.reason)).toContain(reason);
  });

  it('a device that is down has no socket: port unreachable, which only the sending node hears', () => {
    const walk = send(broken('node2: ip link set flannel.1 down'), 'a1 tcp 10.244.2.2:8080');
    const answered = events(walk.there, 'answer').map(({ what }) => what);
    expect(answered).toEqual([expect.stringMatching(/port unreachable/)]);
    expect(walk.session.ends.map((e) => `${e.visit.netns.id} ${e.reason}`)).toEqual([
      'node/node2 NO_LISTENER',
      'node/node1 NO_SOCKET',
    ]);
  });

  it('a device hears on its own port, whatever port flannel would use', () => {
    const walk = send(
      broken(
        'node2: ip link del flannel.1',
        'node2: ip link add flannel.1 address aa:bb:cc:00:00:02 type vxlan id 1 dev eth0 local 192.168.56.12 dstport 4789 nolearning',
        'node2: ip link set flannel.1 up',
      ),
      'a1 tcp 10.244.2.2:8080',
    );
    expect(walk.outcome).toBe('TIMEOUT');
    expect(walk.session.ends[0]).toMatchObject({ reason: 'NO_LISTENER', visit: { in: 'eth0' } });
  });

  it('statement 23: no neighbour entry is EHOSTUNREACH, as VXLAN carries no ARP', () => {
    const world = broken('node1: ip neigh del 10.244.2.0 dev flannel.1');
    expect(send(world, 'a1 tcp 10.244.2.2:8080')).toMatchObject({
      outcome: 'EHOSTUNREACH',
      icmp: ['3/1 from 10.244.1.1 ttl 64'],
    });
    expect(send(world, 'a1 udp 10.244.2.2:8080').outcome).toBe('TIMEOUT');
  });

  it('statement 23: no route lets the packet follow the default route, unmasqueraded', () => {
    const walk = send(broken('node1: ip route del 10.244.2.0/24'), 'a1 tcp 10.244.2.2:8080');
    expect(walk).toMatchObject({ outcome: 'TIMEOUT', lost: 'BLACKHOLE_ROUTE' });
    const arrived = walk.there.findLast(({ event }) => event.type === 'receive');
    expect(arrived?.place).toBe('gateway');
    expect(arrived?.event.type === 'receive' && formatIp(arrived.event.packet.src)).toBe('10.244.1.2');
  });

  it('an FDB entry to this host itself is received again at once, until the TTL runs out', () => {
    const world = broken(
      'node1: bridge fdb replace aa:bb:cc:00:00:02 dev flannel.1 dst 192.168.56.11 self permanent',
    );
    const walk = send(world, 'a1 tcp 10.244.2.2:8080');
    expect(walk).toMatchObject({ outcome: 'EHOSTUNREACH', icmp: ['11/0 from 10.244.1.1 ttl 64'] });
    expect(notesOf(walk.there).filter((n) => n === 'VXLAN_BYPASS')).toHaveLength(63);
    expect(events(walk.there, 'encapsulate')).toEqual([]);
  });

  it('an outer packet that would have to leave by the tunnel itself ends as a loop', () => {
    const world = broken(
      'node1: bridge fdb replace aa:bb:cc:00:00:02 dev flannel.1 dst 10.244.2.9 self permanent',
    );
    expect(send(world, 'a1 tcp 10.244.2.2:8080')).toMatchObject({ outcome: 'TIMEOUT', lost: 'LOOP' });
  });
});
