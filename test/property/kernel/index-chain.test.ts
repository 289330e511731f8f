import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cidrOf } from '../../../src/addr/index.ts';
import { newSession } from '../../../src/kernel/index.ts';
import { candidatesOf, indexOf, nextOf, ruleAt } from '../../../src/kernel/netfilter/index-chain.ts';
import { matchRule } from '../../../src/kernel/netfilter/match.ts';
import type { MatchContext } from '../../../src/kernel/netfilter/match-context.ts';
import type { Chain, Match, Rule } from '../../../src/kernel/netfilter/model.ts';
import { addNetns, createWorld } from '../../../src/kernel/netns.ts';
import { originate, stackOf } from '../../../src/kernel/session.ts';
import { newSkb } from '../../../src/kernel/skb.ts';
import { type IpPacket, NO_DATA } from '../../../src/wire/index.ts';

// Few values, so that rules and packets meet often.
const address = fc.constantFrom(0x0a000001, 0x0a000002, 0x0a600001, 0xc0a80001);
const port = fc.constantFrom(53, 80, 8080, 30080);
const protocol = fc.constantFrom<'tcp' | 'udp' | 'sctp'>('tcp', 'udp', 'sctp');
const numbers = { tcp: 6, udp: 17, sctp: 132 } as const;

const addressMatch = fc.record({
  cidr: fc.tuple(address, fc.constantFrom(32, 32, 32, 24, 8, 0)).map(([ip, length]) => cidrOf(ip, length)),
  not: fc.boolean(),
});
const portMatch = fc
  .record({ from: port, wide: fc.boolean(), not: fc.boolean() })
  .map(({ from, wide, not }) => ({
    from,
    to: wide ? 65535 : from,
    not,
  }));

const rule: fc.Arbitrary<Rule> = fc
  .record({
    src: fc.option(addressMatch, { nil: undefined, freq: 3 }),
    dst: fc.option(addressMatch, { nil: undefined }),
    protocol: fc.option(protocol, { nil: undefined }),
    notProtocol: fc.boolean(),
    withMatch: fc.boolean(),
    dport: fc.option(portMatch, { nil: undefined }),
  })
  .map((r) => {
    const matches: Match[] = [{ kind: 'comment', text: 'a rule' }];
    if (r.protocol !== undefined && !r.notProtocol && r.withMatch) {
      matches.push({ kind: r.protocol, ...(r.dport === undefined ? {} : { dport: r.dport }) });
    }
    return {
      ...(r.src === undefined ? {} : { src: r.src }),
      ...(r.dst === undefined ? {} : { dst: r.dst }),
      ...(r.protocol === undefined ? {} : { protocol: { number: numbers[r.protocol], not: r.notProtocol } }),
      matches,
      target: { kind: 'none' },
      origin: { program: 'user' },
    };
  });

const packet: fc.Arbitrary<IpPacket> = fc
  .record({ src: address, dst: address, kind: protocol, sport: port, dport: port })
  .map(({ src, dst, kind, sport, dport }) => ({
    src,
    dst,
    ttl: 64,
    tos: 0,
    id: 1,
    df: true,
    transport:
      kind === 'tcp'
        ? { kind, sport, dport, seq: 1, ack: 0, flags: 2, window: 1, data: NO_DATA }
        : kind === 'udp'
          ? { kind, sport, dport, data: NO_DATA }
          : { kind, sport, dport, verificationTag: 0, chunk: 1, data: NO_DATA },
  }));

function contextFor(of: IpPacket): MatchContext {
  const world = createWorld();
  const netns = addNetns(world, { id: 'node/n', kind: 'node', label: 'n', name: 'n' });
  const stack = stackOf(
    newSession(world, { chance: () => true }, () => 0),
    'node/n',
  );
  return {
    stack,
    skb: newSkb(of, originate(netns, undefined)),
    hook: 'FORWARD',
    inDevice: undefined,
    outDevice: undefined,
  };
}

/** Positions of the rules that the index offers. */
function positions(index: ReturnType<typeof indexOf>, of: IpPacket): number[] {
  const candidates = candidatesOf(index, of);
  const out: number[] = [];
  if (candidates === undefined) throw new Error('the chain has no index');
  for (let at = nextOf(candidates); at < index.rules.length; at = nextOf(candidates)) out.push(at);
  return out;
}

/** Positions of the rules that take the packet, in the order in which they are met. */
function taken(rules: readonly Rule[], of: IpPacket, indexed: boolean): number[] {
  const chain: Chain = { name: 'C', rules: [...rules], origin: { program: 'user' } };
  const index = indexOf(chain);
  const context = contextFor(of);
  const tried = indexed ? positions(index, of) : rules.keys();
  return [...tried].filter((position) => matchRule(ruleAt(index, position), context) === 'yes');
}

describe('the index over a chain', () => {
  it('meets the same rules in the same order as a scan of the chain', () => {
    fc.assert(
      fc.property(fc.array(rule, { minLength: 12, maxLength: 60 }), packet, (rules, of) => {
        expect(taken(rules, of, true)).toEqual(taken(rules, of, false));
      }),
      { numRuns: 500, seed: 20240501 },
    );
  });

  it('skips rules of other destinations', () => {
    const rules: Rule[] = Array.from({ length: 1000 }, (_, i) => ({
      dst: { cidr: cidrOf(0x0a600000 + i, 32), not: false },
      protocol: { number: 6, not: false },
      matches: [{ kind: 'tcp', dport: { from: 80, to: 80, not: false } }],
      target: { kind: 'none' },
      origin: { program: 'user' },
    }));
    const of = fc.sample(packet, { numRuns: 1, seed: 1 })[0] as IpPacket;
    const index = indexOf({ name: 'C', rules, origin: { program: 'user' } });
    expect(positions(index, { ...of, dst: 0x0a600007 }).length).toBeLessThanOrEqual(1);
  });
});
