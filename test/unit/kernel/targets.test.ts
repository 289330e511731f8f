import { describe, expect, it } from 'vitest';
import { printConntrack } from '../../../src/formats/index.ts';
import {
  completeHandshake,
  connectionsOf,
  type Session,
  type World,
  withLearned,
} from '../../../src/kernel/index.ts';
import { natOf, notesOf, run, send, type Walk } from '../../support/kernel-walk.ts';
import { listen, restore, twoNodeWorld } from '../../support/two-node-world.ts';

/** The world with these rules on node1, a line `TABLE RULE` each. */
function withRules(...rules: readonly string[]): World {
  const world = twoNodeWorld();
  const tables = new Map<string, string[]>();
  for (const rule of rules) {
    const [table = '', text = ''] = rule.split(/ (.*)/s);
    tables.set(table, [...(tables.get(table) ?? []), text]);
  }
  for (const [table, lines] of tables)
    restore(world, 'node/node1', `*${table}\n${lines.map((line) => `-A ${line}\n`).join('')}COMMIT\n`);
  return world;
}

function conntrack(world: World, session: Session): string[] {
  const netns = world.netns.get('node/node1');
  if (netns === undefined) throw new Error('no node1');
  const lines = printConntrack(netns, connectionsOf(session, netns)).trimEnd().split('\n');
  return lines.filter((line) => line !== '' && !line.includes('dport=8472'));
}

/** How conntrack saw the request on node1. */
function states({ there }: Walk): string[] {
  return there.flatMap(({ place, event }) =>
    place === 'node1' && event.type === 'conntrack' ? [event.state] : [],
  );
}

describe('targets of table nat', () => {
  it('REDIRECT sends a packet to the device that it came in by', () => {
    const world = withRules('nat PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 9000');
    listen(world, 'node/node1', 'tcp', 9000, { name: 'proxy', node: 'node1' });
    const walk = send(world, 'a1 tcp 203.0.113.9:80');
    expect(natOf(walk.there)).toEqual(['node1 DNAT 203.0.113.9:80 -> 10.244.1.1:9000']);
    expect(walk.outcome).toBe('proxy sees 10.244.1.2');
  });

  it('REDIRECT in OUTPUT sends a packet to 127.0.0.1', () => {
    const world = withRules('nat OUTPUT -d 10.96.0.1/32 -p tcp -j REDIRECT');
    listen(world, 'node/node1', 'tcp', 443, { name: 'proxy', node: 'node1' });
    const walk = send(world, 'node1 tcp 10.96.0.1:443');
    expect(natOf(walk.there)).toEqual(['node1 DNAT 10.96.0.1:443 -> 127.0.0.1:443']);
    expect(walk.outcome).toBe('proxy sees 192.168.56.11');
  });

  it('NETMAP exchanges the network and keeps the host', () => {
    const world = withRules('nat PREROUTING -d 10.9.0.0/16 -j NETMAP --to 10.244.0.0/16');
    const walk = send(world, 'a1 tcp 10.9.2.2:8080');
    expect(natOf(walk.there)).toEqual(['node1 DNAT 10.9.2.2:8080 -> 10.244.2.2:8080']);
    expect(walk.outcome).toBe('a2 sees 10.244.1.2');
  });
});

