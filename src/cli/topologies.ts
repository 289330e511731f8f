import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clusters that come with the package: folders of manifests. */
const FOLDER = fileURLToPath(new URL('../../topologies/', import.meta.url));

/** Their names, sorted. */
export function topologyNames(): string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** The path of one of them, relative where that is shorter: diagnostics print it. */
export function topologyPath(name: string): string {
  const path = join(FOLDER, name);
  const near = relative(process.cwd(), path);
  return near.length < path.length && !near.startsWith('..') ? near : path;
}
