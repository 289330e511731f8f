import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/lab/conform/compare.ts';
import type { Expected } from '../../../src/lab/conform/expected.ts';
import type { Observed } from '../../../src/lab/conform/observed.ts';
import { renderDifference } from '../../../src/lab/conform/report.ts';
import type { Crossing, TableWalk } from '../../../src/lab/conform/way.ts';

function crossing(device: string, sport: number, over: Partial<Crossing> = {}): Crossing {
  const addresses = { src: '10.244.1.2', dst: '10.244.2.2', sport, dport: 80, ttl: 64 };
  return { netns: 'node/node1', device, direction: 'in', addresses, ...over };
}

function walk(...rules: string[]): TableWalk {
  return { netns: 'node/node1', hook: 'FORWARD', table: 'filter', rules, verdict: 'accept', policy: false };
}

const NONE = { request: [], back: [] };
const SAID: Expected = {
  outcome: { kind: 'answer', who: 'default/web', sees: '10.244.1.2', port: 40000, from: '10.96.0.10' },
  randomPorts: new Set([55555]),
  crossings: { request: [crossing('cni0', 40000), crossing('flannel.1', 55555)], back: [] },
  walks: { request: [walk('FORWARD:1', 'KUBE-FORWARD:3')], back: [] },
  copies: { request: new Set(), back: new Set() },
};
const SHOWN: Observed = {
  outcome: { kind: 'answer', who: 'default/web', sees: '10.244.1.2', port: 40000 },
  crossings: { request: [crossing('cni0', 40000), crossing('flannel.1', 12345)], back: [] },
  walks: { request: [walk('FORWARD:1', 'KUBE-FORWARD:3')], back: [] },
};

describe('a walk and what the kernel showed', () => {
  it('are the same when only ports differ that are drawn at random', () => {
    expect(compare(SAID, SHOWN)).toBeUndefined();
  });

  it('differ where one random port is seen as two', () => {
    const twice = [crossing('flannel.1', 55555), crossing('eth0', 55555)];
    const shown = [crossing('flannel.1', 12345), crossing('eth0', 12346)];
    const found = compare(
      { ...SAID, crossings: { ...NONE, request: twice } },
      { ...SHOWN, crossings: { ...NONE, request: shown } },
    );
    expect(found).toMatchObject({ what: 'devices of the request', at: 1 });
  });

  it.each<[string, Partial<Observed>, object]>([
    [
      'a device',
      { crossings: { ...NONE, request: [crossing('cni0', 40000)] } },
      { what: 'devices of the request', at: 1 },
    ],
    [
      'a device of the way back',
      { crossings: { ...SHOWN.crossings, back: [crossing('cni0', 80)] } },
      { what: 'devices of what came back', at: 0 },
    ],
    [
      'an address',
      {
        crossings: {
          ...NONE,
          request: [
            crossing('cni0', 40000, {
              addresses: { src: '10.244.1.1', dst: '10.244.2.2', sport: 40000, dport: 80, ttl: 64 },
            }),
          ],
        },
      },
      { what: 'devices of the request', at: 0 },
    ],
    [
      'a rule',
      { walks: { ...NONE, request: [walk('FORWARD:1', 'KUBE-FORWARD:4')] } },
      { what: 'rules of node/node1 for the request', at: 0 },
    ],
    ['the endpoint', { outcome: { kind: 'answer', who: 'default/other' } }, { what: 'outcome', at: 0 }],
    ['the source that it sees', { outcome: { kind: 'answer', sees: '10.244.1.1' } }, { what: 'outcome' }],
    ['the answer', { outcome: { kind: 'silence' } }, { what: 'outcome' }],
    ['the error', { outcome: { kind: 'errno', errno: 'EHOSTUNREACH' } }, { what: 'outcome' }],
  ])('differ by %s', (_, shown, divergence) => {
    expect(compare(SAID, { ...SHOWN, ...shown })).toMatchObject(divergence);
  });
});

it('a difference is two aligned ways, the place marked, and commands that show it again', () => {
  const divergence = compare(SAID, { ...SHOWN, crossings: { ...NONE, request: [crossing('cni0', 40000)] } });
  if (divergence === undefined) throw new Error('no difference');
  const request = {
    source: { kind: 'pod', netnsId: 'pod/default/client', end: { kind: 'pod' } },
    destination: { ip: 0, protocol: 'udp', end: { kind: 'ip', ip: '10.96.0.10' } },
    size: 1472,
  } as const;
  const probe = { source: 'pod/client', destination: '10.96.0.10:53', request };
  expect(renderDifference({ probe, divergence }, { cluster: '-t two-nodes', verbose: false })).toBe(
    `pod/client 10.96.0.10:53 -p udp --size 1472: devices of the request
   walk                                                             | kernel
   node/node1 cni0 in  10.244.1.2:40000 > 10.244.2.2:80 ttl 64      | node/node1 cni0 in  10.244.1.2:40000 > 10.244.2.2:80 ttl 64
>> node/node1 flannel.1 in  10.244.1.2:55555 > 10.244.2.2:80 ttl 64 | -
   again: podwalk conform -t two-nodes --probe 'pod/client 10.96.0.10:53 -p udp --size 1472'
   walk:  podwalk trace pod/client 10.96.0.10:53 -t two-nodes --all -v -p udp --size 1472
`,
  );
});
