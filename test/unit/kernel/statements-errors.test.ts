import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../src/addr/index.ts';
import type { World } from '../../../src/kernel/index.ts';
import { run, send } from '../../support/kernel-walk.ts';
import { listen, restore, twoNodeWorld } from '../../support/two-node-world.ts';

function broken(...commands: string[]): World {
  const world = twoNodeWorld();
  run(world, ...commands);
  return world;
}

/** What TCP, UDP and a ping see of the same. */
function seen(world: World, from: string, to: string): string[] {
  const [address = ''] = to.split(':');
  return [
    send(world, `${from} tcp ${to}`).outcome,
    send(world, `${from} udp ${to}`).outcome,
    send(world, `${from} icmp ${address}`).outcome,
  ];
}

describe('REJECT as the client sees it', () => {
  it.each([
    ['icmp-port-unreachable', 'ECONNREFUSED', 'ECONNREFUSED'],
    ['icmp-net-unreachable', 'ENETUNREACH', 'TIMEOUT'],
    ['icmp-host-unreachable', 'EHOSTUNREACH', 'TIMEOUT'],
    ['icmp-proto-unreachable', 'ENOPROTOOPT', 'ENOPROTOOPT'],
    ['icmp-net-prohibited', 'ENETUNREACH', 'ENETUNREACH'],
    ['icmp-host-prohibited', 'EHOSTUNREACH', 'EHOSTUNREACH'],
    ['icmp-admin-prohibited', 'EHOSTUNREACH', 'EHOSTUNREACH'],
  ])('error table: %s in FORWARD is %s to TCP and %s to UDP', (type, tcp, udp) => {
    const world = broken(`node1: iptables -A FORWARD -j REJECT --reject-with ${type}`);
    for (const to of ['10.244.1.3:8080', '10.244.2.2:8080'])
      expect(seen(world, 'a1', to)).toEqual([tcp, udp, 'ICMP']);
  });

  it('error table: tcp-reset in FORWARD and in INPUT is ECONNREFUSED, from the address that was asked', () => {
    const world = broken('node1: iptables -A FORWARD -p tcp -j REJECT --reject-with tcp-reset');
    run(world, 'node1: iptables -A INPUT -p tcp -j REJECT --reject-with tcp-reset');
    for (const to of ['10.244.2.2:8080', '10.244.1.1:7']) {
      const { outcome, back } = send(world, `a1 tcp ${to}`);
      expect(outcome).toBe('ECONNREFUSED');
      const made = back[0]?.event;
      expect(made?.type === 'originate' && `${formatIp(made.packet.src)}:${made.packet.sport}`).toBe(to);
    }
  });

  it('error table: a closed port is a RST or port unreachable from the address itself', () => {
    const world = twoNodeWorld();
    expect(send(world, 'a1 tcp 10.244.2.2:7')).toMatchObject({ outcome: 'ECONNREFUSED', icmp: [] });
    expect(send(world, 'a1 udp 10.244.2.2:7')).toMatchObject({
      outcome: 'ECONNREFUSED',
      icmp: ['3/3 from 10.244.2.2 ttl 62'],
    });
  });
});

describe('DROP as the client sees it', () => {
  it.each([
    ['raw PREROUTING', 'node1: iptables -t raw -A PREROUTING -i cni0 -j DROP', '10.244.2.2:8080'],
    ['FORWARD', 'node1: iptables -A FORWARD -j DROP', '10.244.2.2:8080'],
    ['INPUT', 'node1: iptables -A INPUT -i cni0 -j DROP', '10.244.1.1:7'],
    ['the FORWARD policy', 'node1: iptables -P FORWARD DROP', '10.244.2.2:8080'],
    ['POSTROUTING on the way', 'node1: iptables -t mangle -A POSTROUTING -j DROP', '10.244.2.2:8080'],
  ])('error table: DROP in %s is silence', (_, command, to) => {
    expect(seen(broken(command), 'a1', to)).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT']);
  });

  it.each([
    ['DROP in OUTPUT', 'node1: iptables -A OUTPUT -d 10.0.0.0/8 -j DROP'],
    ['the OUTPUT policy', 'node1: iptables -P OUTPUT DROP'],
    ['DROP in POSTROUTING', 'node1: iptables -t mangle -A POSTROUTING -d 10.0.0.0/8 -j DROP'],
  ])('error table: %s of the sender itself is silence to TCP and EPERM to send()', (_, command) => {
    expect(seen(broken(command), 'node1', '10.244.1.2:8080')).toEqual(['TIMEOUT', 'EPERM', 'EPERM']);
  });

  it('error table: REJECT in the sender’s OUTPUT is ECONNREFUSED to TCP and EPERM to send()', () => {
    const world = broken('node1: iptables -A OUTPUT -d 10.244.1.2 -j REJECT');
    expect(seen(world, 'node1', '10.244.1.2:8080')).toEqual(['ECONNREFUSED', 'EPERM', 'EPERM']);
  });

  it('a DROP of the outer packet is no EPERM: the device took the inner one', () => {
    const world = broken('node1: iptables -A OUTPUT -p udp --dport 8472 -j DROP');
    expect(seen(world, 'node1', '10.244.2.2:8080')).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT']);
  });
});

