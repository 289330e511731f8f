import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ip } from '../../../src/addr/index.ts';
import { readCommand } from '../../../src/formats/index.ts';
import {
  addNetns,
  ask,
  createWorld,
  type KernelEvent,
  newSession,
  seededRandom,
  type World,
} from '../../../src/kernel/index.ts';
import { must, restore } from '../../support/two-node-world.ts';

/**
 * Each line of matches.txt: whether Linux 6.18 found that a rule of table mangle matches a UDP packet of 72 bytes from
 * port 4000 to port 9 with TOS 0x10, on a router between two hosts: `forwarded` from host a to host b, `received` by
 * the router from a, the router's `own` to b. No packet came before, and none comes back.
 */
const MEASURED = readFileSync(new URL('../../golden/kernel/matches.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [, answer = '', way = '', chain = '', rule = ''] = /^(\S+) (\S+) (\S+) (.*)$/.exec(line) ?? [];
    return { answer, way, chain, rule };
  });

const ORIGIN = { program: 'user' } as const;

/** Host a (10.1.0.2), router r (10.1.0.1 on ra, 10.2.0.1 on rb) and host b (10.2.0.2). */
function routed(): World {
  const world = createWorld();
  for (const id of ['a', 'r', 'b']) addNetns(world, { id, kind: 'host', label: id, name: id });
  const pair = (host: string, mac: number, router: string, routerMac: number, net: string): void =>
    must(world, [
      {
        op: 'veth-add',
        ends: [
          { netns: host, name: 'eth0', mac, mtu: 1500 },
          { netns: 'r', name: router, mac: routerMac, mtu: 1500 },
        ],
        origin: ORIGIN,
      },
      { op: 'link-up', netns: host, name: 'eth0' },
      { op: 'link-up', netns: 'r', name: router },
      ...[
        { netns: host, device: 'eth0', ip: ip(`${net}.2`) },
        { netns: 'r', device: router, ip: ip(`${net}.1`) },
      ].map((at) => ({ op: 'address-add' as const, ...at, length: 24, broadcast: true, origin: ORIGIN })),
      {
        op: 'route-add',
        netns: host,
        route: { dst: { base: 0, length: 0 }, via: ip(`${net}.1`) },
        origin: ORIGIN,
      },
    ]);
  pair('a', 0x02000000000a, 'ra', 0x020000000001, '10.1.0');
  pair('b', 0x02000000000b, 'rb', 0x020000000002, '10.2.0');
  command(world, 'sysctl -w net.ipv4.ip_forward=1', ...SETS);
  return world;
}

const SETS = [
  'ipset create ports hash:ip,port',
  'ipset add ports 10.1.0.2,udp:9',
  'ipset create nets hash:net',
  'ipset add nets 10.1.0.0/24',
  'ipset add nets 10.2.0.0/16',
  'ipset add nets 10.2.0.0/24 nomatch',
  'ipset create pair hash:ip,port,net',
  'ipset add pair 10.1.0.2,udp:9,10.1.0.0/24',
  'ipset create bport bitmap:port range 0-100',
  'ipset add bport 9',
  'ipset create ifs hash:net,iface',
  'ipset add ifs 10.1.0.0/24,ra',
  'ipset create lst list:set',
  'ipset add lst nets',
];

function command(world: World, ...commands: readonly string[]): void {
  for (const text of commands) {
    const netns = world.netns.get('r');
    if (netns === undefined) throw new Error('no router');
    const result = readCommand(text, world, netns);
    if (!result.ok) throw new Error(`${text}: ${result.message}`);
    must(world, result.operations);
  }
}

/** Events of the router's mangle table at a hook, for the packet that goes this way. */
function tableEvents(world: World, way: string, hook: string): Extract<KernelEvent, { type: 'netfilter' }>[] {
  const session = newSession(world, { chance: () => true }, seededRandom(1));
  const asked = ask(session, {
    netns: way === 'own' ? 'r' : 'a',
    protocol: 'udp',
    dst: ip(way === 'received' ? '10.1.0.1' : '10.2.0.2'),
    sport: 4000,
    dport: 9,
    size: 72,
  });
  // The packet ends at a closed port, or where a rule is not understood; its way is read backwards from there.
  const ends = session.ends.map((end) => end.visit).filter((visit) => visit.cause === undefined);
  const last = ends.findLast((visit) => visit.netns.id !== 'a') ?? asked.first;
  const events: Extract<KernelEvent, { type: 'netfilter' }>[] = [];
  for (let at: typeof last | undefined = last; at !== undefined; at = at.before) {
    for (const event of at.events)
      if (event.type === 'netfilter' && event.table === 'mangle' && event.hook === hook) events.push(event);
  }
  return events;
}

/** TOS 0x10 from the start, as the real sender set it; then the rule alone. */
function verdictOf(way: string, chain: string, rule: string): string {
  const world = routed();
  restore(
    world,
    'r',
    `*raw\n-A PREROUTING -j TOS --set-tos 0x10\n-A OUTPUT -j TOS --set-tos 0x10\nCOMMIT\n*mangle\n-A ${chain} ${rule}\nCOMMIT\n*nat\nCOMMIT\n`,
  );
  const [event] = tableEvents(world, way, chain);
  if (event === undefined) throw new Error(`the packet did not reach ${chain}`);
  return event.verdict === 'UNKNOWN' ? 'unknown' : event.matched.length > 0 ? 'yes' : 'no';
}

describe('a match finds what the real kernel finds', () => {
  it.each(MEASURED)('$way, $chain $rule: $answer', ({ answer, way, chain, rule }) => {
    // As whom a program runs is not known; what is sent by nobody, and what nobody holds, is.
    const open = way === 'own' && rule.includes('--uid-owner') && !rule.includes('! --socket-exists');
    expect(verdictOf(way, chain, rule)).toBe(open ? 'unknown' : answer);
  });
});
