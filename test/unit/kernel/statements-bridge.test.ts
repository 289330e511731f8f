import { describe, expect, it } from 'vitest';
import type { World } from '../../../src/kernel/index.ts';
import { hooksOf, natOf, notesOf, run, type Step, send } from '../../support/kernel-walk.ts';
import { restore, twoNodeWorld } from '../../support/two-node-world.ts';

const LOCAL_SERVICE = `*nat
-A PREROUTING -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.1.2:8080
-A PREROUTING -d 10.96.0.1/32 -p udp -m udp --dport 80 -j DNAT --to-destination 10.244.1.2:8080
-A PREROUTING -d 10.96.0.2/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.2.2:8080
-A POSTROUTING -s 10.244.1.2/32 -d 10.244.1.2/32 -j MASQUERADE
COMMIT
`;

function withService(): World {
  const world = twoNodeWorld();
  restore(world, 'node/node1', LOCAL_SERVICE);
  return world;
}

/** How often the TTL went down on a way. */
function routedTimes(steps: readonly Step[]): number {
  return steps.filter(({ event }) => event.type === 'ttl').length;
}

/** Link addresses that frames were sent to from a place. */
function sentTo(steps: readonly Step[], place: string): number[] {
  return steps.flatMap(({ place: at, event }) =>
    at === place && event.type === 'transmit' && event.mac !== undefined ? [event.mac] : [],
  );
}

