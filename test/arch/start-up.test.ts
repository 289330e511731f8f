import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** What is loaded with a module, whatever it then does: its static imports of values, and theirs. */
function loadedWith(entry: string): Set<string> {
  const loaded = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    const text = readFileSync(join(SRC, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(
      /^(?:import|export) (?!type )[^;]*?from '(\.[^']+)';|^import '(\.[^']+)';/gm,
    ))
      open.push(posix.join(posix.dirname(file), specifier));
  }
  return loaded;
}

describe('what a trace without names loads', () => {
  const loaded = [...loadedWith('cli/actions/trace.ts')];

  it('is the datapath', () => {
    expect(loaded).toContain('kernel/session.ts');
    expect(loaded).toContain('trace/name-resolver.ts');
  });

  it('is nothing of DNS', () => {
    expect(
      loaded.filter((file) => /^(controllers\/(dns|resolver)|trace\/names|wire\/dns)\//.test(file)),
    ).toEqual([]);
  });
});