describe('routes that lead nowhere', () => {
  it.each([
    ['unreachable', ['EHOSTUNREACH', 'EHOSTUNREACH', 'EHOSTUNREACH']],
    ['prohibit', ['EACCES', 'EACCES', 'EACCES']],
    ['blackhole', ['EINVAL', 'EINVAL', 'EINVAL']],
  ])('error table: a route of type %s of the sender itself fails at once', (type, errnos) => {
    expect(seen(broken(`a1: ip route add ${type} 10.98.0.0/16`), 'a1', '10.98.0.1:80')).toEqual(errnos);
  });

  it.each([
    ['unreachable', ['EHOSTUNREACH', 'TIMEOUT', 'ICMP'], ['3/1 from 10.244.1.1 ttl 64']],
    ['prohibit', ['EHOSTUNREACH', 'EHOSTUNREACH', 'ICMP'], ['3/13 from 10.244.1.1 ttl 64']],
    ['blackhole', ['TIMEOUT', 'TIMEOUT', 'TIMEOUT'], []],
  ])('error table: a route of type %s on a router is told by ICMP, or not at all', (type, outcomes, icmp) => {
    const world = broken(`node1: ip route add ${type} 10.98.0.0/16`);
    expect(seen(world, 'a1', '10.98.0.1:80')).toEqual(outcomes);
    expect(send(world, 'a1 tcp 10.98.0.1:80').icmp).toEqual(icmp);
  });

  it('error table: no route is ENETUNREACH to the sender, and net unreachable from a router', () => {
    expect(seen(broken('a1: ip route del default'), 'a1', '9.9.9.9:80')).toEqual([
      'ENETUNREACH',
      'ENETUNREACH',
      'ENETUNREACH',
    ]);
    const router = broken('node1: ip route del default');
    expect(seen(router, 'a1', '9.9.9.9:80')).toEqual(['ENETUNREACH', 'TIMEOUT', 'ICMP']);
    expect(send(router, 'a1 tcp 9.9.9.9:80').icmp).toEqual(['3/0 from 10.244.1.1 ttl 64']);
  });

  it('a route that fails where OUTPUT routes again is silence to TCP and its errno to send()', () => {
    for (const [type, errno] of [
      ['unreachable', 'EHOSTUNREACH'],
      ['prohibit', 'EACCES'],
      ['blackhole', 'EINVAL'],
    ]) {
      const world = broken(
        'node1: iptables -t nat -A OUTPUT -d 10.96.0.1 -p tcp -j DNAT --to-destination 10.98.0.1:80',
        'node1: iptables -t nat -A OUTPUT -d 10.96.0.1 -p udp -j DNAT --to-destination 10.98.0.1:80',
        `node1: ip route add ${type} 10.98.0.0/16`,
      );
      expect(send(world, 'node1 tcp 10.96.0.1:80').outcome).toBe('TIMEOUT');
      expect(send(world, 'node1 udp 10.96.0.1:80').outcome).toBe(errno);
    }
  });

  it('a broadcast address is ENETUNREACH to connect() and EACCES to send(); a group is no host either', () => {
    const world = twoNodeWorld();
    for (const to of ['10.244.1.255:80', '255.255.255.255:80'])
      expect(seen(world, 'a1', to)).toEqual(['ENETUNREACH', 'EACCES', 'EACCES']);
    expect(seen(world, 'a1', '224.0.0.5:80')).toEqual(['ENETUNREACH', 'TIMEOUT', 'TIMEOUT']);
  });

  it('0.0.0.0 means this host', () => {
    expect(send(twoNodeWorld(), 'a1 udp 0.0.0.0:8080').outcome).toBe('a1 sees 127.0.0.1 ttl 64');
  });
});

