import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

describe('podwalk trace --batch', () => {
  const batch = (lines: readonly string[], ...more: string[]): ReturnType<typeof podwalk> =>
    podwalk(['trace', '--batch', '-', '-t', 'three-nodes', ...more], { stdin: `${lines.join('\n')}\n` });

  it('answers a line for a line, in order', async () => {
    const { code, stdout } = await batch(
      [
        '{"source": "pod/client", "destination": "svc/web:80"}',
        '',
        '{"source": "node/node1", "destination": "10.244.2.2", "protocol": "icmp"}',
        '{"source": "pod/client", "destination": "10.96.0.10:9", "sport": 1000}',
      ],
      '--all',
      '-o',
      'jsonl',
    );
    const traces = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(traces.map((trace) => [trace.kind, trace.flow.protocol, trace.paths.length])).toEqual([
      ['Trace', 'tcp', 3],
      ['Trace', 'icmp', 1],
      ['Trace', 'tcp', 1],
    ]);
    expect(traces[2].paths[0].hops[0].steps[0].packet.sport).toBe(1000);
    expect(code).toBe(0);
  });

  it('puts an Error where a line is bad, and exits 2 at the end', async () => {
    const { code, stdout } = await batch([
      'nonsense',
      '["a"]',
      '{"source": "pod/client"}',
      '{"destination": "svc/web"}',
      '{"source": "pod/client", "destination": 80}',
      '{"source": "pod/client", "destination": "svc/web", "protocol": "TCP"}',
      '{"source": "pod/client", "destination": "svc/web", "protcol": "tcp"}',
      '{"source": "pod/client", "destination": "svc/web", "ttl": 0}',
      '{"source": "pod/client", "destination": "svc/wbe"}',
      '{"source": "pod/client", "destination": "svc/web"}',
    ]);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.slice(0, 9)).toEqual([
      { kind: 'Error', line: 1, message: 'not a JSON object' },
      { kind: 'Error', line: 2, message: 'not a JSON object' },
      { kind: 'Error', line: 3, message: 'destination is missing' },
      { kind: 'Error', line: 4, message: 'source is missing' },
      { kind: 'Error', line: 5, message: 'destination: expected a string, got 80' },
      { kind: 'Error', line: 6, message: 'protocol: expected tcp, udp, sctp or icmp, got "TCP"' },
      { kind: 'Error', line: 7, message: 'unknown key "protcol" (did you mean "protocol"?)' },
      { kind: 'Error', line: 8, message: 'ttl: expected a number from 1 to 255, got 0' },
      {
        kind: 'Error',
        line: 9,
        message: 'service "wbe" not found in namespace "default" (did you mean "web"?)',
      },
    ]);
    expect(lines[9].kind).toBe('Trace');
    expect(code).toBe(2);
  });

  it('leaves the cluster as it was: a walk in a batch is the walk alone', async () => {
    const request = '{"source": "external/198.51.100.9", "destination": "svc/web"}';
    const { stdout } = await batch(
      [request, '{"source": "external", "destination": "svc/web"}', request],
      '--all',
    );
    const lines = stdout.trimEnd().split('\n');
    expect(lines[2]).toBe(lines[0]);
    const alone = await podwalk([
      'trace',
      'external/198.51.100.9',
      'svc/web',
      '-t',
      'three-nodes',
      '--all',
      '-o',
      'jsonl',
    ]);
    expect(alone.stdout.trimEnd()).toBe(lines[0]);
  });
});
