import { expect, it } from 'vitest';
import { readRules, ruleKey, traceReader } from '../../../src/lab/observe/nft-trace.ts';

/** Two packets of `nft -a monitor trace` 1.0.6, interleaved as two CPUs tell them. */
const TEXT = `trace id 74f172f2 ip raw OUTPUT packet: oif "eth0" ip saddr 10.244.2.2 ip daddr 10.96.0.10 ip dscp cs0 ip ecn not-ect ip ttl 64 ip id 20093 ip protocol tcp ip length 60 tcp sport 40000 tcp dport 80 tcp flags == syn tcp window 64240
trace id 74f172f2 ip nat OUTPUT packet: oif "eth0" ip saddr 10.244.2.2 ip daddr 10.96.0.10 ip dscp cs0 ip ecn not-ect ip ttl 64 ip id 20093 ip protocol tcp ip length 60 tcp sport 40000 tcp dport 80 tcp flags == syn tcp window 64240
trace id 74f172f2 ip nat OUTPUT rule  counter packets 5 bytes 300 jump KUBE-SERVICES # handle 6 (verdict jump KUBE-SERVICES)
trace id 11aa22bb ip filter FORWARD packet: iif "cni0" oif "flannel.1" ip saddr 10.244.1.2 ip daddr 10.244.2.2 ip dscp cs0 ip ecn not-ect ip ttl 63 ip id 0 ip protocol icmp icmp type echo-reply icmp code 0 @th,64,96 0x71
trace id 74f172f2 ip nat KUBE-SERVICES rule ip daddr 10.96.0.10 tcp dport 80 counter packets 1 bytes 60 dnat to 10.244.1.2:8080 # handle 8 (verdict accept)
trace id 11aa22bb ip filter FORWARD rule ct state related counter packets 0 bytes 0 # handle 4 (verdict continue)
trace id 11aa22bb ip filter FORWARD policy drop
not a line of a trace
trace id 99999999 ip6 filter FORWARD packet: iif "cni0" ip6 saddr fe80::1`;

it('reads the walks of packets through tables, whoever they are mixed with', () => {
  const { take, walks } = traceReader();
  for (const line of TEXT.split('\n')) take(line);
  expect(
    walks.map(({ table, hook, rules, verdict, policy }) => ({ table, hook, rules, verdict, policy })),
  ).toEqual([
    { table: 'raw', hook: 'OUTPUT', rules: [], verdict: undefined, policy: false },
    {
      table: 'nat',
      hook: 'OUTPUT',
      rules: [
        { chain: 'OUTPUT', handle: 6 },
        { chain: 'KUBE-SERVICES', handle: 8 },
      ],
      verdict: 'accept',
      policy: false,
    },
    {
      table: 'filter',
      hook: 'FORWARD',
      rules: [{ chain: 'FORWARD', handle: 4 }],
      verdict: 'drop',
      policy: true,
    },
  ]);
  expect(walks[1]?.packet).toEqual({
    oif: 'eth0',
    src: '10.244.2.2',
    dst: '10.96.0.10',
    ttl: 64,
    id: 20093,
    protocol: 'tcp',
    sport: 40000,
    dport: 80,
    info: 'syn',
  });
  expect(walks[2]?.packet).toMatchObject({
    protocol: 'icmp',
    info: 'echo-reply',
    payload: '71',
    iif: 'cni0',
  });
});

it('numbers the rules of each chain from their handles', () => {
  const rule = (chain: string, handle: number, family = 'ip'): object => ({
    rule: { family, table: 'nat', chain, handle },
  });
  const text = JSON.stringify({
    nftables: [{ metainfo: {} }, rule('A', 9), rule('B', 4), rule('A', 7), rule('A', 1, 'ip6')],
  });
  expect([...readRules(text).positions]).toEqual([
    [ruleKey('nat', 'A', 9), 1],
    [ruleKey('nat', 'B', 4), 1],
    [ruleKey('nat', 'A', 7), 2],
  ]);
});