describe('nobody there', () => {
  it('error table: ARP that fails on the pod’s own bridge is EHOSTUNREACH from its own kernel', () => {
    expect(send(twoNodeWorld(), 'a1 tcp 10.244.1.9:80')).toMatchObject({
      outcome: 'EHOSTUNREACH',
      icmp: ['3/1 from 10.244.1.2 ttl 64'],
    });
  });

  it('error table: ARP that fails elsewhere is host unreachable from the node that asked', () => {
    expect(send(twoNodeWorld(), 'a1 tcp 10.244.2.9:80')).toMatchObject({
      outcome: 'EHOSTUNREACH',
      icmp: ['3/1 from 10.244.2.0 ttl 63'],
    });
    expect(seen(twoNodeWorld(), 'a1', '10.244.2.9:80')).toEqual(['EHOSTUNREACH', 'TIMEOUT', 'ICMP']);
  });

  it('an unasked ARP reply makes no entry, and a request of somebody else only mends one', () => {
    const world = twoNodeWorld();
    const { session } = send(world, 'a1 tcp 10.244.1.3:8080');
    const table = session.stacks.get('pod/default/b1')?.neighbours.get('eth0');
    // a1 asked b1, so b1 knows a1; the node heard the broadcast and learnt nothing.
    expect([...(table?.keys() ?? [])].map(formatIp)).toEqual(['10.244.1.2']);
    expect(session.stacks.get('node/node1')?.neighbours.get('cni0')?.size ?? 0).toBe(0);
  });
});

describe('TTL and ICMP errors', () => {
  it.each([
    ['a1 tcp 10.244.2.2:8080 ttl 1', '11/0 from 10.244.1.1 ttl 64'],
    ['a1 tcp 10.244.2.2:8080 ttl 2', '11/0 from 10.244.2.0 ttl 63'],
    ['node1 tcp 10.244.2.2:8080 ttl 1', '11/0 from 10.244.2.0 ttl 64'],
  ])('error table: %s is EHOSTUNREACH, %s', (text, icmp) => {
    expect(send(twoNodeWorld(), text)).toMatchObject({ outcome: 'EHOSTUNREACH', icmp: [icmp] });
  });

  it('error table: TTL exceeded means nothing to a UDP socket', () => {
    expect(send(twoNodeWorld(), 'a1 udp 10.244.2.2:8080 ttl 1')).toMatchObject({
      outcome: 'TIMEOUT',
      icmp: ['11/0 from 10.244.1.1 ttl 64'],
    });
  });

  it('a tunnel is one hop: the outer packet has its own TTL, and an address of the far node takes TTL 1', () => {
    expect(send(twoNodeWorld(), 'node1 icmp 10.244.2.0 ttl 1').outcome).toBe('answer from 10.244.2.0');
    expect(send(twoNodeWorld(), 'a1 icmp 10.244.2.1 ttl 2').outcome).toBe('answer from 10.244.2.1');
  });

  it('statement 24: an ICMP error has tos 0xc0, TTL 64, and the address that routes back to the sender', () => {
    const { back } = send(twoNodeWorld(), 'a1 tcp 10.244.2.2:8080 ttl 2');
    const made = back[0];
    expect(made?.place).toBe('node2');
    expect(
      made?.event.type === 'originate' && [formatIp(made.event.packet.src), made.event.packet.ttl],
    ).toEqual(['10.244.2.0', 64]);
  });

  it('statement 24: of a flow that was DNATed the error comes from the address that was asked', () => {
    const world = twoNodeWorld();
    restore(
      world,
      'node/node1',
      `*nat
-A PREROUTING -d 10.96.0.1/32 -j DNAT --to-destination 10.244.2.2
-A PREROUTING -d 10.96.0.2/32 -j DNAT --to-destination 10.244.1.9
-A OUTPUT -d 10.96.0.2/32 -j DNAT --to-destination 10.244.1.9
COMMIT
`,
    );
    for (const [text, icmp] of [
      ['b1 tcp 10.96.0.1:8080 ttl 1', '11/0 from 10.96.0.1 ttl 64'],
      ['b1 tcp 10.96.0.1:8080 ttl 2', '11/0 from 10.96.0.1 ttl 63'],
      ['b1 udp 10.96.0.1:7', '3/3 from 10.96.0.1 ttl 62'],
      ['b1 tcp 10.96.0.2:80', '3/1 from 10.96.0.2 ttl 64'],
      ['node1 tcp 10.96.0.2:80', '3/1 from 10.96.0.2 ttl 64'],
    ] as const) {
      expect(send(world, text).icmp, text).toEqual([icmp]);
    }
  });

  it('statement 24: with SNAT only, the error comes from the router', () => {
    const world = broken('node1: iptables -t nat -A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE');
    run(world, 'gateway: ip route add unreachable 9.9.9.0/24');
    expect(send(world, 'a1 tcp 9.9.9.9:80')).toMatchObject({
      outcome: 'EHOSTUNREACH',
      icmp: ['3/1 from 192.168.56.1 ttl 63'],
    });
  });

  it('no error is sent about an error', () => {
    const world = broken('node1: iptables -A FORWARD -p icmp -j REJECT');
    expect(send(world, 'a1 udp 10.244.2.2:7')).toMatchObject({ outcome: 'TIMEOUT', icmp: [] });
  });
});

