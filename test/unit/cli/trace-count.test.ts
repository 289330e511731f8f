import { describe, expect, it } from 'vitest';
import { checkTrace, type Trace, type TraceSeries } from '../../../src/trace/index.ts';
import { podwalk } from '../../fixtures/cli.ts';

const IPVS = ['--set', 'kube-proxy.mode=ipvs'];
const ASK = ['trace', '-t', 'three-nodes', 'external', 'svc/web'] as const;

async function seriesOf(...args: string[]): Promise<TraceSeries> {
  const { stdout } = await podwalk([...args, '-o', 'json']);
  return JSON.parse(stdout) as TraceSeries;
}

const pods = (series: TraceSeries): (string | undefined)[] =>
  series.connections.map(({ endpoint }) => endpoint?.pod);

describe('podwalk trace --count', () => {
  it('goes on in the round of IPVS: each endpoint once in a round, the same order again and again', async () => {
    const series = await seriesOf(...ASK, '--count', '12', ...IPVS);
    const seen = pods(series);
    const round = seen.slice(0, new Set(seen).size);
    expect(round.length).toBeGreaterThan(1);
    expect(new Set(round).size).toBe(round.length);
    expect(seen).toEqual(seen.map((_, i) => round[i % round.length]));
    expect(series.connections.map(({ odds }) => odds)).toEqual(
      seen.map((_, i) => (i === 0 ? `1/${round.length}` : '1')),
    );
  });

  it('draws each connection anew in iptables mode, from the seed', async () => {
    const series = await seriesOf(...ASK, '--count', '40');
    expect(new Set(series.connections.map(({ odds }) => odds)).size).toBe(1);
    expect(new Set(pods(series)).size).toBe(series.counts.length);
    expect(await seriesOf(...ASK, '--count', '40', '--seed', '1')).toEqual(series);
    expect(pods(await seriesOf(...ASK, '--count', '40', '--seed', '2'))).not.toEqual(pods(series));
  });

  it('gives each connection a port of its own, and counts how they ended', async () => {
    const series = await seriesOf(...ASK, '--count', '300', ...IPVS);
    expect(new Set(series.connections.map(({ source }) => source.port)).size).toBe(300);
    expect(series.counts.reduce((sum, { count }) => sum + count, 0)).toBe(300);
    expect(series.verdict).toBe('delivered');
  });

  it('writes a whole trace for each connection as jsonl', async () => {
    const { stdout } = await podwalk([...ASK, '--count', '3', '-o', 'jsonl', ...IPVS]);
    const traces = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Trace);
    expect(traces).toHaveLength(3);
    for (const trace of traces) expect(checkTrace(trace)).toEqual([]);
  });

  it('is a table for people', async () => {
    const { stdout, code } = await podwalk([...ASK, '--count', '2', ...IPVS]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/2 connections, one after another/);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('verdict  DELIVERED');
  });

  it.each([
    [['--all'], 'leave --all out'],
    [['--sport', '5000'], 'leave --sport out'],
    [['-o', 'pcapng'], 'leave --count out'],
  ] as const)('does not go with %s', async (more, hint) => {
    const { stderr, code } = await podwalk([...ASK, '--count', '2', ...more]);
    expect(code).toBe(2);
    expect(stderr).toContain(hint);
  });
});
