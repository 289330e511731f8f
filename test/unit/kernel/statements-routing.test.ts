import { describe, expect, it } from 'vitest';
import type { World } from '../../../src/kernel/index.ts';
import { natOf, run, send } from '../../support/kernel-walk.ts';
import { listen, restore, twoNodeWorld } from '../../support/two-node-world.ts';

/** NodePorts 30001 to a1 and 30002 to a2, ClusterIPs 10.96.0.1 and 10.96.0.2, marked and masqueraded as kube-proxy does. */
const SERVICE = `*nat
:NODEPORTS - [0:0]
:MARK-MASQ - [0:0]
-A PREROUTING -j NODEPORTS
-A OUTPUT -j NODEPORTS
-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MARK --set-xmark 0x4000/0x0
-A POSTROUTING -m conntrack --ctstate DNAT -m mark --mark 0x0/0x4000 -j MASQUERADE
-A NODEPORTS -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.1.2:8080
-A NODEPORTS -d 10.96.0.2/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.2.2:8080
-A NODEPORTS -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 30001 -j DNAT --to-destination 10.244.1.2:8080
-A NODEPORTS -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 30002 -j DNAT --to-destination 10.244.2.2:8080
COMMIT
`;

function withService(backend: 'vxlan' | 'host-gw' = 'vxlan'): World {
  const world = twoNodeWorld(backend);
  for (const node of ['node/node1', 'node/node2']) restore(world, node, SERVICE);
  return world;
}

/** The source that the route to an address picked. */
function sourceOf(world: World, text: string): string | undefined {
  const { there } = send(world, text);
  const made = there[0]?.event;
  return made?.type === 'originate' ? String(made.packet.src) : undefined;
}