describe('answers from another address', () => {
  it('a UDP server bound to every address answers from the address that the route picks', () => {
    const world = twoNodeWorld();
    listen(world, 'node/node1', 'udp', 9000, { name: 'server', node: 'node1' });
    listen(world, 'node/node1', 'tcp', 9000, { name: 'server', node: 'node1' });
    expect(send(world, 'a1 udp 10.244.1.1:9000').outcome).toBe('server sees 10.244.1.2 ttl 64');
    expect(send(world, 'a1 tcp 192.168.56.11:9000').outcome).toBe('server sees 10.244.1.2');
    const walk = send(world, 'a1 udp 192.168.56.11:9000');
    expect(walk.outcome).toBe('TIMEOUT');
    expect(walk.session.accepted).toHaveLength(1);
    expect(walk.session.ends[0]?.visit.netns.label).toBe('default/a1');
  });

  it('one that is bound to the address answers from it', () => {
    const world = twoNodeWorld();
    listen(world, 'node/node1', 'udp', 9000, { name: 'server', node: 'node1' }, 0xc0a8380b);
    expect(send(world, 'a1 udp 192.168.56.11:9000').outcome).toBe('server sees 10.244.1.2 ttl 64');
    expect(send(world, 'a1 udp 10.244.1.1:9000').outcome).toBe('ECONNREFUSED');
  });

  it('a NodePort without masquerading is answered past the node: RST to a client that TCP, silence that UDP asked', () => {
    const world = twoNodeWorld();
    for (const p of ['tcp', 'udp'])
      run(
        world,
        `node1: iptables -t nat -A PREROUTING -p ${p} --dport 31000 -j DNAT --to-destination 10.244.2.2:8080`,
      );
    for (const p of ['tcp', 'udp']) {
      const walk = send(world, `client ${p} 192.168.56.11:31000`);
      expect(walk.outcome).toBe('TIMEOUT');
      expect(walk.session.accepted).toHaveLength(1);
    }
  });
});

describe('host network backends', () => {
  const world = (): World => {
    const made = twoNodeWorld();
    restore(
      made,
      'node/node1',
      `*nat
:NODEPORTS - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j NODEPORTS
-A OUTPUT -m addrtype --dst-type LOCAL -j NODEPORTS
-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
-A NODEPORTS -p tcp -m tcp --dport 30009 -j MARK --set-xmark 0x4000/0x4000
-A NODEPORTS -p tcp -m tcp --dport 30009 -j DNAT --to-destination 192.168.56.11:9000
-A NODEPORTS -p tcp -m tcp --dport 30010 -j MARK --set-xmark 0x4000/0x4000
-A NODEPORTS -p tcp -m tcp --dport 30010 -j DNAT --to-destination 192.168.56.12:9000
COMMIT
`,
    );
    for (const node of ['node1', 'node2']) listen(made, `node/${node}`, 'tcp', 9000, { name: node, node });
    return made;
  };
  it.each([
    ['node1 tcp 192.168.56.11:30009', 'node1 sees 192.168.56.11'],
    ['node1 tcp 127.0.0.1:30009', 'node1 sees 192.168.56.11'],
    ['client tcp 192.168.56.11:30009', 'node1 sees 192.168.56.100'],
    ['client tcp 192.168.56.11:30010', 'node2 sees 192.168.56.11'],
    ['a1 tcp 10.244.1.1:30010', 'node2 sees 192.168.56.11'],
  ])('%s: %s', (text, outcome) => {
    expect(send(world(), text).outcome).toBe(outcome);
  });
});