describe('targets of connection tracking', () => {
  it.each(['CT --notrack', 'NOTRACK'])('%s keeps a packet out of conntrack and of NAT', (target) => {
    const rules = [`raw PREROUTING -j ${target}`, 'nat POSTROUTING -j MASQUERADE'];
    const walk = send(withRules(...rules), 'a1 udp 10.244.2.2:8080');
    // The tunnel's own packet is made here and is tracked.
    expect(states(walk)[0]).toBe('UNTRACKED');
    expect(walk.outcome).toBe('a2 sees 10.244.1.2 ttl 62');
  });

  it('an untracked packet is UNTRACKED to a rule, and not INVALID', () => {
    const drop = (state: string): string | undefined =>
      send(
        withRules('raw PREROUTING -j NOTRACK', `filter FORWARD -m conntrack --ctstate ${state} -j DROP`),
        'a1 udp 10.244.2.2:8080',
      ).lost;
    expect(drop('UNTRACKED')).toBe('DROP_RULE');
    expect(drop('INVALID')).toBeUndefined();
  });

  it('a zone keeps connections apart: a reply that is not put into it belongs to none', () => {
    const there = 'raw PREROUTING -s 10.244.1.2/32 -j CT --zone 5';
    const back = 'raw PREROUTING -d 10.244.1.2/32 -j CT --zone 5';
    const nat = 'nat PREROUTING -d 10.96.0.1/32 -j DNAT --to-destination 10.244.2.2';
    const both = withRules(there, back, nat);
    const walk = send(both, 'a1 udp 10.96.0.1:8080');
    expect(walk.outcome).toMatch(/^a2 sees 10\.244\.1\.2/);
    expect(conntrack(both, walk.session).map((line) => / (zone=\d+)/.exec(line)?.[1])).toEqual(['zone=5']);
    expect(send(withRules(there, nat), 'a1 udp 10.96.0.1:8080').outcome).toBe('TIMEOUT');
  });

  it.each(['--zone mark', '--zone-orig 5', '--zone-reply 5'])('CT %s is not modelled and says so', (zone) => {
    const walk = send(withRules(`raw PREROUTING -j CT ${zone}`), 'a1 udp 10.244.2.2:8080');
    expect(walk.lost).toBe('UNSUPPORTED');
  });

  it('CONNMARK saves the mark with its connection and restores it on the reply', () => {
    const world = withRules(
      'mangle PREROUTING -s 10.244.1.2/32 -j MARK --set-xmark 0x1234/0xffffffff',
      'mangle PREROUTING -s 10.244.1.2/32 -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff',
      'mangle PREROUTING -d 10.244.1.2/32 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff',
      'filter FORWARD -d 10.244.1.2/32 -m mark --mark 0x34 -j DROP',
    );
    const walk = send(world, 'a1 udp 10.244.2.2:8080');
    expect(walk.lost).toBe('DROP_RULE');
    expect(conntrack(world, walk.session)).toEqual([expect.stringContaining(' mark=52 use=1')]);
  });

  it('CONNMARK --set-xmark clears the bits of its mask and turns round those of its value', () => {
    const world = withRules(
      'mangle PREROUTING -s 10.244.1.2/32 -j CONNMARK --set-xmark 0xf0/0xff',
      'mangle PREROUTING -s 10.244.1.2/32 -j CONNMARK --set-xmark 0x3/0x10',
    );
    const walk = send(world, 'a1 udp 10.244.2.2:8080');
    expect(conntrack(world, walk.session)).toEqual([expect.stringContaining(' mark=227 use=1')]);
  });
});

