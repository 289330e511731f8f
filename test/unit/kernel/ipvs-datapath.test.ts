import { describe, expect, test } from 'vitest';
import { formatHostPort, formatIp, ip } from '../../../src/addr/index.ts';
import {
  ask,
  connectionsOf,
  type KernelEvent,
  newSession,
  type Request,
  type Session,
  seededRandom,
  type Visit,
  type World,
} from '../../../src/kernel/index.ts';
import { type IpvsWorldOptions, ipvsWorld } from '../../support/ipvs-world.ts';
import { must, restore } from '../../support/two-node-world.ts';

/** Asks once and says what the client saw. `first`: the answer to every random choice. */
function send(world: World, request: Request, first = true, session = sessionOf(world, first)): string {
  const before = session.accepted.length;
  const { client } = ask(session, request);
  const [event] = client.events;
  const accepted = session.accepted[before];
  switch (event?.kind) {
    case 'answer': {
      const from = formatIp(accepted?.packet.src ?? 0);
      return `${accepted?.netns.label.replace('default/', '')} saw ${from}, answer from ${formatIp(event.packet.src)}`;
    }
    case 'reset':
      return 'reset';
    case 'icmp':
      return `icmp ${event.type}/${event.code} from ${formatIp(event.from)}`;
    case 'errno':
      return event.errno;
    default:
      return `silence: ${session.ends.at(-1)?.reason}`;
  }
}

function sessionOf(world: World, first = true): Session {
  return newSession(world, { chance: () => first }, seededRandom(1));
}

const to = (netns: string, dst: string, dport: number, protocol: Request['protocol'] = 'tcp'): Request => ({
  netns,
  protocol,
  dst: ip(dst),
  dport,
});

/** The last server of the list comes first in the kernel's. */
const NODE2 = true;
const NODE1 = false;

describe('a virtual server', () => {
  test.each(['vxlan', 'host-gw'] as const)('answers a pod, which sees its address (%s)', (backend) => {
    const world = ipvsWorld({ backend });
    expect(send(world, to('pod/default/b1', '10.96.0.10', 80), NODE2)).toBe(
      'a2 saw 10.244.1.3, answer from 10.96.0.10',
    );
    expect(send(world, to('pod/default/b1', '10.96.0.10', 80), NODE1)).toBe(
      'a1 saw 10.244.1.3, answer from 10.96.0.10',
    );
  });

  test('answers its own node, which takes the virtual address for its own and is masqueraded', () => {
    const world = ipvsWorld();
    expect(send(world, to('node/node1', '10.96.0.10', 80), NODE2)).toBe(
      'a2 saw 10.244.1.0, answer from 10.96.0.10',
    );
    expect(send(world, to('node/node1', '10.96.0.10', 80), NODE1)).toBe(
      'a1 saw 10.244.1.1, answer from 10.96.0.10',
    );
  });

  test('sends a pod to itself through the bridge, masqueraded', () => {
    expect(send(ipvsWorld(), to('pod/default/a1', '10.96.0.10', 80), NODE1)).toBe(
      'a1 saw 10.244.1.1, answer from 10.96.0.10',
    );
  });

  test('on a node port answers a client outside the cluster, by either node', () => {
    const world = ipvsWorld();
    for (const node of ['192.168.56.11', '192.168.56.12']) {
      expect(send(world, to('host/client', node, 30080), NODE2)).toMatch(`answer from ${node}`);
      expect(send(world, to('host/client', node, 30080), NODE1)).toMatch(`answer from ${node}`);
    }
  });

  test('has none at 127.0.0.1: the port is closed there', () => {
    expect(send(ipvsWorld(), to('node/node1', '127.0.0.1', 30080))).toBe('reset');
  });

  test('may have a server on its own host', () => {
    const world = ipvsWorld({ servers: [['192.168.56.11', 9100]] });
    const owner = { kind: 'node', node: 'node1', what: 'exporter' } as const;
    must(world, [
      {
        op: 'listen',
        netns: 'node/node1',
        socket: { protocol: 'tcp', port: 9100, owner, origin: { program: 'user' } },
      },
    ]);
    expect(send(world, to('pod/default/b1', '10.96.0.10', 80))).toBe(
      'node1 saw 10.244.1.3, answer from 10.96.0.10',
    );
    // Masqueraded on lo, which has no address for it: the first of another device is taken.
    expect(send(world, to('node/node1', '10.96.0.10', 80))).toBe(
      'node1 saw 192.168.56.11, answer from 10.96.0.10',
    );
    expect(send(world, to('pod/default/a2', '10.96.0.10', 80))).toBe(
      'node1 saw 10.244.2.2, answer from 10.96.0.10',
    );
  });

  test('of another port of its address is refused by the host itself, as nothing listens there', () => {
    expect(send(ipvsWorld(), to('pod/default/b1', '10.96.0.10', 81))).toBe('reset');
  });

  test('answers pings as the host does, whose address it is', () => {
    expect(send(ipvsWorld(), to('pod/default/b1', '10.96.0.10', 0, 'icmp'))).toBe(
      'node1 saw 10.244.1.3, answer from 10.96.0.10',
    );
  });
});

