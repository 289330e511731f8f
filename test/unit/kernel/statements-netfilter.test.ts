import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../src/addr/index.ts';
import {
  type Connection,
  newSession,
  PRIORITY,
  type Session,
  seededRandom,
  timeoutOf,
  type World,
} from '../../../src/kernel/index.ts';
import { hooksOf, natOf, run, send } from '../../support/kernel-walk.ts';
import { listen, restore, twoNodeWorld } from '../../support/two-node-world.ts';

/** Every table at every hook, with nothing to say. */
const EVERYWHERE = ['raw', 'mangle', 'nat', 'filter', 'security'].map((t) => `*${t}\nCOMMIT\n`).join('');

const DNAT = `*nat
-A PREROUTING -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.2.2:8080
-A OUTPUT -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.2.2:8080
-A POSTROUTING -d 10.244.2.2/32 -m mark --mark 0x4000/0x4000 -j MASQUERADE
COMMIT
`;

function tcpSession(world: World): Session {
  return newSession(world, { chance: () => true }, seededRandom(7));
}

/** The connections of a node after a walk, as `conntrack -L` would write their tuples. */
function connections(session: Session, node: string): string[] {
  const stack = session.stacks.get(node);
  return (stack?.conntrack.connections ?? []).map(({ original: o, reply: r }) =>
    [o, r]
      .map((t) => `${t.protocol} ${formatIp(t.src)}:${t.sport}>${formatIp(t.dst)}:${t.dport}`)
      .join(' | '),
  );
}

describe('hooks and their order', () => {
  it('statement 1: a forwarded packet meets raw, mangle, nat, then mangle, filter and security FORWARD, then POSTROUTING', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', EVERYWHERE);
    const { there } = send(world, 'client tcp 192.168.56.77:80', {
      dst: 0x0af40102,
      netns: 'pod/default/a2',
    });
    expect(hooksOf(there).filter((h) => h.startsWith('node1'))).toEqual([
      // The outer packet, for this host.
      'node1 raw PREROUTING',
      'node1 mangle PREROUTING',
      'node1 nat PREROUTING',
      'node1 mangle INPUT',
      'node1 filter INPUT',
      'node1 nat INPUT',
      'node1 security INPUT',
      // What was in it, passed on.
      'node1 raw PREROUTING',
      'node1 mangle PREROUTING',
      'node1 nat PREROUTING',
      'node1 mangle FORWARD',
      'node1 filter FORWARD',
      'node1 security FORWARD',
      'node1 mangle POSTROUTING',
      'node1 nat POSTROUTING',
    ]);
  });

  it('statement 1: an own packet meets raw, mangle, nat, filter and security OUTPUT, then POSTROUTING', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', EVERYWHERE);
    const { there } = send(world, 'node1 tcp 192.168.56.100:80');
    expect(hooksOf(there)).toEqual([
      'node1 raw OUTPUT',
      'node1 mangle OUTPUT',
      'node1 nat OUTPUT',
      'node1 filter OUTPUT',
      'node1 security OUTPUT',
      'node1 mangle POSTROUTING',
      'node1 nat POSTROUTING',
    ]);
  });

  it('statement 1: a table of nftables stands where iptables registers it: security behind source NAT', () => {
    const order = Object.entries(PRIORITY).sort(([, a], [, b]) => a - b);
    expect(order.map(([name]) => name)).toEqual([
      'raw',
      'conntrack',
      'mangle',
      'dstnat',
      'filter',
      'srcnat',
      'security',
      'confirm',
    ]);
  });

  it('statement 1: nat OUTPUT comes before the second routing decision, and filter OUTPUT behind it', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', DNAT);
    run(world, 'node1: iptables -A OUTPUT -p tcp -j ACCEPT');
    const { there } = send(world, 'node1 tcp 10.96.0.1:80');
    const order = there.flatMap(({ event }) =>
      event.type === 'netfilter'
        ? [`${event.table} ${event.hook}`]
        : event.type === 'route'
          ? [event.decision]
          : [],
    );
    expect(order.slice(0, 4)).toEqual(['output', 'nat OUTPUT', 'reroute', 'filter OUTPUT']);
  });

  it('statement 1: a new mark routes again behind mangle OUTPUT, but not behind nat OUTPUT', () => {
    const marked = (table: string): string[] => {
      const world = twoNodeWorld();
      run(world, `node1: iptables -t ${table} -A OUTPUT -p tcp -j MARK --set-mark 1`);
      run(world, 'node1: ip rule add fwmark 1 lookup 100', 'node1: ip route add prohibit default table 100');
      return send(world, 'node1 udp 192.168.56.100:80', { protocol: 'tcp' }).there.flatMap(({ event }) =>
        event.type === 'drop' ? [event.reason] : [],
      );
    };
    expect(marked('mangle')).toContain('PROHIBIT_ROUTE');
    expect(marked('nat')).not.toContain('PROHIBIT_ROUTE');
  });
});

