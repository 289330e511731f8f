import { describe, expect, it } from 'vitest';
import { probeOptions, probesOf, readProbe } from '../../../src/lab/index.ts';
import { builtTopology } from '../../fixtures/topology.ts';

function words({ source, destination, ...probe }: ReturnType<typeof probesOf>[number]): string {
  return `${source} ${destination} ${probeOptions({ source, destination, ...probe })}`;
}

describe('the probes of a cluster', () => {
  const cluster = builtTopology('nodeport-local');

  it('are the same for the same seed and others for another, and as many as are asked for', () => {
    const texts = (seed: number): string[] => probesOf(cluster, { seed, count: 40 }).map(words);
    expect(texts(1)).toHaveLength(40);
    expect(texts(1)).toEqual(texts(1));
    expect(texts(2)).not.toEqual(texts(1));
    expect(new Set(texts(1)).size).toBe(40);
  });

  it('cover every kind of source and destination, protocol, little TTL and sizes around the MTU', () => {
    const all = probesOf(cluster, { seed: 1 }).map(words);
    for (const part of [
      /^pod\//,
      /^node\//,
      /^external /,
      / 10\.96\.\d+\.\d+:80 -p tcp$/,
      / 192\.168\.56\.1\d:3\d{4} -p tcp$/,
      / 127\.0\.0\.1:3\d{4} /,
      /-p icmp$/,
      /:9 -p udp$/,
      /-p tcp --ttl [123]$/,
      /-p icmp --size \d+ --df$/,
      /-p udp --size \d+$/,
      /-p udp --size \d+ --df$/,
    ])
      expect(
        all.some((text) => part.test(text)),
        String(part),
      ).toBe(true);
  });

  it('are taken from their kinds in turn, so that a sample is not mostly pings', () => {
    const some = probesOf(cluster, { seed: 1, count: 24 }).map(words);
    const to = (part: RegExp): number => some.filter((text) => part.test(text)).length;
    expect(to(/ 10\.96\.\d+\.\d+:80 -p tcp$/)).toBeGreaterThanOrEqual(4);
    expect(to(/:3\d{4} -p tcp$/)).toBeGreaterThanOrEqual(4);
    expect(to(/-p icmp$/)).toBeGreaterThanOrEqual(2);
    expect(to(/--ttl|--size/)).toBeGreaterThanOrEqual(4);
  });

  it('leave pings out where ping is missing', () => {
    const all = probesOf(cluster, { seed: 1, icmp: false }).map(words);
    expect(all.length).toBeGreaterThan(50);
    expect(all.some((text) => text.includes('icmp'))).toBe(false);
  });

  it('leave datagrams with DF out where nothing can send them', () => {
    const all = probesOf(cluster, { seed: 1, wholeDatagrams: false }).map(words);
    expect(all.filter((text) => text.includes('--df')).every((text) => text.includes('icmp'))).toBe(true);
    expect(all.some((text) => text.includes('--df'))).toBe(true);
  });

  it('are read back from their words', () => {
    for (const probe of probesOf(cluster, { seed: 3, count: 50 })) {
      const again = readProbe(cluster, words(probe), 'default');
      expect(again).toEqual(probe);
    }
  });
});

describe('a probe that cannot be sent', () => {
  const cluster = builtTopology('two-nodes');
  it.each([
    ['pod/client', /not SRC DST/],
    ['pod/nobody svc/web:80', /pod "nobody" not found in namespace "default"/],
    ['pod/client svc/web:80 -p gre', /protocol "gre" is not probed; use tcp, udp, icmp/],
    ['pod/client svc/web:80 --ttl 300', /--ttl takes a number up to 255/],
    ['pod/client svc/web:80 --via node1', /unknown word "--via"/],
    ['pod/client 10.244.1.2:9 -p tcp --df', /--df is probed with -p udp and -p icmp only/],
    ['pod/client svc/web:80 --size 100', /--size is probed with -p udp and -p icmp only/],
  ])('%s', (text, message) => {
    expect(readProbe(cluster, text, 'default')).toMatch(message);
  });
});
