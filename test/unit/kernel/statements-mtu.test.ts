import { describe, expect, it } from 'vitest';
import { commit, type World } from '../../../src/kernel/index.ts';
import { notesOf, run, send } from '../../support/kernel-walk.ts';
import { must, twoNodeWorld } from '../../support/two-node-world.ts';

function broken(...commands: string[]): World {
  const world = twoNodeWorld();
  run(world, ...commands);
  return world;
}

/** A client outside that routes to pods by node1. */
const VIA_NODE1 = 'client: ip route add 10.244.0.0/16 via 192.168.56.11';

const NODEPORT = [
  'node1: iptables -t nat -A PREROUTING -p udp --dport 30002 -j DNAT --to-destination 10.244.2.2:8080',
  'node1: iptables -t nat -A PREROUTING -p tcp --dport 30002 -j DNAT --to-destination 10.244.2.2:8080',
  'node1: iptables -t nat -A POSTROUTING -s 192.168.56.0/24 -d 10.244.0.0/16 -j MASQUERADE',
];

function details(world: World, text: string): string {
  return send(world, text)
    .session.ends.map((e) => e.detail)
    .join('\n');
}

describe('what a sender is told at once', () => {
  it('error table: with --df a datagram longer than the MTU of the first link is EMSGSIZE', () => {
    const world = twoNodeWorld();
    expect(send(world, 'a1 udp 10.244.2.2:8080 size 1422 df').outcome).toBe('a2 sees 10.244.1.2 ttl 62');
    for (const protocol of ['udp', 'icmp']) {
      const walk = send(world, `a1 ${protocol} 10.244.2.2:8080 size 1423 df`);
      expect(walk).toMatchObject({ outcome: 'EMSGSIZE', icmp: [], lost: 'FRAG_NEEDED' });
      expect(walk.there.map(({ event }) => event.type)).toEqual(['originate', 'drop']);
    }
  });

  it('statement 25: without DF it goes in fragments, and the note counts them', () => {
    for (const words of ['', ' no-df']) {
      const walk = send(twoNodeWorld(), `a1 udp 10.244.2.2:8080 size 3000${words}`);
      expect(walk.outcome).toBe('a2 sees 10.244.1.2 ttl 62');
      const note = walk.there.find(({ event }) => event.type === 'note')?.event;
      // 3,028 bytes: 3,008 of payload, 1,424 (a multiple of 8) in a fragment.
      expect(note?.type === 'note' && [note.code, note.text]).toEqual([
        'FRAGMENTED',
        '3028 bytes do not fit the MTU 1450 of eth0: 3 fragments',
      ]);
    }
  });

  it('a VXLAN device’s MTU is explained by the 50 bytes that it adds', () => {
    expect(details(twoNodeWorld(), 'node1 udp 10.244.2.2:8080 size 1423 df')).toBe(
      '1451 bytes do not fit the MTU 1450 of flannel.1 (1500 of eth0 less the 50 bytes that VXLAN adds: Ethernet 14, IP 20, UDP 8, VXLAN 8) and must not be fragmented (EMSGSIZE)',
    );
  });

  it('65,507 bytes are the most that a datagram holds', () => {
    expect(send(twoNodeWorld(), 'a1 udp 10.244.2.2:8080 size 65507').outcome).toBe(
      'a2 sees 10.244.1.2 ttl 62',
    );
    expect(send(twoNodeWorld(), 'a1 udp 10.244.2.2:8080 size 65508').outcome).toBe('EMSGSIZE');
  });

  it('an MTU of a route counts instead of its device’s', () => {
    const world = broken(
      'node1: ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink mtu 1300',
    );
    expect(send(world, 'node1 udp 10.244.2.2:8080 size 1273 df').outcome).toBe('EMSGSIZE');
    expect(send(world, 'a1 udp 10.244.2.2:8080 size 1273')).toMatchObject({
      outcome: 'EMSGSIZE',
      icmp: ['3/4 mtu 1300 from 10.244.1.1 ttl 64'],
    });
  });

  it('where OUTPUT routes to a smaller link, an insisting socket gets EMSGSIZE and any other fragments', () => {
    const world = broken(
      'node1: iptables -t nat -A OUTPUT -d 10.96.0.2 -p udp -j DNAT --to-destination 10.244.2.2:8080',
      'node1: iptables -t nat -A POSTROUTING -d 10.244.2.2 -j MASQUERADE',
    );
    expect(send(world, 'node1 udp 10.96.0.2:80 size 1472 df').outcome).toBe('EMSGSIZE');
    const walk = send(world, 'node1 udp 10.96.0.2:80 size 1472');
    expect(walk.outcome).toBe('a2 sees 10.244.1.0 ttl 63');
    expect(notesOf(walk.there)).toEqual(['FRAGMENTED']);
  });
});

