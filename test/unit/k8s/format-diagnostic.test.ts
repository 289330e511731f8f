import { describe, expect, it } from 'vitest';
import { type Diagnostic, formatDiagnostics } from '../../../src/k8s/index.ts';

function of(code: string, count: number): Diagnostic[] {
  return Array.from({ length: count }, (_, i) => ({ severity: 'error', code, message: `${i}` }));
}

describe('many diagnostics', () => {
  it('of one code are folded after the tenth, each code by itself', () => {
    const lines = formatDiagnostics([...of('PW407', 300), ...of('PW202', 10), ...of('PW301', 11)], []);
    expect(lines).toHaveLength(10 + 10 + 10 + 2);
    expect(lines[9]).toBe('error PW407 9');
    expect(lines.slice(-2)).toEqual(['and 290 more of PW407', 'and 1 more of PW301']);
  });

  it('of many codes end at the limit', () => {
    const codes = Array.from({ length: 12 }, (_, i) => of(`PW1${i + 10}`, 10)).flat();
    const lines = formatDiagnostics(codes, []);
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe('and 20 more');
  });
});
