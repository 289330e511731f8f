import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { podwalk } from '../fixtures/cli.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Examples of what goes wrong, and the linter says so. */
const FAULTY: ReadonlySet<string> = new Set(['dns-egress-policy', 'dns-no-endpoints']);

/**
 * The examples that bring a cluster of their own; the others walk through clusters of topologies/, those of policies with
 * a file or two beside them.
 */
const EXAMPLES = readdirSync(join(ROOT, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .filter((name) => !name.startsWith('policy-') && !FAULTY.has(name))
  .filter((name) => readdirSync(join(ROOT, 'examples', name)).some((file) => file.endsWith('.yaml')));

describe('the examples', () => {
  it('are at least ten that bring their own manifests', () => {
    expect(EXAMPLES.length).toBeGreaterThanOrEqual(10);
  });

  it.each(EXAMPLES)('%s has nothing for the linter to find, and every pod has a place', async (name) => {
    const linted = await podwalk(['lint', '-f', `examples/${name}/`]);
    expect(linted).toMatchObject({ code: 0, stderr: '' });
    expect(linted.stdout).toMatch(/^0 errors, 0 warnings/);
    const pods = await podwalk(['get', 'pods', '-A', '-o', 'wide', '-f', `examples/${name}/`]);
    expect(pods.stdout).not.toContain('<none>');
  });
});
