import { describe, expect, it } from 'vitest';
import { addNetns, type Operation, type World } from '../../../src/kernel/index.ts';
import { run, send } from '../../support/kernel-walk.ts';
import { must, twoNodeWorld } from '../../support/two-node-world.ts';

describe('loops', () => {
  it.each([
    [
      'by the LAN',
      [
        'node1: ip route add 10.244.7.0/24 via 192.168.56.12',
        'node2: ip route add 10.244.7.0/24 via 192.168.56.11',
      ],
    ],
    [
      'through the tunnel',
      [
        'node1: ip route add 10.244.7.0/24 via 10.244.2.0 dev flannel.1 onlink',
        'node2: ip route add 10.244.7.0/24 via 10.244.1.0 dev flannel.1 onlink',
      ],
    ],
  ])('a routing loop %s ends when the TTL has run out, and the pod is told', (_, commands) => {
    const world = twoNodeWorld();
    run(world, ...commands);
    const walk = send(world, 'a1 tcp 10.244.7.7:80');
    expect(walk).toMatchObject({ outcome: 'EHOSTUNREACH', icmp: ['11/0 from 10.244.2.0 ttl 63'] });
    expect(walk.session.ends.map((e) => e.reason)).toEqual(['TTL_EXCEEDED']);
    expect(walk.there.filter(({ event }) => event.type === 'ttl')).toHaveLength(63);
  });

  /** A second switch that is joined with the first by `cables` veth pairs. */
  function twoSwitches(cables: number): World {
    const world = twoNodeWorld();
    const origin = { program: 'underlay' } as const;
    addNetns(world, { id: 'switch/second', kind: 'switch', label: 'second', name: 'second' });
    const operations: Operation[] = [
      {
        op: 'link-add',
        netns: 'switch/second',
        link: { kind: 'bridge', name: 'br0', mac: 0x020000000002 },
        origin,
      },
      { op: 'link-up', netns: 'switch/second', name: 'br0' },
      {
        op: 'sysctl',
        netns: 'switch/second',
        key: 'net.bridge.bridge-nf-call-iptables',
        value: '0',
        origin,
      },
    ];
    for (let i = 0; i < cables; i++) {
      const ends = ['switch/lan', 'switch/second'].map((netns, j) => ({
        netns,
        name: `x${i}`,
        mac: 0x020000005800 + 16 * j + i,
      }));
      operations.push({ op: 'veth-add', ends: [ends[0], ends[1]] as never, origin });
      for (const { netns, name } of ends)
        operations.push({ op: 'link-up', netns, name }, { op: 'link-master', netns, name, bridge: 'br0' });
    }
    must(world, operations);
    return world;
  }

  it('one cable between two switches is no loop', () => {
    expect(send(twoSwitches(1), 'a1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 10.244.1.2');
  });

  it('two switches that are joined twice send broadcasts round until the walk is called a loop', () => {
    const walk = send(twoSwitches(2), 'node1 tcp 192.168.56.77:80');
    expect(walk.session.budget).toBeLessThanOrEqual(0);
    expect(walk.session.ends.map((e) => e.reason)).toContain('LOOP');
  });
});