describe('targets that let a packet go on', () => {
  it.each([
    ['filter FORWARD -j LOG --log-prefix "seen: "', 'LOG'],
    ['filter FORWARD -j NFLOG --nflog-group 5', 'NFLOG'],
    ['raw PREROUTING -j TRACE', 'TRACE'],
  ])('%s leaves a note', (rule, code) => {
    const walk = send(withRules(rule), 'a1 tcp 10.244.2.2:8080');
    expect(walk.outcome).toBe('a2 sees 10.244.1.2');
    expect(notesOf(walk.there)).toContain(code);
  });

  it.each([
    'mangle FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --clamp-mss-to-pmtu',
    'mangle POSTROUTING -j CHECKSUM --checksum-fill',
    'mangle POSTROUTING -j CLASSIFY --set-class 0001:0005',
  ])('%s changes nothing on the way', (rule) => {
    expect(send(withRules(rule), 'a1 tcp 10.244.2.2:8080').outcome).toBe('a2 sees 10.244.1.2');
  });

  it('TTL is set, raised and lowered within a byte', () => {
    const ttl = (action: string): string =>
      send(withRules(`mangle PREROUTING -s 10.244.1.2/32 -j TTL --ttl-${action}`), 'a1 udp 10.244.2.2:8080')
        .outcome;
    expect(ttl('set 9')).toBe('a2 sees 10.244.1.2 ttl 7');
    expect(ttl('inc 200')).toBe('a2 sees 10.244.1.2 ttl 253');
    expect(ttl('dec 63')).toBe('TIMEOUT');
  });

  it.each([
    ['DSCP --set-dscp 0x2e', '-m dscp --dscp 0x2e'],
    ['TOS --set-tos 0x10/0x3f', '-m tos --tos 0x10/0xff'],
    ['TOS --set-tos 0x0f/0x00', '-m tos --tos 0x0f/0xff'],
  ])('%s is what %s finds later', (target, match) => {
    const rules = [`mangle PREROUTING -s 10.244.1.2/32 -j ${target}`, `filter FORWARD ${match} -j DROP`];
    expect(send(withRules(...rules), 'a1 udp 10.244.2.2:8080').lost).toBe('DROP_RULE');
  });

  it('what is not modelled decides nothing in silence', () => {
    const walk = send(
      withRules('filter FORWARD -m u32 --u32 "0x6&0xff=0x1" -j ACCEPT'),
      'a1 tcp 10.244.2.2:8080',
    );
    expect(walk.lost).toBe('UNSUPPORTED');
    const queue = send(withRules('filter FORWARD -j NFQUEUE --queue-num 5'), 'a1 tcp 10.244.2.2:8080');
    expect(queue.lost).toBe('UNSUPPORTED');
  });
});

describe('SET', () => {
  const SETS = ['node1: ipset create seen hash:ip', 'node1: ipset create nets hash:net'];

  it('adds an element that later rules and packets of the run find; the state stays as it was', () => {
    const world = twoNodeWorld();
    run(world, ...SETS);
    restore(
      world,
      'node/node1',
      '*filter\n-A FORWARD -m set --match-set seen src -j DROP\n-A FORWARD -j SET --add-set seen src\nCOMMIT\n',
    );
    const first = send(world, 'a1 udp 10.244.2.2:8080');
    expect(first.outcome).toMatch(/^a2 sees/);
    expect(send(world, 'a1 udp 10.244.2.2:8080', {}, first.session).lost).toBe('DROP_RULE');
    const netns = world.netns.get('node/node1');
    if (netns === undefined) throw new Error('no node1');
    expect(netns.sets.get('seen')?.entries.size).toBe(0);
    // The request's source and the reply's.
    expect([...(withLearned(first.session, netns).sets.get('seen')?.entries.keys() ?? [])]).toHaveLength(2);
  });

  it('takes an element out', () => {
    const world = twoNodeWorld();
    run(world, ...SETS, 'node1: ipset add seen 10.244.1.2');
    restore(
      world,
      'node/node1',
      '*filter\n-A FORWARD -j SET --del-set seen src\n-A FORWARD -m set --match-set seen src -j DROP\nCOMMIT\n',
    );
    expect(send(world, 'a1 udp 10.244.2.2:8080').outcome).toMatch(/^a2 sees/);
  });

  it('adds to a set of networks with the longest prefix that it has', () => {
    const world = twoNodeWorld();
    run(world, ...SETS, 'node1: ipset add nets 172.16.0.0/12', 'node1: ipset add nets 192.0.2.0/24');
    restore(
      world,
      'node/node1',
      '*filter\n-A FORWARD -s 10.244.1.2/32 -j SET --add-set nets src\n-A FORWARD -s 10.244.1.3/32 -m set --match-set nets src -j DROP\nCOMMIT\n',
    );
    const { session } = send(world, 'a1 udp 10.244.2.2:8080');
    expect(send(world, 'b1 udp 10.244.2.2:8080', {}, session).lost).toBe('DROP_RULE');
  });

  it('of a set that does not exist is not known', () => {
    expect(send(withRules('filter FORWARD -j SET --add-set nope src'), 'a1 udp 10.244.2.2:8080').lost).toBe(
      'UNSUPPORTED',
    );
  });
});

