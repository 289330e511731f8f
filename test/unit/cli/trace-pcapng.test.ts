import { describe, expect, it } from 'vitest';
import { podwalkBytes as podwalk } from '../../fixtures/cli.ts';

const WALK = ['trace', '-t', 'two-nodes', 'pod/client', 'svc/web:80', '-o', 'pcapng'];

describe('podwalk trace -o pcapng', () => {
  it('writes a capture file to a file or a pipe, and exits as the walk ended', async () => {
    const { code, bytes, stdout } = await podwalk(WALK);
    expect([code, stdout]).toEqual([0, '']);
    expect(Buffer.from(bytes).readUInt32LE(0)).toBe(0x0a0d0d0a);
    const refused = await podwalk([
      'trace',
      '-t',
      'no-endpoints',
      'pod/client',
      'svc/web:80',
      '-o',
      'pcapng',
    ]);
    expect(refused.code).toBe(1);
    expect(refused.bytes.length).toBeGreaterThan(100);
  });

  it('writes nothing to a terminal, and says what to do instead', async () => {
    const { code, bytes, stdout, stderr } = await podwalk(WALK, { isTTY: true });
    expect([code, bytes.length, stdout]).toEqual([2, 0, '']);
    expect(stderr).toBe(
      'error: -o pcapng writes bytes, not text: send them to a file (podwalk trace ... -o pcapng > walk.pcapng) or to a program (| tcpdump -nr -)\n',
    );
  });

  it('tells every step and rule with -v', async () => {
    const concise = await podwalk(WALK);
    const verbose = await podwalk([...WALK, '-v']);
    expect(verbose.bytes.length).toBeGreaterThan(concise.bytes.length);
    expect(Buffer.from(verbose.bytes).toString('latin1')).toContain('-A KUBE-SERVICES -d 10.96.0.10/32');
    expect(Buffer.from(concise.bytes).toString('latin1')).not.toContain('-A KUBE-SERVICES');
  });

  it('is no form for a batch, which writes a trace a line', async () => {
    const { code, bytes, stderr } = await podwalk([
      'trace',
      '--batch',
      '-',
      '-t',
      'two-nodes',
      '-o',
      'pcapng',
    ]);
    expect([code, bytes.length]).toEqual([2, 0]);
    expect(stderr).toContain('-o pcapng takes one SRC and one DST');
  });
});
