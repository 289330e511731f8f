import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';

let library: typeof Yaml | undefined;

/**
 * The `yaml` package, loaded when the first YAML text needs it: it costs a third of the start-up time of the
 * whole command, and JSON input never needs it. `require` because loading must stay synchronous.
 */
export function yamlLibrary(): typeof Yaml {
  library ??= createRequire(import.meta.url)('yaml') as typeof Yaml;
  return library;
}
