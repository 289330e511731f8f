import { afterEach, describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const PATH = process.env['PATH'];

describe('podwalk conform', () => {
  afterEach(() => {
    process.env['PATH'] = PATH;
  });

  it('says in one line what is missing, with its Debian package, and exits 2', async () => {
    process.env['PATH'] = '';
    const ran = await podwalk(['conform', '-t', 'two-nodes']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(
      /^error: conform cannot run here; missing: .*tcpdump \(Debian package tcpdump\).*\n$/,
    );
  });

  it('says how it is used', async () => {
    const { code, stdout } = await podwalk(['conform', '--help']);
    expect(code).toBe(0);
    for (const word of ['--count', '--seed', '--every', '--probe', 'sudo podwalk conform -t two-nodes'])
      expect(stdout).toContain(word);
  });
});