describe('nat is asked once for a connection', () => {
  it('statement 3: the answer is translated without a nat chain being walked', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', DNAT);
    const { outcome, there, back } = send(world, 'b1 tcp 10.96.0.1:80');
    expect(outcome).toBe('a2 sees 10.244.1.3');
    expect(hooksOf(there).filter((h) => h.includes(' nat '))).toContain('node1 nat PREROUTING');
    // The outer packet that comes back from node2 is a new connection; what is in it is not.
    const inner = back.filter(({ in: device }) => device !== 'eth0');
    expect(hooksOf(inner).filter((h) => h.includes(' nat '))).toEqual([]);
    expect(natOf(back)).toEqual(['node1 un-DNAT 10.244.2.2:8080 -> 10.96.0.1:80']);
  });

  it('statement 3: a packet looped back by lo has both sides decided before PREROUTING', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', EVERYWHERE);
    const { there } = send(world, 'node1 tcp 192.168.56.11:80');
    expect(hooksOf(there).filter((h) => h.includes(' nat '))).toEqual([
      'node1 nat OUTPUT',
      'node1 nat POSTROUTING',
    ]);
  });

  it('statement 4: a packet dropped in FORWARD leaves no connection, so that the next one asks nat again', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', DNAT);
    run(world, 'node1: iptables -A FORWARD -j DROP');
    const session = tcpSession(world);
    const sport = 40_000;
    const first = send(world, 'b1 tcp 10.96.0.1:80', { sport }, session);
    expect(connections(session, 'node/node1')).toEqual([]);
    const second = send(world, 'b1 tcp 10.96.0.1:80', { sport }, session);
    for (const walk of [first, second]) expect(hooksOf(walk.there)).toContain('node1 nat PREROUTING');
  });

  it('statement 4: nor does one that REJECT answered, whose error or RST is of the same connection', () => {
    for (const how of ['icmp-port-unreachable', 'tcp-reset']) {
      const world = twoNodeWorld();
      restore(world, 'node/node1', DNAT);
      run(world, `node1: iptables -A FORWARD -p tcp -j REJECT --reject-with ${how}`);
      const session = tcpSession(world);
      send(world, 'client tcp 10.96.0.1:80', { netns: 'pod/default/b1' }, session);
      expect(connections(session, 'node/node1')).toEqual([]);
    }
  });

  it('statement 4: one that was forwarded and never answered is found again', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', DNAT);
    run(world, 'node2: iptables -A FORWARD -j DROP');
    const session = tcpSession(world);
    const sport = 40_000;
    send(world, 'b1 tcp 10.96.0.1:80', { sport }, session);
    const again = send(world, 'b1 tcp 10.96.0.1:80', { sport }, session);
    const inner = again.there.filter(({ in: device }) => device === 'vethb1');
    expect(hooksOf(inner)).not.toContain('node1 nat PREROUTING');
    expect(natOf(again.there)).toContain('node1 DNAT 10.96.0.1:80 -> 10.244.2.2:8080');
  });

  it('statement 5: a live connection keeps its endpoint when the rules change', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', DNAT.replaceAll('tcp', 'udp'));
    const session = tcpSession(world);
    const sport = 40_000;
    expect(send(world, 'b1 udp 10.96.0.1:80', { sport }, session).outcome).toBe('a2 sees 10.244.1.3 ttl 62');
    run(world, 'node1: iptables -t nat -F');
    expect(send(world, 'b1 udp 10.96.0.1:80', { sport }, session).outcome).toBe('a2 sees 10.244.1.3 ttl 62');
    expect(send(world, 'b1 udp 10.96.0.1:80').outcome).toBe('TIMEOUT');
  });

  it('statement 6: the reply tuple is the inverse of what both translations made', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', DNAT.replaceAll('10.244.2.2', '10.244.1.2'));
    run(world, 'node1: iptables -t nat -I PREROUTING -j MARK --set-mark 0x4000');
    const session = tcpSession(world);
    send(world, 'a1 tcp 10.96.0.1:80', { sport: 49_410 }, session);
    const [ct = ''] = connections(session, 'node/node1');
    expect(ct).toBe('6 10.244.1.2:49410>10.96.0.1:80 | 6 10.244.1.2:8080>10.244.1.1:49410');
  });

  it('statement 7: filter FORWARD sees the destination after DNAT and the source before SNAT', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', DNAT);
    run(
      world,
      'node1: iptables -t nat -I PREROUTING -j MARK --set-mark 0x4000',
      'node1: iptables -A FORWARD -s 10.244.1.3 -d 10.244.2.2 -p tcp --dport 8080 -j REJECT',
    );
    expect(send(world, 'b1 tcp 10.96.0.1:80').outcome).toBe('ECONNREFUSED');
  });

  it('statement 7: a Service without endpoints has no DNAT, so that filter sees the ClusterIP', () => {
    const world = twoNodeWorld();
    run(world, 'node1: iptables -A FORWARD -d 10.96.0.9 -p tcp --dport 80 -j REJECT');
    expect(send(world, 'b1 tcp 10.96.0.9:80')).toMatchObject({
      outcome: 'ECONNREFUSED',
      icmp: ['3/3 from 10.244.1.1 ttl 64'],
    });
  });

  it('statement 8: MASQUERADE keeps the source port while the reply can be told apart, else takes another', () => {
    const world = twoNodeWorld();
    listen(world, 'host/client', 'tcp', 80, { name: 'web', node: '' });
    run(world, 'node1: iptables -t nat -A POSTROUTING -o eth0 -p tcp -j MASQUERADE');
    const session = tcpSession(world);
    const port = (from: string): number | undefined => {
      const { there } = send(world, `${from} tcp 192.168.56.100:80`, { sport: 40_000 }, session);
      const nat = there.find(({ event }) => event.type === 'nat')?.event;
      return nat?.type === 'nat' ? nat.after.port : undefined;
    };
    expect(port('a1')).toBe(40_000);
    const second = port('b1');
    expect(second).not.toBe(40_000);
    expect(second).toBeGreaterThanOrEqual(1024);
  });

  it('statement 8: with --random-fully the port is drawn from 1024 up even when it is free', () => {
    const world = twoNodeWorld();
    run(world, 'node1: iptables -t nat -A POSTROUTING -o eth0 -p tcp -j MASQUERADE --random-fully');
    const { there } = send(world, 'a1 tcp 192.168.56.100:80', { sport: 40_000 });
    const nat = there.find(({ event }) => event.type === 'nat')?.event;
    expect(nat?.type === 'nat' && nat.after.port !== 40_000 && (nat.after.port ?? 0) >= 1024).toBe(true);
  });
});

