import { closeSync, type Dirent, openSync, readSync } from 'node:fs';
import { looksLikeCniConfig } from '../cni-document.ts';

/** A configuration of CNI plugins fits into it. */
const MOST_READ = 65536;

/**
 * Whether a file of a folder configures CNI plugins, as those of /etc/cni/net.d: `.conflist` by its name, `.conf` by what
 * is in it, as other programs have such files too.
 */
export function isCniFile(path: string, found: Dirent): boolean {
  if (found.name.endsWith('.conflist')) return true;
  if (!found.name.endsWith('.conf') || !found.isFile()) return false;
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = new Uint8Array(MOST_READ);
      const length = readSync(file, bytes, 0, MOST_READ, 0);
      return looksLikeCniConfig(new TextDecoder().decode(bytes.subarray(0, length)));
    } finally {
      closeSync(file);
    }
  } catch {
    // What cannot be read is no manifest that was asked for.
    return false;
  }
}
