import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatIp, ip } from '../../../src/addr/index.ts';
import { conntrackEntries, parseConntrack } from '../../../src/formats/index.ts';
import {
  addNetns,
  ask,
  commit,
  createWorld,
  newSession,
  seededRandom,
  type World,
} from '../../../src/kernel/index.ts';
import { restore } from '../../support/two-node-world.ts';

const ORIGIN = { program: 'user' } as const;

/** The rules under which Linux 6.18 gave the connections of nat-ranges.txt their addresses and ports. */
const RULES = `*nat
-A OUTPUT -d 10.50.0.0/16 -p udp -j DNAT --to-destination 10.9.1.1-10.9.1.200
-A OUTPUT -d 10.51.0.0/16 -p udp -j DNAT --to-destination 10.9.2.1-10.9.2.200 --persistent
-A OUTPUT -d 10.52.0.0/16 -p udp -j DNAT --to-destination 10.9.3.1:7000-7010
-A OUTPUT -d 10.53.0.0/16 -p udp -j DNAT --to-destination 10.9.3.1:6000-6010/5000
-A OUTPUT -d 10.54.0.0/16 -j NETMAP --to 10.9.0.0/20
-A OUTPUT -d 10.55.0.0/16 -p udp -j REDIRECT --to-ports 777
-A POSTROUTING -d 10.9.4.0/24 -p udp -j SNAT --to-source 10.9.0.100-10.9.0.150
-A POSTROUTING -d 10.9.5.0/24 -p udp -j SNAT --to-source 10.9.0.3-10.9.0.6
-A POSTROUTING -d 10.9.6.0/24 -p udp -j SNAT --to-source 10.9.0.100:3000-3002
COMMIT
`;

/** A host with ten addresses on one device, by which everything leaves. */
function host(): World {
  const world = createWorld();
  const netns = addNetns(world, { id: 'n', kind: 'host', label: 'n', name: 'n' }).id;
  const addresses = Array.from({ length: 9 }, (_, i) => ({
    op: 'address-add' as const,
    netns,
    device: 'd0',
    ip: ip(`10.9.0.${i + 1}`),
    length: 16,
    broadcast: false,
    origin: ORIGIN,
  }));
  const refused = commit(world, [
    {
      op: 'link-add',
      netns,
      link: { kind: 'dummy', name: 'd0', mac: 0x020000000001, mtu: 1500 },
      origin: ORIGIN,
    },
    ...addresses,
    { op: 'link-up', netns, name: 'd0' },
    {
      op: 'route-add',
      netns,
      route: { dst: { base: 0, length: 0 }, device: 'd0', scope: 'link' },
      origin: ORIGIN,
    },
  ]);
  if (refused !== undefined) throw new Error(refused.message);
  restore(world, netns, RULES);
  return world;
}

test('addresses and ports of ranges are the ones that the real kernel chose', () => {
  const text = readFileSync(
    new URL('../../golden/formats/conntrack/nat-ranges.txt', import.meta.url),
    'utf8',
  );
  const real = parseConntrack(text);
  if (!real.ok) throw new Error(JSON.stringify(real.errors));
  const world = host();
  const session = newSession(world, { chance: () => true }, seededRandom(1));
  const answers: string[] = [];
  const expected: string[] = [];
  // By source port, which counts up from one request to the next.
  const port = ({ original }: (typeof real.entries)[number]): number =>
    original.key.kind === 'ports' ? original.key.sport : 0;
  for (const one of [...real.entries].sort((a, b) => port(a) - port(b))) {
    const { src, dst, key } = one.original;
    if (key.kind !== 'ports') throw new Error('not of UDP');
    ask(session, { netns: 'n', protocol: 'udp', src, dst, sport: key.sport, dport: key.dport });
    expected.push(choice(one));
  }
  const netns = world.netns.get('n');
  const stack = session.stacks.get('n');
  if (netns === undefined || stack === undefined) throw new Error('the host has no stack');
  for (const one of conntrackEntries(netns, stack.conntrack.connections)) answers.push(choice(one));
  expect(expected).toHaveLength(108);
  expect(answers.sort()).toEqual(expected.sort());
});

/** What was asked and where it went; a port that the kernel drew is only said to be of its range. */
function choice({ original, reply }: ReturnType<typeof conntrackEntries>[number]): string {
  const ports = (key: typeof reply.key): readonly [number, number] =>
    key.kind === 'ports' ? [key.sport, key.dport] : [0, 0];
  const [sport, dport] = ports(reply.key);
  const drawn = dport >= 3000 && dport <= 3002 ? '3000-3002' : dport;
  return `${formatIp(original.src)}:${ports(original.key).join(' ')} ${formatIp(original.dst)} -> ${formatIp(reply.src)}:${sport} as ${formatIp(reply.dst)}:${drawn}`;
}
