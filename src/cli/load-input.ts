import {
  type ClusterObjects,
  type Diagnostic,
  invalidObjects,
  type LoadedCluster,
  type LoadOptions,
  loadCluster,
  type SourceText,
  type Watch,
} from '../k8s/index.ts';
import type { Io } from './io.ts';
import type { InputOptions } from './options.ts';
import { watchOf } from './progress.ts';

/** What the options change about the input. */
export function loadOptions({ set, policy, listeners, skipInvalid }: InputOptions): LoadOptions {
  return {
    set,
    ...(policy === undefined ? {} : { policy }),
    ...(listeners === undefined ? {} : { listeners }),
    skipInvalid: skipInvalid === true,
  };
}

/** Who is told how far the building is; nobody where no terminal waits. */
export interface Watching {
  readonly watch?: Watch;
}

/**
 * Loads the objects and builds something of them, unless there are errors. With `--skip-invalid` objects that turn out
 * to be invalid only in the building are left out as well, and all is done again.
 */
export async function loadAndBuild<T extends { readonly diagnostics: readonly Diagnostic[] }>(
  sources: readonly SourceText[],
  options: InputOptions,
  io: Io,
  build: (objects: ClusterObjects, watching: Watching) => T | Promise<T>,
): Promise<{ readonly loaded: LoadedCluster; readonly built?: T }> {
  const { watch, end } = watchOf(io);
  const watching = watch === undefined ? {} : { watch };
  const late: Diagnostic[] = [];
  try {
    for (;;) {
      const loaded = loadCluster(sources, { ...loadOptions(options), ...watching, late });
      if (loaded.diagnostics.some(({ severity }) => severity === 'error')) return { loaded };
      const built = await build(loaded.objects, watching);
      const invalid = options.skipInvalid === true ? invalidObjects(built.diagnostics) : [];
      // Each round leaves out more; one that does not cannot help.
      const known = new Set(late.map(({ at }) => at?.source));
      if (invalid.every(({ at }) => known.has(at?.source))) return { loaded, built };
      late.push(...invalid);
    }
  } finally {
    end();
  }
}