describe('br_netfilter', () => {
  it('statement 16: between pods of one node iptables sees cni0 as both devices', () => {
    const world = twoNodeWorld();
    run(world, 'node1: iptables -A FORWARD -i cni0 -o cni0 -s 10.244.1.2 -j DROP');
    expect(send(world, 'a1 tcp 10.244.1.3:8080').lost).toBe('DROP_RULE');
    const ports = twoNodeWorld();
    run(ports, 'node1: iptables -A FORWARD -i veth+ -j DROP', 'node1: iptables -A FORWARD -o vethb1 -j DROP');
    expect(send(ports, 'a1 tcp 10.244.1.3:8080').outcome).toBe('b1 sees 10.244.1.2');
  });

  it('statement 16: physdev knows the ports, and that the packet is bridged', () => {
    for (const match of [
      '--physdev-in vetha1 --physdev-out vethb1',
      '--physdev-is-bridged',
      '--physdev-is-in',
    ]) {
      const world = twoNodeWorld();
      run(world, `node1: iptables -A FORWARD -m physdev ${match} -j REJECT`);
      expect(send(world, 'a1 tcp 10.244.1.3:8080').outcome, match).toBe('ECONNREFUSED');
    }
  });

  it('statement 16: the TTL stays, and POSTROUTING has no device that the packet came in by', () => {
    const world = twoNodeWorld();
    expect(send(world, 'a1 udp 10.244.1.3:8080').outcome).toBe('b1 sees 10.244.1.2 ttl 64');
    expect(send(world, 'a1 udp 10.244.1.3:8080 ttl 1').outcome).toBe('b1 sees 10.244.1.2 ttl 1');
    run(world, 'node1: iptables -t mangle -A POSTROUTING -o cni0 -j DROP');
    expect(send(world, 'a1 tcp 10.244.1.3:8080').lost).toBe('DROP_RULE');
  });

  it('statement 16: with bridge-nf-call-iptables=0 iptables sees nothing of it', () => {
    const world = twoNodeWorld();
    run(world, 'node1: iptables -A FORWARD -j DROP', 'node1: sysctl -w net.bridge.bridge-nf-call-iptables=0');
    const { outcome, there } = send(world, 'a1 tcp 10.244.1.3:8080');
    expect(outcome).toBe('b1 sees 10.244.1.2');
    expect(hooksOf(there)).toEqual([]);
  });

  it('statement 17: a packet that is routed meets PREROUTING once, in the bridge', () => {
    const world = withService();
    run(world, 'node1: iptables -A FORWARD -i cni0 -o flannel.1 -m physdev --physdev-in vethb1 -j REJECT');
    const { outcome, there } = send(world, 'b1 tcp 10.96.0.2:80');
    expect(outcome).toBe('ECONNREFUSED');
    expect(hooksOf(there)).toEqual(['node1 nat PREROUTING', 'node1 filter FORWARD']);
    const at = there.find(({ event }) => event.type === 'netfilter' && event.hook === 'PREROUTING');
    expect(at?.in).toBe('vethb1');
  });

  it('statement 18: bridged DNAT rewrites the destination MAC only and leaves the TTL', () => {
    const world = withService();
    const { outcome, there } = send(world, 'b1 udp 10.96.0.1:80 ttl 1');
    expect(outcome).toBe('a1 sees 10.244.1.3 ttl 1');
    expect(routedTimes(there)).toBe(0);
    expect(notesOf(there)).toContain('BRIDGED_DNAT');
    // b1 sends to cni0, the node hands on to a1.
    expect(sentTo(there, 'default/b1')).toEqual([0x0a0000000001]);
    expect(sentTo(there, 'node1')).toEqual([0x060000000102]);
    expect(natOf(send(world, 'b1 tcp 10.96.0.1:80').back)).toEqual([
      'node1 un-DNAT 10.244.1.2:8080 -> 10.96.0.1:80',
    ]);
  });

  it('statement 18: with bridge-nf=0 the answer is bridged past the NAT: TCP times out, UDP hears nothing', () => {
    const world = withService();
    run(world, 'node1: sysctl -w net.bridge.bridge-nf-call-iptables=0');
    const tcp = send(world, 'b1 tcp 10.96.0.1:80');
    expect(tcp).toMatchObject({ outcome: 'TIMEOUT' });
    expect(tcp.session.accepted).toHaveLength(1);
    expect(routedTimes(tcp.there)).toBe(1);
    // The client resets what it never asked for.
    expect(tcp.session.ends.map((e) => [e.visit.netns.label, e.reason])).toContainEqual([
      'default/b1',
      'NO_SOCKET',
    ]);
    const udp = send(world, 'b1 udp 10.96.0.1:80');
    expect(udp).toMatchObject({ outcome: 'TIMEOUT', icmp: [] });
    expect(udp.session.ends[0]?.detail).toContain('nothing listens on udp/');
  });

  it('statement 19: a pod reaches itself only where its port may hairpin', () => {
    expect(send(withService(), 'a1 tcp 10.96.0.1:80').outcome).toBe('a1 sees 10.244.1.1');
    const world = withService();
    run(world, 'node1: bridge link set dev vetha1 hairpin off');
    expect(send(world, 'a1 tcp 10.96.0.1:80')).toMatchObject({
      outcome: 'TIMEOUT',
      lost: 'HAIRPIN_DISABLED',
    });
    expect(send(world, 'b1 tcp 10.96.0.1:80').outcome).toBe('a1 sees 10.244.1.3');
  });

  it('statement 19: unmasqueraded, the pod would hear from itself and takes it for a martian', () => {
    const world = withService();
    run(world, 'node1: iptables -t nat -F POSTROUTING');
    expect(send(world, 'a1 tcp 10.96.0.1:80')).toMatchObject({ outcome: 'TIMEOUT', lost: 'MARTIAN_SOURCE' });
  });

  it('statement 19: with bridge-nf=0 the same is routed, and needs no hairpin', () => {
    const world = withService();
    run(
      world,
      'node1: bridge link set dev vetha1 hairpin off',
      'node1: sysctl -w net.bridge.bridge-nf-call-iptables=0',
    );
    expect(send(world, 'a1 tcp 10.96.0.1:80').outcome).toBe('a1 sees 10.244.1.1');
  });
});

