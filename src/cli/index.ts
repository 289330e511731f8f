/**
 * # cli: the command line
 *
 * Models kubectl's and iproute2's habits: `-f`, `-n`, `-A`, `-o`; answers to stdout, messages to stderr; "did you
 * mean" for names; no colour when piped. One file a command in `commands/` (its name, options and help), and one in
 * `actions/` (what it does), imported only when it runs, so that `--help` starts fast.
 *
 * Guarantees: `main` never throws and never exits; 0 is yes, 1 a valid no, 2 bad usage or input, 3 a bug, which is
 * reported in one line (PODWALK_DEBUG=1 adds the stack).
 *
 * Leaves out: everything that can be said without a terminal; that is in the folders below.
 */
export { EXIT, type ExitCode } from './exit.ts';
export type { Io } from './io.ts';
export { main } from './program.ts';
