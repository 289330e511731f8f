import { describe, expect, it } from 'vitest';
import { answer, type Cluster } from '../../src/index.ts';
import {
  agrees,
  clusterOfProbes,
  PROBE_FILES,
  type Probe,
  readProbes,
  saidBy,
  shownBy,
} from '../support/kernel-answers.ts';

/** What podwalk says of a probe where it does not agree with the kernel; undefined where it does. */
function disagreement(cluster: Cluster, probe: Probe, affinity: boolean): string | undefined {
  const { from, to, protocol, what } = probe;
  const found = answer(
    cluster,
    { source: from, destination: to, namespace: 'default', protocol },
    { all: true },
  );
  if (!found.ok) return `${from} -> ${to}/${protocol} (${what}): ${found.error.message}`;
  const shown = shownBy(probe);
  const said = saidBy(found.value.trace.paths, protocol);
  if (agrees(shown, said, affinity)) return undefined;
  return `${from} -> ${to}/${protocol} (${what}): the kernel ${list(shown)}, the walk ${list(said)}`;
}

function list(outcomes: ReadonlyMap<string, number>): string {
  return [...outcomes].map(([outcome, amount]) => `${outcome} ${amount}`).join(', ');
}

describe('walks agree with the answers of a real kernel', () => {
  it.each(PROBE_FILES)('%s', (file) => {
    const found = readProbes(file);
    const { probes } = found;
    const { cluster, affinity } = clusterOfProbes(file, found);
    const wrong = probes.flatMap((probe) => disagreement(cluster, probe, affinity) ?? []);
    expect(wrong).toEqual([]);
  });

  it('in 1,548 probes in iptables mode and 577 in IPVS mode, on clusters with vxlan and with host-gw', () => {
    const files = PROBE_FILES.map(readProbes);
    const count = (mode: string | undefined): number =>
      files.filter(({ rules }) => rules === mode).reduce((total, { probes }) => total + probes.length, 0);
    expect([count(undefined), count('ipvs')]).toEqual([1548, 577]);
    expect(new Set(files.map(({ backend }) => backend))).toEqual(new Set(['vxlan', 'host-gw']));
  });
});

describe('the rule of agreement', () => {
  const half = new Map([
    ['delivered|default/a|10.0.0.1', 0.5],
    ['delivered|default/b|10.0.0.1', 0.5],
  ]);

  it('takes one try as the only outcome', () => {
    expect(agrees(new Map([['timeout', 1]]), new Map([['timeout', 1]]), false)).toBe(true);
    expect(agrees(new Map([['timeout', 1]]), new Map([['refused', 1]]), false)).toBe(false);
    expect(agrees(new Map([['delivered|default/a|10.0.0.1', 1]]), half, false)).toBe(false);
  });

  it('refuses probabilities that do not sum to 1', () => {
    expect(agrees(new Map([['timeout', 1]]), new Map([['timeout', 0.9]]), false)).toBe(false);
  });

  it('weighs counts against probabilities', () => {
    const a = 'delivered|default/a|10.0.0.1';
    const b = 'delivered|default/b|10.0.0.1';
    expect(
      agrees(
        new Map([
          [a, 8],
          [b, 4],
        ]),
        half,
        false,
      ),
    ).toBe(true);
    expect(agrees(new Map([[a, 12]]), half, false)).toBe(false);
    expect(
      agrees(
        new Map([
          [a, 6],
          [b, 6],
        ]),
        new Map([
          [a, 0.999],
          [b, 0.001],
        ]),
        false,
      ),
    ).toBe(false);
    expect(
      agrees(
        new Map([
          [a, 11],
          ['timeout', 1],
        ]),
        half,
        false,
      ),
    ).toBe(false);
  });

  it('asks with session affinity only for known outcomes of the same verdicts', () => {
    expect(agrees(new Map([['delivered|default/a|10.0.0.1', 12]]), half, true)).toBe(true);
    expect(agrees(new Map([['delivered|default/c|10.0.0.1', 12]]), half, true)).toBe(false);
    expect(agrees(new Map([['timeout', 12]]), half, true)).toBe(false);
  });
});
