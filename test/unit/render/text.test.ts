import { describe, expect, it } from 'vitest';
import { COLOUR, PLAIN, paintFor } from '../../../src/render/colour.ts';
import { renderText } from '../../../src/render/text.ts';
import { MIXED, ONE_BRANCH, REFUSED } from '../../fixtures/trace.ts';

const concise = { paint: PLAIN, verbose: false };

describe('a trace as text', () => {
  it('names the flow first, the hops in order and the verdict last', () => {
    expect(renderText(ONE_BRANCH, concise)).toBe(
      `flow     tcp 10.244.1.2:40000 > 10.96.0.10:80   default/client -> svc default/web
 1  default/client  > eth0            10.244.1.2:40000 > 10.96.0.10:80 SYN
      route              default via 10.244.1.1 dev eth0   from cni
 2  node1           cni0 > flannel.1  10.244.1.2:40000 > 10.96.0.10:80 SYN
      choose             KUBE-SVC-LOLE4ISW44XBNF3G:2 (odds 1/2)
      nat PREROUTING     PREROUTING:1 > KUBE-SERVICES:2 > KUBE-SVC-LOLE4ISW44XBNF3G:2 > KUBE-SEP-ABCDEFGHIJKLMNOP:2  DNAT   from Pod default/web-0 (kube-proxy)
      DNAT               10.96.0.10:80 -> 10.244.2.2:8080
      route              10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink   from Node node2 spec.podCIDR (flannel)
      neigh              10.244.2.0 dev flannel.1 lladdr 0e:00:00:00:00:02 PERMANENT   from Node node2 (flannel)
      encap              vxlan vni 1  192.168.56.11:51515 > 192.168.56.12:8472
 3  lan             node1 > node2     10.244.1.2:40000 > 10.244.2.2:8080 SYN
 4  default/web-0   eth0              10.244.1.2:40000 > 10.244.2.2:8080 SYN
      route              local 10.244.2.2 dev eth0 table local
      deliver            tcp socket *:8080 of default/web-0   from Pod default/web-0 spec.containers[0].ports[0] (kubelet)
reply
 5  default/web-0   > eth0            10.244.2.2:8080 > 10.244.1.2:40000 SYN,ACK
 6  node1           flannel.1 > cni0  10.244.2.2:8080 > 10.244.1.2:40000 SYN,ACK
      un-DNAT            10.244.2.2:8080 -> 10.96.0.10:80
 7  default/client  eth0              10.96.0.10:80 > 10.244.1.2:40000 SYN,ACK
      deliver            the client
others   1 other branch (50% together); --all walks every one
verdict  DELIVERED  to default/web-0 on node2 (10.244.2.2:8080), which sees 10.244.1.2:40000; the answer comes from 10.96.0.10:80
`,
    );
  });

  it('ends a drop with one thing to change and the reason', () => {
    const lines = renderText(REFUSED, concise).trimEnd().split('\n');
    expect(lines).toContain('      drop               NO_LISTENER  no tcp socket on 8080');
    expect(lines.at(-2)).toBe(
      'change   set targetPort of Service default/web to a port that the pod listens on',
    );
    expect(lines.at(-1)).toBe(
      'verdict  REFUSED  NO_LISTENER (ECONNREFUSED): nothing listens on tcp 8080 of default/web-0',
    );
  });

  it('lists every path with its odds, then walks each, and shares out the verdict', () => {
    const text = renderText(MIXED, concise);
    expect(text).toContain(
      'ODDS   VERDICT                 ENDPOINT                                   SOURCE SEEN\n' +
        '1/2    delivered               default/web-0 on node2 (10.244.2.2:8080)   10.244.1.2:40000\n' +
        '1/2    refused (NO_LISTENER)   <none>                                     <none>\n',
    );
    expect(text).toContain('\npath 1 of 2, odds 1/2\n');
    expect(text).toContain('\npath 2 of 2, odds 1/2\n');
    expect(text.trimEnd().split('\n').at(-1)).toBe(
      'verdict  MIXED  50% delivered, 50% refused (NO_LISTENER)',
    );
  });

  it('says what the other branches come to, where that is known', () => {
    const other = {
      probability: 0.25,
      odds: '1/4',
      verdict: 'refused',
      reason: 'NO_LISTENER',
      endpoint: null,
    } as const;
    const delivered = {
      ...other,
      verdict: 'delivered',
      reason: 'OK',
      endpoint: { namespace: 'default', pod: 'web-1', node: 'node1', ip: '10.244.1.3', port: 8080 },
    } as const;
    const unexplored = { branches: 2, probability: 0.5, others: [other, delivered] };
    expect(renderText({ ...ONE_BRANCH, unexplored }, concise)).toContain(
      'others   1/4 refused (NO_LISTENER)\n         1/4 delivered default/web-1 on node1 (10.244.1.3:8080)\nverdict  DELIVERED',
    );
    const many = { branches: 9, probability: 0.5, others: new Array(9).fill(other) };
    expect(renderText({ ...ONE_BRANCH, unexplored: many }, concise)).toContain(
      '\n         and 3 more; --all walks every one\n',
    );
  });

  it('shows every step, each matched rule in full and the work of switches with -v', () => {
    const text = renderText(ONE_BRANCH, { paint: PLAIN, verbose: true });
    expect(text).toContain(
      '-A KUBE-SEP-ABCDEFGHIJKLMNOP -p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.244.2.2:8080   from Pod default/web-0 (kube-proxy)\n',
    );
    expect(text).toContain('      mangle PREROUTING  ACCEPT by policy, 0 rules evaluated\n');
    expect(text).toContain('      ttl                64 -> 63\n');
    expect(text).toContain('      bridge             lan: 0e:00:00:00:00:02 -> port node2\n');
    expect(text).toContain('      conntrack          NEW\n');
  });

  it('never indents deeper than once and leaves no blanks at the ends of lines', () => {
    for (const trace of [ONE_BRANCH, MIXED, REFUSED]) {
      for (const line of renderText(trace, concise).split('\n')) {
        expect(line).toBe(line.trimEnd());
        expect(line).toMatch(/^(| ?\d+ {2}\S.*| {6}\S.*|\S.*)$/);
      }
    }
  });

  it('says the same with colour as without', () => {
    const coloured = renderText(MIXED, { paint: COLOUR, verbose: true });
    expect(coloured).toContain('\u001b[32m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI escapes are what is removed.
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(renderText(MIXED, { paint: PLAIN, verbose: true }));
  });
});

describe('colour', () => {
  it('is for terminals only', () => {
    expect(paintFor(true, {})).toBe(COLOUR);
    expect(paintFor(false, {})).toBe(PLAIN);
    expect(paintFor(true, { TERM: 'dumb' })).toBe(PLAIN);
  });

  it('obeys NO_COLOR and FORCE_COLOR', () => {
    expect(paintFor(true, { NO_COLOR: '1' })).toBe(PLAIN);
    expect(paintFor(true, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(PLAIN);
    expect(paintFor(true, { NO_COLOR: '' })).toBe(COLOUR);
    expect(paintFor(false, { FORCE_COLOR: '1' })).toBe(COLOUR);
    expect(paintFor(true, { FORCE_COLOR: '0' })).toBe(PLAIN);
  });
});