describe('path MTU', () => {
  it('error table: a router answers what must stay whole with the MTU that it has', () => {
    for (const to of ['10.244.1.2', '10.244.2.2'])
      for (const words of ['', ' df'])
        expect(send(broken(VIA_NODE1), `client udp ${to}:8080 size 1472${words}`)).toMatchObject({
          outcome: 'EMSGSIZE',
          icmp: ['3/4 mtu 1450 from 192.168.56.11 ttl 64'],
        });
  });

  it('what need not stay whole is fragmented by the router', () => {
    const walk = send(broken(VIA_NODE1), 'client udp 10.244.2.2:8080 size 1472 no-df');
    expect(walk.outcome).toBe('a2 sees 192.168.56.100 ttl 62');
    expect(walk.there.find(({ event }) => event.type === 'note')?.place).toBe('node1');
  });

  it('behind a NodePort the answer comes from the address that was asked', () => {
    expect(send(broken(...NODEPORT), 'client udp 192.168.56.11:30002 size 1472')).toMatchObject({
      outcome: 'EMSGSIZE',
      icmp: ['3/4 mtu 1450 from 192.168.56.11 ttl 64'],
    });
  });

  it('where the answer is dropped, nobody knows: silence', () => {
    const world = broken(VIA_NODE1, 'node1: iptables -A OUTPUT -p icmp -j DROP');
    expect(send(world, 'client udp 10.244.2.2:8080 size 1472')).toMatchObject({
      outcome: 'TIMEOUT',
      icmp: [],
    });
  });

  it('TCP sends no more at a time than both ends’ MTU, which the handshake tells', () => {
    const walk = send(broken(...NODEPORT), 'client tcp 192.168.56.11:30002 size 9000');
    expect(walk.outcome).toBe('a2 sees 10.244.1.0');
    const note = walk.asked.first.events.find((e) => e.type === 'note');
    expect(note?.type === 'note' && note.text).toBe(
      'behind the handshake a segment of 1410 bytes (maximum segment size 1410) was acknowledged',
    );
  });

  it('TCP sends less when a router asks for it, and the program hears nothing of it', () => {
    const world = broken(
      'node1: ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink mtu 1300',
    );
    const walk = send(world, 'a1 tcp 10.244.2.2:8080 size 9000');
    expect(walk.outcome).toBe('a2 sees 10.244.1.2');
    const note = walk.asked.first.events.find((e) => e.type === 'note');
    expect(note?.type === 'note' && note.text).toBe(
      '10.244.1.1 said that 1410 bytes do not fit an MTU of 1300; behind the handshake a segment of 1260 bytes (maximum segment size 1260) was acknowledged',
    );
  });

  it('TCP hangs behind its handshake where a link of the path swallows long frames', () => {
    const world = broken('lan: ip link set p12 mtu 1400');
    expect(send(world, 'a1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 10.244.1.2');
    const walk = send(world, 'a1 tcp 10.244.2.2:8080 size 9000');
    expect(walk).toMatchObject({ outcome: 'TIMEOUT', lost: 'MTU_EXCEEDED' });
    expect(walk.asked.first.events[0]).toMatchObject({ packet: { info: 'PSH,ACK' } });
  });
});

describe('VXLAN over a link that is too small', () => {
  const small = (): World => {
    // eth0 shrank behind flanneld's back.
    return broken('node1: ip link set eth0 mtu 1400');
  };
  it('the outer packet has no DF: it goes in fragments', () => {
    const walk = send(small(), 'a1 udp 10.244.2.2:8080 size 1422 df');
    expect(walk.outcome).toBe('a2 sees 10.244.1.2 ttl 62');
    const note = walk.there.find(({ event }) => event.type === 'note')?.event;
    expect(note?.type === 'note' && note.text).toBe(
      '1500 bytes do not fit the MTU 1400 of eth0: 2 fragments',
    );
  });

  it('but the node on the other side sends whole frames, which the small end does not take', () => {
    const walk = send(small(), 'a1 icmp 10.244.2.2 size 1422');
    expect(walk).toMatchObject({ outcome: 'TIMEOUT', lost: 'MTU_EXCEEDED' });
    expect(walk.session.ends.at(-1)?.detail).toBe(
      '1500 bytes are too long for eth0, the other end, whose MTU is 1400: dropped in silence',
    );
  });

  it('fragments of the inner packet are outer packets of their own, and fit', () => {
    const walk = send(broken(VIA_NODE1), 'client udp 10.244.2.2:8080 size 1472 no-df');
    expect(notesOf(walk.there)).toEqual(['FRAGMENTED']);
  });

  it('a VXLAN device takes at most what its lower device takes, less 50', () => {
    const world = twoNodeWorld();
    const link = { netns: 'node/node1', name: 'flannel.1' };
    expect(commit(world, [{ op: 'link-mtu', ...link, mtu: 1451 }])?.message).toBe(
      'RTNETLINK answers: Invalid argument',
    );
    must(world, [
      { op: 'link-mtu', netns: 'node/node1', name: 'eth0', mtu: 9000 },
      { op: 'link-mtu', ...link, mtu: 8950 },
    ]);
    expect(world.netns.get('node/node1')?.links.get('flannel.1')?.mtu).toBe(8950);
  });
});

describe('frames that are too long for a port', () => {
  it('a veth takes frames up to a VLAN tag longer than its MTU', () => {
    const world = broken(
      'node1: sysctl -w net.bridge.bridge-nf-call-iptables=0',
      'node1: ip link set vetha1 mtu 1500',
      'a1: ip link set eth0 mtu 1400',
    );
    expect(send(world, 'b1 udp 10.244.1.2:8080 size 1376').outcome).toBe('a1 sees 10.244.1.3 ttl 64');
    expect(send(world, 'b1 udp 10.244.1.2:8080 size 1377')).toMatchObject({
      outcome: 'TIMEOUT',
      icmp: [],
      lost: 'MTU_EXCEEDED',
    });
  });

  it('a frame that the other end of a cable does not take has left by the near end', () => {
    const world = broken('a1: ip link set eth0 mtu 1400', 'node1: ip link set vetha1 mtu 1500');
    const { there } = send(world, 'node1 udp 10.244.1.2:8080 size 1377');
    expect(there.at(-1)?.event).toMatchObject({ type: 'drop', reason: 'MTU_EXCEEDED', device: 'vetha1' });
  });

  it('a bridge with br_netfilter fragments for a smaller port, and swallows what must stay whole', () => {
    const world = broken('node1: ip link set vethb1 mtu 1400', 'b1: ip link set eth0 mtu 1400');
    for (const size of [1373, 1422]) {
      expect(send(world, `a1 udp 10.244.1.3:8080 size ${size}`)).toMatchObject({
        outcome: 'TIMEOUT',
        icmp: [],
        lost: 'MTU_EXCEEDED',
      });
      const walk = send(world, `a1 udp 10.244.1.3:8080 size ${size} no-df`);
      expect(walk.outcome).toBe('b1 sees 10.244.1.2 ttl 64');
      expect(notesOf(walk.there)).toEqual(['FRAGMENTED']);
    }
  });

  it('a bridge without it swallows both', () => {
    const world = broken('lan: ip link set p12 mtu 1400');
    for (const words of ['', ' df', ' no-df'])
      expect(send(world, `a1 udp 10.244.2.2:8080 size 1422${words}`).lost).toBe('MTU_EXCEEDED');
  });
});