describe('REJECT on a bridge', () => {
  it('an ICMP error is sent by the node, with NAT undone outside and inside', () => {
    const world = withService();
    run(world, 'node1: iptables -A FORWARD -j REJECT');
    expect(send(world, 'b1 tcp 10.244.1.2:8080')).toMatchObject({
      outcome: 'ECONNREFUSED',
      icmp: ['3/3 from 10.244.1.1 ttl 64'],
    });
    expect(send(world, 'b1 tcp 10.96.0.1:80')).toMatchObject({
      outcome: 'ECONNREFUSED',
      icmp: ['3/3 from 10.96.0.1 ttl 64'],
    });
  });

  it('a RST goes straight out of the port: seen without DNAT, taken for somebody else’s behind it', () => {
    const world = withService();
    run(world, 'node1: iptables -A FORWARD -p tcp -j REJECT --reject-with tcp-reset');
    expect(send(world, 'b1 tcp 10.244.1.2:8080').outcome).toBe('ECONNREFUSED');
    expect(send(world, 'b1 tcp 10.244.2.2:8080').outcome).toBe('ECONNREFUSED');
    expect(send(world, 'b1 tcp 10.96.0.1:80').outcome).toBe('TIMEOUT');
    expect(send(world, 'b1 tcp 10.96.0.2:80').outcome).toBe('TIMEOUT');
  });

  it('from outside the RST takes the ordinary way, and NAT is undone', () => {
    const world = twoNodeWorld();
    run(
      world,
      'node1: iptables -t nat -A PREROUTING -p tcp --dport 30001 -j DNAT --to-destination 10.244.1.2:8080',
      'node1: iptables -A FORWARD -p tcp -j REJECT --reject-with tcp-reset',
    );
    expect(send(world, 'client tcp 192.168.56.11:30001').outcome).toBe('ECONNREFUSED');
  });
});

describe('a bridge', () => {
  it('learns where an address is, and floods what it does not know, back to the sender too where its port may hairpin', () => {
    const world = twoNodeWorld();
    const { there, session } = send(world, 'a1 tcp 10.244.1.3:8080');
    expect(there.flatMap(({ event }) => (event.type === 'bridge' ? [event.decision] : []))).toEqual([
      'forward',
    ]);
    expect([...(session.stacks.get('node/node1')?.fdb.get('cni0')?.values() ?? [])].sort()).toEqual([
      'vetha1',
      'vethb1',
    ]);
    run(world, 'a1: ip neigh replace 10.244.1.3 lladdr 06:00:00:00:01:77 dev eth0 nud permanent');
    const lost = send(world, 'a1 tcp 10.244.1.3:8080');
    expect(lost.outcome).toBe('TIMEOUT');
    const places = (walk: typeof lost): string[] => walk.session.ends.map((e) => e.visit.netns.label);
    expect(places(lost).sort()).toEqual(['default/a1', 'default/b1']);
    expect(lost.lost).toBe('WRONG_MAC');
    run(world, 'node1: bridge link set dev vetha1 hairpin off');
    expect(places(send(world, 'a1 tcp 10.244.1.3:8080'))).toEqual(['default/b1']);
  });

  it('takes frames for the address of one of its ports as its own', () => {
    const world = twoNodeWorld();
    run(world, 'a1: ip neigh replace 10.244.1.1 lladdr 0e:00:00:00:01:02 dev eth0 nud permanent');
    expect(send(world, 'a1 icmp 10.244.1.1').outcome).toBe('answer from 10.244.1.1');
  });

  it('follows the smallest MTU of its ports until it is set itself, and has 1500 without any', () => {
    const world = twoNodeWorld();
    const mtu = (): number | undefined => world.netns.get('node/node1')?.links.get('cni0')?.mtu;
    expect(mtu()).toBe(1450);
    run(world, 'node1: ip link set vetha1 mtu 1400');
    expect(mtu()).toBe(1400);
    run(world, 'node1: ip link set vetha1 nomaster');
    expect(mtu()).toBe(1450);
    run(world, 'node1: ip link set vethb1 nomaster');
    expect(mtu()).toBe(1500);
    run(world, 'node1: ip link set cni0 mtu 1300', 'node1: ip link set vetha1 master cni0');
    expect(mtu()).toBe(1300);
  });
});
