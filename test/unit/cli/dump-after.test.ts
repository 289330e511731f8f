import { describe, expect, it } from 'vitest';
import { parseConntrack } from '../../../src/formats/index.ts';
import { podwalk } from '../../fixtures/cli.ts';

async function dumpAfter(
  what: string,
  place: readonly string[],
  ...flows: readonly string[]
): Promise<string> {
  const argv = ['dump', what, ...place, '-t', 'three-nodes', ...flows.flatMap((flow) => ['--after', flow])];
  const { code, stdout, stderr } = await podwalk(argv);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

const node = (name: string): readonly string[] => ['--node', name];

describe('podwalk dump --after', () => {
  it('lists no connection before any packet', async () => {
    expect(await dumpAfter('conntrack', node('node1'))).toBe('');
  });

  it('lists an open TCP connection as established and assured, translated as the Service asks', async () => {
    const text = await dumpAfter('conntrack', node('node1'), 'pod/client svc/web:80');
    expect(text).toMatch(
      /^tcp {6}6 86400 ESTABLISHED src=10\.244\.1\.2 dst=10\.96\.0\.10 sport=\d+ dport=80 src=10\.244\.1\.3 dst=10\.244\.1\.2 sport=8080 dport=\d+ \[ASSURED\] mark=0 use=1\n$/,
    );
    expect(parseConntrack(text).ok).toBe(true);
  });

  it('keeps one run over all flows, in order', async () => {
    const flows = ['pod/client svc/resolver:53', 'node/node1 10.244.3.2 -p icmp', 'pod/client svc/web:80'];
    const text = await dumpAfter('conntrack', node('node1'), ...flows);
    expect(text.match(/^\w+(?= .*dst=10\.)/gm)).toEqual(['udp', 'icmp', 'tcp']);
    // The tunnel's own packets are tracked too, one connection for each direction.
    expect(text.match(/^udp .*dport=8472 \[UNREPLIED\]/gm)).toHaveLength(4);
  });

  it('lists no connection that was refused, and one that was not answered as SYN_SENT', async () => {
    expect(await dumpAfter('conntrack', node('node1'), 'pod/client node/node1:9999')).toBe('');
    expect(await dumpAfter('conntrack', node('node1'), 'pod/client 10.244.1.99:80')).toBe('');
    expect(await dumpAfter('conntrack', node('node2'), 'pod/client 10.244.2.99:80')).toMatch(
      /^tcp {6}6 120 SYN_SENT src=10\.244\.1\.2 dst=10\.244\.2\.99 .*\[UNREPLIED\] src=10\.244\.2\.99/m,
    );
  });

  it('translates for clients outside, by the nodePort of the node that they ask', async () => {
    const text = await dumpAfter('conntrack', node('node2'), 'external/198.51.100.7 node/node2:30080');
    expect(text).toMatch(
      /src=198\.51\.100\.7 dst=192\.168\.56\.12 sport=\d+ dport=30080 src=10\.244\.\d\.\d/,
    );
  });

  it('shows learnt neighbours: asked for, asking, and never found', async () => {
    const flows = ['pod/client svc/resolver:53', 'pod/client 10.244.2.99:80'];
    const asking = await dumpAfter('ip-neigh', node('node1'), ...flows);
    expect(asking).toMatch(/^192\.168\.56\.12 dev eth0 lladdr \S+ REACHABLE $/m);
    expect(asking).toMatch(/^10\.244\.2\.0 dev flannel\.1 lladdr \S+ PERMANENT $/m);
    const asked = await dumpAfter('ip-neigh', node('node2'), ...flows);
    expect(asked).toMatch(/^192\.168\.56\.11 dev eth0 lladdr \S+ DELAY $/m);
    expect(asked).toMatch(/^10\.244\.2\.99 dev cni0 FAILED $/m);
    expect(await dumpAfter('ip-neigh', ['--pod', 'client'], ...flows)).toMatch(
      /^10\.244\.1\.1 dev eth0 .*REACHABLE $/m,
    );
  });

  it('shows which MACs a bridge has learnt at which port', async () => {
    const before = await dumpAfter('bridge-fdb', node('node1'));
    const learnt = await dumpAfter('bridge-fdb', node('node1'), 'pod/client svc/resolver:53');
    const more = learnt.split('\n').filter((line) => !before.includes(line));
    expect(more).toHaveLength(1);
    expect(more[0]).toMatch(/^\S+ dev veth\w+ master cni0 $/);
  });

  it('leaves everything else as it is', async () => {
    expect(await dumpAfter('ip-route', node('node1'), 'pod/client svc/web:80')).toBe(
      await dumpAfter('ip-route', node('node1')),
    );
  });

  it.each([
    ['pod/client', "expected 'SRC DST' or 'SRC DST -p tcp|udp|sctp|icmp', got \"pod/client\""],
    ['pod/client svc/web:80 -p foo', "expected 'SRC DST'"],
    ['pod/nobody svc/web:80', 'pod "nobody" not found'],
    ['pod/client svc/web:81', '81'],
  ])('refuses %j', async (flow, message) => {
    const ran = await podwalk(['dump', 'conntrack', '--node', 'node1', '-t', 'three-nodes', '--after', flow]);
    expect(ran.code).toBe(2);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain(`error: --after: `);
    expect(ran.stderr).toContain(message);
  });
});
