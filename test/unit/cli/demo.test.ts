import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

describe('podwalk demo', () => {
  it('shows a full walk with no input', async () => {
    const { code, stdout, stderr } = await podwalk(['demo']);
    expect(stdout).toMatch(/^\$ podwalk trace /);
    expect(stdout).toContain('vxlan vni 1');
    expect(stdout).toContain('\nverdict  DELIVERED');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