describe('states of connections', () => {
  const TRACKED = 'nat POSTROUTING -d 198.51.100.0/24 -j MASQUERADE';

  it('TCP: a SYN, its answer, the ACK', () => {
    const world = withRules(TRACKED);
    const walk = send(world, 'a1 tcp 10.244.2.2:8080');
    expect(conntrack(world, walk.session)).toEqual([expect.stringMatching(/^tcp {6}6 60 SYN_RECV /)]);
    completeHandshake(walk.session, walk.asked);
    expect(conntrack(world, walk.session)).toEqual([
      expect.stringMatching(/^tcp {6}6 432000 ESTABLISHED .* \[ASSURED\] mark=0 use=1$/),
    ]);
  });

  it('TCP: a connection that is refused leaves nothing, one without an answer its SYN', () => {
    const world = withRules(TRACKED);
    const refused = send(world, 'a1 tcp 10.244.2.2:8081');
    expect(refused.outcome).toBe('ECONNREFUSED');
    expect(conntrack(world, refused.session)).toEqual([]);
    const silent = send(world, 'a1 tcp 203.0.113.1:80');
    expect(conntrack(world, silent.session)).toEqual([
      expect.stringMatching(/^tcp {6}6 120 SYN_SENT .*\[UNREPLIED\]/),
    ]);
  });

  it('TCP: an ACK whose SYN/ACK went another way is INVALID', () => {
    // node2 answers past node1.
    const world = withRules(TRACKED, 'filter FORWARD -m conntrack --ctstate INVALID -j DROP');
    const walk = send(world, 'a1 tcp 203.0.113.1:80');
    const answer = {
      kind: 'tcp' as const,
      sport: 80,
      dport: walk.asked.client.localPort,
      seq: 1,
      ack: 2,
      flags: 0x12,
      window: 1,
      data: new Uint8Array(),
    };
    const [visit] = [walk.asked.first];
    walk.asked.client.events.length = 0;
    const packet = { src: 0, dst: 0, ttl: 64, tos: 0, id: 0, df: true, transport: answer };
    walk.asked.client.events.push({ kind: 'answer', packet, visit });
    completeHandshake(walk.session, walk.asked);
    expect(walk.session.ends.at(-1)?.reason).toBe('DROP_RULE');
    expect(conntrack(world, walk.session)).toEqual([expect.stringContaining('SYN_SENT')]);
  });

  it('SCTP: an association is established with its cookie', () => {
    const world = withRules(TRACKED);
    listen(world, 'pod/default/a2', 'sctp', 9999, { name: 'a2', node: 'node2' });
    const walk = send(world, 'a1 sctp 10.244.2.2:9999');
    expect(conntrack(world, walk.session)).toEqual([expect.stringMatching(/^sctp {5}132 3 COOKIE_WAIT /)]);
    completeHandshake(walk.session, walk.asked);
    expect(conntrack(world, walk.session)).toEqual([
      expect.stringMatching(/^sctp {5}132 210 ESTABLISHED .*\[ASSURED\]/),
    ]);
  });

  it('timeouts are those of the sysctls', () => {
    const world = withRules(TRACKED);
    run(world, 'node1: sysctl -w net.netfilter.nf_conntrack_udp_timeout=7');
    const walk = send(world, 'a1 udp 10.244.2.2:8080');
    expect(conntrack(world, walk.session)).toEqual([expect.stringMatching(/^udp {6}17 7 /)]);
  });
});
