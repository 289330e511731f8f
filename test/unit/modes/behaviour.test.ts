import { describe, expect, test } from 'vitest';
import { runSeries } from '../../../src/trace/index.ts';
import { DIFFERENCES } from './differences.ts';
import { inMode, MODES, type Mode, SUITE, seen } from './modes.ts';
import { SHARED } from './shared.ts';

describe.each(MODES)('kube-proxy in %s mode', (mode) => {
  const cluster = inMode(mode, SUITE);

  test.each(SHARED.map(({ name, flows }) => [name, flows] as const))('%s', (_, flows) => {
    for (const [flow, wanted] of Object.entries(flows))
      expect([flow, ...seen(cluster, flow)]).toEqual([flow, ...wanted]);
  });

  test('sessionAffinity ClientIP keeps a client with its pod', () => {
    const question = { source: 'pod/client', destination: '10.96.0.16:80', namespace: 'default' };
    for (const seed of [1, 2, 3]) {
      const series = runSeries(cluster, question, 6, seed);
      if (!series.ok) throw new Error('no series');
      const pods = new Set(series.value.summary.connections.map(({ endpoint }) => endpoint?.pod));
      expect(pods.size).toBe(1);
    }
  });
});

describe('the modes differ, and in nothing else:', () => {
  test.each(DIFFERENCES.map((one) => [one.name, one] as const))('%s', (_, { flows, reason, set }) => {
    expect(reason).not.toBe('');
    const of = (mode: Mode): Record<string, readonly string[]> => {
      const cluster = inMode(mode, SUITE, set);
      return Object.fromEntries(Object.keys(flows).map((flow) => [flow, seen(cluster, flow)]));
    };
    const wanted = (mode: Mode): Record<string, readonly string[]> =>
      Object.fromEntries(Object.entries(flows).map(([flow, answers]) => [flow, answers[mode]]));
    for (const mode of MODES) expect(of(mode)).toEqual(wanted(mode));
    for (const { iptables, ipvs } of Object.values(flows)) expect(ipvs).not.toEqual(iptables);
  });
});