describe('without a server', () => {
  const none: IpvsWorldOptions = { servers: [] };

  test('a connection is refused with port unreachable from the virtual address', () => {
    const world = ipvsWorld(none);
    expect(send(world, to('pod/default/b1', '10.96.0.10', 80))).toBe('icmp 3/3 from 10.96.0.10');
    expect(send(world, to('node/node1', '10.96.0.10', 80))).toBe('icmp 3/3 from 10.96.0.10');
    expect(send(world, to('host/client', '192.168.56.12', 30080))).toBe('icmp 3/3 from 192.168.56.12');
  });

  test("a datagram of the own host is not even sent (EPERM), another's is refused", () => {
    const world = ipvsWorld({ ...none, protocol: 'udp' });
    expect(send(world, to('node/node1', '10.96.0.10', 80, 'udp'))).toBe('EPERM');
    expect(send(world, to('pod/default/b1', '10.96.0.10', 80, 'udp'))).toBe('icmp 3/3 from 10.96.0.10');
  });

  test('a server of weight 0 is none', () => {
    const world = ipvsWorld({ servers: [['10.244.1.2', 8080, 0]] });
    expect(send(world, to('pod/default/b1', '10.96.0.10', 80))).toBe('icmp 3/3 from 10.96.0.10');
  });

  test('a server that cannot be reached is found out by the answer of the network', () => {
    const world = ipvsWorld({ servers: [['10.244.1.77', 8080]] });
    expect(send(world, to('pod/default/b1', '10.96.0.10', 80))).toBe('icmp 3/1 from 10.96.0.10');
    const far = ipvsWorld({ servers: [['10.244.2.77', 8080]] });
    expect(send(far, to('pod/default/b1', '10.96.0.10', 80))).toBe('icmp 3/1 from 10.96.0.10');
  });
});

function eventsOf(visit: Visit): readonly KernelEvent[] {
  return visit.before === undefined ? visit.events : [...eventsOf(visit.before), ...visit.events];
}

