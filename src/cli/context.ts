import type { Command } from 'commander';
import type { ExitCode } from './exit.ts';
import type { Io } from './io.ts';

/** Adds a command to the program; `finish` takes the exit code of what ran. */
export type Register = (program: Command, io: Io, finish: (code: ExitCode) => void) => void;
