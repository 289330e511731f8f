import { describe, expect, it } from 'vitest';
import { type Finding, renderSarif } from '../../../src/render/index.ts';

const FINDINGS: readonly Finding[] = [
  {
    severity: 'warning',
    code: 'PW320',
    message: 'Service default/web selects no pod',
    fix: 'did you mean app: web?',
    file: 'deploy/my web.yaml',
    line: 14,
    column: 20,
    endColumn: 23,
  },
  { severity: 'note', code: 'PW401', message: 'no Node objects' },
  { severity: 'error', code: 'PW202', message: 'Invalid value', file: '/srv/a#b.yaml', line: 1, column: 1 },
];

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region?: Readonly<Record<string, number>>;
    };
  }[];
}

function runOf(text: string): { driver: { rules: { id: string }[] }; results: Result[] } {
  const log = JSON.parse(text);
  return { driver: log.runs[0].tool.driver, results: log.runs[0].results };
}

describe('a SARIF log', () => {
  const text = renderSarif(FINDINGS, '0.1.0', 'deploy/my web.yaml');

  it('has what SARIF 2.1.0 requires: version, runs, a tool with a name, and a message for each result', () => {
    const log = JSON.parse(text);
    expect(Object.keys(log)).toEqual(['$schema', 'version', 'runs']);
    expect(log.version).toBe('2.1.0');
    expect(log.runs).toHaveLength(1);
    expect(log.runs[0].tool.driver.name).toBe('podwalk');
    expect(log.runs[0].columnKind).toBe('utf16CodeUnits');
    for (const { message, level } of runOf(text).results) {
      expect(message.text).not.toBe('');
      expect(['none', 'note', 'warning', 'error']).toContain(level);
    }
  });

  it('points from each result to the rule of its code', () => {
    const { driver, results } = runOf(text);
    expect(driver.rules.map(({ id }) => id)).toEqual(['PW202', 'PW320', 'PW401']);
    for (const { ruleId, ruleIndex } of results) expect(driver.rules[ruleIndex]?.id).toBe(ruleId);
  });

  it('names files as URIs, relative ones as they are given', () => {
    const uris = runOf(text).results.map(
      ({ locations }) => locations[0]?.physicalLocation.artifactLocation.uri,
    );
    expect(uris).toEqual(['deploy/my%20web.yaml', 'deploy/my%20web.yaml', 'file:///srv/a%23b.yaml']);
  });

  it('gives the region in lines and columns from 1, and none for what is about no place', () => {
    const regions = runOf(text).results.map(({ locations }) => locations[0]?.physicalLocation.region);
    expect(regions).toEqual([
      { startLine: 14, startColumn: 20, endColumn: 23 },
      undefined,
      { startLine: 1, startColumn: 1 },
    ]);
  });

  it('says the fix with the message', () => {
    expect(runOf(text).results[0]?.message.text).toBe(
      'Service default/web selects no pod\nfix: did you mean app: web?',
    );
  });

  it('is a log without results when there is nothing to say', () => {
    expect(runOf(renderSarif([], '0.1.0', undefined)).results).toEqual([]);
  });
});