describe('which addresses are local, and which source a packet gets', () => {
  it.each([
    ['its own eth0', '192.168.56.11'],
    ['its own cni0', '10.244.1.1'],
    ['its own flannel.1', '10.244.1.0'],
    ['another node', '192.168.56.12'],
    ['the cni0 of another node', '10.244.2.1'],
    ['the flannel.1 of another node', '10.244.2.0'],
  ])('statement 9: a NodePort answers on %s, from a pod and from the node', (_, address) => {
    for (const from of ['b1', 'node1', 'a2', 'node2']) {
      expect(send(withService(), `${from} tcp ${address}:30001`).outcome).toMatch(/^a1 sees /);
      expect(send(withService(), `${from} tcp ${address}:30002`).outcome).toMatch(/^a2 sees /);
    }
  });

  it('statement 9: an address of another device, and every address of 127.0.0.0/8, is local as well', () => {
    const world = twoNodeWorld();
    run(world, 'node1: ip addr add 10.99.0.1/32 dev lo');
    listen(world, 'node/node1', 'tcp', 9000, { name: 'server', node: 'node1' });
    run(world, 'b1: ip route replace default via 10.244.1.1 dev eth0');
    expect(send(world, 'b1 tcp 10.99.0.1:9000').outcome).toBe('server sees 10.244.1.3');
    expect(send(world, 'node1 tcp 127.9.9.9:9000').outcome).toBe('server sees 127.0.0.1');
  });

  it('statement 10: a node reaches a remote pod from flannel.1, its own pod from cni0, a peer from eth0', () => {
    const world = twoNodeWorld();
    expect(send(world, 'node1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 10.244.1.0');
    expect(send(world, 'node1 tcp 10.244.1.2:8080').outcome).toBe('a1 sees 10.244.1.1');
    listen(world, 'node/node2', 'tcp', 9000, { name: 'server', node: 'node2' });
    expect(send(world, 'node1 tcp 192.168.56.12:9000').outcome).toBe('server sees 192.168.56.11');
    expect(send(twoNodeWorld('host-gw'), 'node1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 192.168.56.11');
  });

  it('statement 10: a route with src gives the node that source', () => {
    const world = twoNodeWorld();
    run(
      world,
      'node1: ip addr add 192.168.56.201/24 dev eth0',
      'node1: ip route add 192.168.56.12 dev eth0 src 192.168.56.201',
    );
    listen(world, 'node/node2', 'tcp', 9000, { name: 'server', node: 'node2' });
    expect(send(world, 'node1 tcp 192.168.56.12:9000').outcome).toBe('server sees 192.168.56.201');
  });

  it('statement 10: without a default route a ClusterIP is ENETUNREACH before any rule is asked', () => {
    const world = withService();
    run(world, 'node1: ip route del default');
    const { outcome, there, lost } = send(world, 'node1 tcp 10.96.0.1:80');
    expect(outcome).toBe('ENETUNREACH');
    expect(lost).toBe('NO_ROUTE');
    expect(there.map(({ event }) => event.type)).toEqual(['originate', 'route', 'drop']);
  });

  it('statement 11: a node asks a ClusterIP with its eth0 address, which masquerading changes on the way', () => {
    for (const [ip, outcome] of [
      ['10.96.0.2', 'a2 sees 10.244.1.0'],
      ['10.96.0.1', 'a1 sees 10.244.1.1'],
    ]) {
      const walk = send(withService(), `node1 tcp ${ip}:80`);
      expect(walk.outcome).toBe(outcome);
      expect(natOf(walk.there)[1]).toMatch(/^node1 SNAT 192\.168\.56\.11:/);
    }
  });

  it('statement 12: MASQUERADE takes the address of the device that is on the subnet of the next hop', () => {
    for (const [backend, address, outcome] of [
      ['vxlan', '192.168.56.11:30002', 'a2 sees 10.244.1.0'],
      ['host-gw', '192.168.56.11:30002', 'a2 sees 192.168.56.11'],
      ['vxlan', '192.168.56.11:30001', 'a1 sees 10.244.1.1'],
    ] as const) {
      expect(send(withService(backend), `client tcp ${address}`).outcome).toBe(outcome);
    }
  });

  it('statement 12: MASQUERADE does not look at the src of the route, which the node itself follows', () => {
    const world = twoNodeWorld();
    listen(world, 'host/client', 'tcp', 9000, { name: 'server', node: '' });
    run(
      world,
      'node1: ip addr add 192.168.56.201/24 dev eth0',
      'node1: ip route add 192.168.56.100 dev eth0 src 192.168.56.201',
      'node1: iptables -t nat -A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE',
    );
    expect(send(world, 'node1 tcp 192.168.56.100:9000').outcome).toBe('server sees 192.168.56.201');
    expect(send(world, 'a1 tcp 192.168.56.100:9000').outcome).toBe('server sees 192.168.56.11');
  });
});

describe('switches of routing', () => {
  it('statement 13: without ip_forward nothing is routed, in silence', () => {
    const world = withService();
    run(world, 'node1: sysctl -w net.ipv4.ip_forward=0');
    for (const text of ['a1 tcp 10.244.2.2:8080', 'a1 udp 9.9.9.9:53', 'b1 tcp 10.96.0.1:80']) {
      expect(send(world, text)).toMatchObject({ outcome: 'TIMEOUT', icmp: [], lost: 'FORWARDING_DISABLED' });
    }
    expect(send(world, 'a1 tcp 10.244.1.3:8080').outcome).toBe('b1 sees 10.244.1.2');
    expect(send(world, 'node1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 10.244.1.0');
  });

  it('statement 13: a Service behind the same bridge is handed up to the bridge, and ends there', () => {
    const world = withService();
    run(world, 'node1: sysctl -w net.ipv4.ip_forward=0');
    const [end] = send(world, 'b1 tcp 10.96.0.1:80').session.ends;
    expect(end).toMatchObject({ reason: 'FORWARDING_DISABLED', visit: { in: 'cni0' } });
  });

  const asymmetric = (mode: string): World => {
    // Out by the LAN, while node2 would answer through the tunnel.
    const world = twoNodeWorld();
    run(
      world,
      'node1: ip route replace 10.244.2.0/24 via 192.168.56.12 dev eth0',
      `node2: sysctl -w net.ipv4.conf.all.rp_filter=${mode}`,
    );
    return world;
  };
  it('statement 14: rp_filter 1 drops what came in by another device than the way back leaves by', () => {
    expect(send(asymmetric('1'), 'a1 tcp 10.244.2.2:8080')).toMatchObject({
      outcome: 'TIMEOUT',
      icmp: [],
      lost: 'RP_FILTER',
    });
  });

  it('statement 14: rp_filter 2 only asks for some route back, 0 for nothing', () => {
    expect(send(asymmetric('2'), 'a1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 10.244.1.2');
    expect(send(asymmetric('0'), 'a1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 10.244.1.2');
    const world = twoNodeWorld();
    run(
      world,
      'node2: sysctl -w net.ipv4.conf.all.rp_filter=2',
      'node2: ip route del 10.244.1.0/24',
      'node2: ip route del default',
    );
    expect(send(world, 'a1 tcp 10.244.2.2:8080').lost).toBe('RP_FILTER');
  });

  it('statement 14: the larger of conf.all and conf.DEVICE counts', () => {
    const world = asymmetric('0');
    run(world, 'node2: sysctl -w net.ipv4.conf.eth0.rp_filter=1');
    expect(send(world, 'a1 tcp 10.244.2.2:8080').lost).toBe('RP_FILTER');
    run(world, 'node2: sysctl -w net.ipv4.conf.all.rp_filter=2');
    expect(send(world, 'a1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 10.244.1.2');
  });

  it('statement 15: 127.0.0.1:NodePort works with route_localnet, masqueraded', () => {
    expect(send(withService(), 'node1 tcp 127.0.0.1:30001').outcome).toBe('a1 sees 10.244.1.1');
    expect(send(withService(), 'node1 tcp 127.0.0.1:30002').outcome).toBe('a2 sees 10.244.1.0');
  });

  it('statement 15: without route_localnet it dies where OUTPUT routes again: TCP in silence, UDP with EINVAL', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', SERVICE.replaceAll('tcp', 'udp'));
    restore(world, 'node/node2', SERVICE);
    run(world, 'node1: sysctl -w net.ipv4.conf.all.route_localnet=0');
    run(world, 'node2: sysctl -w net.ipv4.conf.all.route_localnet=0');
    for (const port of [30001, 30002]) {
      const tcp = send(world, `node2 tcp 127.0.0.1:${port}`);
      expect(tcp).toMatchObject({ outcome: 'TIMEOUT', lost: 'MARTIAN_SOURCE' });
      expect(tcp.session.accepted).toEqual([]);
      expect(send(world, `node1 udp 127.0.0.1:${port}`).outcome).toBe('EINVAL');
    }
  });

  it('an own address as the source of a packet from outside is a martian, unless accept_local', () => {
    const world = twoNodeWorld();
    listen(world, 'node/node1', 'udp', 9000, { name: 'server', node: 'node1' });
    run(world, 'b1: ip addr add 10.244.1.0/32 dev lo');
    const forged = { src: 0x0af40100 };
    expect(send(world, 'b1 udp 192.168.56.11:9000', forged).lost).toBe('MARTIAN_SOURCE');
    run(world, 'node1: sysctl -w net.ipv4.conf.all.accept_local=1');
    expect(send(world, 'b1 udp 192.168.56.11:9000', forged).session.accepted).toHaveLength(1);
  });

  it('127.0.0.0/8 does not come in by a device', () => {
    const world = twoNodeWorld();
    run(
      world,
      'a1: sysctl -w net.ipv4.conf.all.route_localnet=1',
      'node1: sysctl -w net.ipv4.conf.all.route_localnet=0',
    );
    run(world, 'a1: ip route del 127.0.0.0/8 table local', 'a1: ip route del 127.0.0.1 table local');
    expect(sourceOf(world, 'a1 udp 127.0.0.1:80')).toBeDefined();
    expect(send(world, 'a1 udp 127.0.0.1:80').lost).toBe('MARTIAN_DESTINATION');
  });
});

describe('policy routing', () => {
  it('asks the tables of the rules in the order of their priorities, and passes over throw routes', () => {
    const world = twoNodeWorld();
    run(
      world,
      'node1: ip rule add from 10.244.1.2 lookup 100 pref 100',
      'node1: ip route add prohibit 10.244.2.0/24 table 100',
    );
    expect(send(world, 'a1 tcp 10.244.2.2:8080').icmp).toEqual(['3/13 from 10.244.1.1 ttl 64']);
    expect(send(world, 'b1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 10.244.1.3');
    run(world, 'node1: ip route replace throw 10.244.2.0/24 table 100');
    expect(send(world, 'a1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 10.244.1.2');
  });
});
