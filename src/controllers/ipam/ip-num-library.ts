import { createRequire } from 'node:module';
import type * as IpNum from 'ip-num';

let library: typeof IpNum | undefined;

/**
 * The `ip-num` package, loaded when the first network has to be cut: most clusters come with their subnets, and
 * loading it costs a tenth of a small walk. `require` because loading must stay synchronous.
 */
export function ipNumLibrary(): typeof IpNum {
  library ??= createRequire(import.meta.url)('ip-num') as typeof IpNum;
  return library;
}