describe('what conntrack makes of packets', () => {
  const half = (rule: string): World => {
    // The request passes node1 and is answered past it: node1 sees only what comes back.
    const world = twoNodeWorld('host-gw');
    run(world, 'node2: ip route replace 10.244.1.0/24 via 192.168.56.11 dev eth0');
    run(world, 'node1: iptables -t raw -A PREROUTING -s 10.244.1.2 -p tcp -j CT --notrack');
    run(world, `node1: iptables -A FORWARD -m conntrack --ctstate INVALID -j ${rule}`);
    return world;
  };
  it('statement 26: a flow of which only the answer was seen is INVALID, and dropped where a rule says so', () => {
    expect(send(half('ACCEPT'), 'a1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 10.244.1.2');
    expect(send(half('DROP'), 'a1 tcp 10.244.2.2:8080')).toMatchObject({
      outcome: 'TIMEOUT',
      lost: 'DROP_RULE',
    });
  });

  it('the state of the first packet is NEW, of the answer ESTABLISHED, of an error RELATED', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', DNAT);
    const states = (text: string): string[] => {
      const { there, back } = send(world, text);
      return [...there, ...back].flatMap(({ place, in: device, event }) =>
        place === 'node1' && device !== 'eth0' && event.type === 'conntrack' ? [event.state] : [],
      );
    };
    // Each way also has its outer packet, which is always a connection of its own.
    expect(states('b1 tcp 10.244.2.2:8080')).toEqual(['NEW', 'NEW', 'ESTABLISHED']);
    expect(states('b1 udp 10.244.2.2:7')).toEqual(['NEW', 'NEW', 'RELATED']);
  });

  it('a RELATED error passes the states ESTABLISHED,RELATED and never a nat chain', () => {
    const world = twoNodeWorld();
    restore(world, 'node/node1', DNAT.replaceAll('tcp', 'udp'));
    run(
      world,
      'node1: iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      'node1: iptables -A FORWARD -s 10.244.1.3 -j ACCEPT',
      'node1: iptables -A FORWARD -j DROP',
      'node1: iptables -t nat -R PREROUTING 1 -d 10.96.0.1 -p udp --dport 80 -j DNAT --to-destination 10.244.2.2:7',
    );
    const { outcome, icmp, back } = send(world, 'b1 udp 10.96.0.1:80');
    expect(outcome).toBe('ECONNREFUSED');
    // Un-NATed outside and inside: the client takes it for its own.
    expect(icmp).toEqual(['3/3 from 10.96.0.1 ttl 62']);
    expect(hooksOf(back.filter(({ in: device }) => device === 'flannel.1'))).toEqual([
      'node1 filter FORWARD',
    ]);
  });
});

describe('how long conntrack remembers', () => {
  const netns = twoNodeWorld().netns.get('pod/default/a1');
  const seconds = (protocol: number, state?: Connection['state']): number => {
    if (netns === undefined) throw new Error('no a1');
    const tuple = { src: 0, dst: 0, protocol, sport: 0, dport: 0, type: 0 };
    const none = { src: false, dst: false };
    return timeoutOf(netns, {
      original: tuple,
      reply: tuple,
      seenReply: true,
      confirmed: true,
      done: none,
      nat: none,
      mark: 0,
      zone: 0,
      state,
      assured: false,
    });
  };

  it('statement 27: TCP by its state, UDP, ICMP and anything else', () => {
    const states = [
      ['SYN_SENT', 120],
      ['SYN_RECV', 60],
      ['ESTABLISHED', 432_000],
      ['FIN_WAIT', 120],
      ['CLOSE_WAIT', 60],
      ['LAST_ACK', 30],
      ['TIME_WAIT', 120],
      ['CLOSE', 10],
    ] as const;
    expect(states.map(([state]) => [state, seconds(6, state)])).toEqual(states);
    expect([17, 1, 47].map((protocol) => seconds(protocol))).toEqual([30, 30, 600]);
  });
});
