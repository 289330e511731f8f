import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const realize = (...words: readonly string[]): ReturnType<typeof podwalk> =>
  podwalk(['realize', '-t', 'host-port', ...words]);

describe('podwalk realize', () => {
  it('prints a script that builds the cluster, with the prefix that is asked for', async () => {
    const { code, stdout, stderr } = await realize('--prefix', 'lab-');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^#!\/bin\/sh\n/);
    expect(stdout).toMatch(/^P=\$\{P:-lab-\} /m);
    expect(stdout).toMatch(/^ {4}'\*mangle' \\\n(?: {4}'.*\n)+ {4}iptables node1$/m);
  });

  it('knows pods of the network of their node by their names', async () => {
    const { stdout } = await realize();
    expect(stdout).toMatch(/^ +'node node2 node2'/m);
    expect(stdout).toMatch(/^ +'pod \S+\/\S+ node2'/m);
  });

  it('builds what is broken by hand', async () => {
    const { stdout } = await realize('--break', 'node1: ip route add blackhole 198.51.100.0/24');
    expect(stdout).toMatch(/^ +'route append blackhole 198\.51\.100\.0\/24'/m);
  });

  it.each<[string[], string]>([
    [['--up', '--down'], 'error: --up and --down: one at a time\n'],
    [['--exec', 'node1'], 'error: --exec node1 needs a command: podwalk realize --exec node1 -- ip route\n'],
    [['ip', 'route'], 'error: "ip route" is a command for --exec WHO, which is not there\n'],
    [
      ['--prefix', 'Lab'],
      'error: prefix "Lab" is no prefix of namespaces; write at most 32 small letters, digits and dashes, a dash last\n',
    ],
  ])('%j is wrong usage', async (words, message) => {
    expect(await realize(...words)).toEqual({ code: 2, stdout: '', stderr: message });
  });
});