describe('on the way of a request', () => {
  test('IPVS stands behind the filter table of INPUT, and OUTPUT and POSTROUTING follow', () => {
    const world = ipvsWorld();
    restore(world, 'node/node1', '*filter\n-A INPUT -j ACCEPT\n-A OUTPUT -j ACCEPT\nCOMMIT\n');
    const session = sessionOf(world);
    ask(session, to('pod/default/b1', '10.96.0.10', 80));
    const visit = session.accepted[0]?.visit;
    const seen = visit === undefined ? [] : eventsOf(visit);
    const at = seen.flatMap((e) => {
      if (e.type === 'netfilter') return [`${e.hook} ${e.table} ${e.priority}`];
      if (e.type === 'ipvs') return [`${e.hook} ipvs ${e.priority}`];
      if (e.type === 'nat') return [`${e.manip} ${formatHostPort(e.after.ip, e.after.port ?? 0)}`];
      return e.type === 'ttl' ? [`ttl ${e.to}`] : [];
    });
    expect(at.slice(0, 7)).toEqual([
      'PREROUTING nat -100',
      'INPUT filter 0',
      'INPUT ipvs 99',
      'ttl 63',
      'DNAT 10.244.2.2:8080',
      'OUTPUT filter 0',
      'POSTROUTING nat 100',
    ]);
  });

  test('conntrack keeps the virtual address and learns the real server for replies', () => {
    const world = ipvsWorld();
    const session = sessionOf(world);
    ask(session, { ...to('pod/default/b1', '10.96.0.10', 80), sport: 40000 });
    const netns = world.netns.get('node/node1');
    if (netns === undefined) throw new Error('no node1');
    const [connection] = connectionsOf(session, netns);
    expect(connection?.original).toMatchObject({ dst: ip('10.96.0.10'), dport: 80 });
    expect(connection?.reply).toMatchObject({ src: ip('10.244.2.2'), sport: 8080, dst: ip('10.244.1.3') });
    expect(connection?.nat).toEqual({ src: false, dst: false });
  });

  test('with net.ipv4.vs.conntrack=0 nothing is masqueraded', () => {
    const world = ipvsWorld({ conntrack: '0' });
    expect(send(world, to('pod/default/b1', '10.96.0.10', 80), NODE2)).toBe(
      'a2 saw 10.244.1.3, answer from 10.96.0.10',
    );
    expect(send(world, to('node/node1', '10.96.0.10', 80), NODE1)).not.toMatch('saw 10.244.1.1');
  });

  test('a TTL that runs out at the virtual server is answered by it', () => {
    expect(send(ipvsWorld(), { ...to('pod/default/b1', '10.96.0.10', 80), ttl: 1 })).toBe(
      'icmp 11/0 from 10.96.0.10',
    );
  });

  test('what is too big for the way to the server is told so', () => {
    const world = ipvsWorld({ protocol: 'udp' });
    const request = { ...to('host/client', '192.168.56.11', 30080, 'udp'), size: 1440, df: true };
    expect(send(world, request, NODE2)).toBe('icmp 3/4 from 192.168.56.11');
  });

  test('what send() returned is not changed by a rule that the forwarded packet meets', () => {
    const world = ipvsWorld({ protocol: 'udp', servers: [['10.244.2.2', 53]] });
    restore(world, 'node/node1', '*filter\n-A OUTPUT -d 10.244.2.2 -j DROP\nCOMMIT\n');
    expect(send(world, to('node/node1', '10.96.0.10', 80, 'udp'))).toBe('silence: DROP_RULE');
  });

  test('-m ipvs matches what was sent on, by virtual address, protocol and port', () => {
    const rule = (tests: string): string => `*filter\n-A OUTPUT -m ipvs ${tests} -j DROP\nCOMMIT\n`;
    for (const tests of [
      '--ipvs',
      '--vproto 6 --vaddr 10.96.0.10 --vport 80',
      '--vaddr 10.96.0.0/16',
      '--vmethod MASQ',
      '--vdir ORIGINAL',
      '! --vport 81',
    ]) {
      const world = ipvsWorld();
      restore(world, 'node/node1', rule(tests));
      expect(send(world, to('pod/default/b1', '10.96.0.10', 80))).toBe('silence: DROP_RULE');
    }
    for (const tests of ['! --ipvs', '--vproto 17', '--vport 8080', '--vaddr 10.97.0.0/16', '--vdir REPLY']) {
      const world = ipvsWorld();
      restore(world, 'node/node1', rule(tests));
      expect(send(world, to('pod/default/b1', '10.96.0.10', 80))).toMatch('a2 saw');
    }
  });
});

describe('persistence', () => {
  test('keeps a client with its server, whatever port it comes from; another client goes on in the round', () => {
    const world = ipvsWorld({ persistent: 10800 });
    const session = sessionOf(world);
    const asked = ['b1', 'b1', 'a1', 'b1', 'a1'].map((pod) =>
      send(world, to(`pod/default/${pod}`, '10.96.0.10', 80), true, session).slice(0, 2),
    );
    expect(asked).toEqual(['a2', 'a2', 'a1', 'a2', 'a1']);
  });
});
