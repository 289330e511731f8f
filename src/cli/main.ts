#!/usr/bin/env node
/** The program: `podwalk` on a command line. Everything else is in program.ts, which tests run in-process. */
import { writeSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { EXIT } from './exit.ts';

/** What a shell says of a program that SIGPIPE (13) has ended, as it ends others whose reader has gone. */
const BROKEN_PIPE = 128 + 13;

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'No space left on device',
  EDQUOT: 'Disk quota exceeded',
  EFBIG: 'File too large',
  EIO: 'Input/output error',
};

/** An answer that nobody got is none: ends the program with the code of a failure, never with that of an answer. */
function endOfWriting(error: NodeJS.ErrnoException): never {
  // The reader has gone, as in `podwalk ... | head`: there is nobody left to tell anything.
  if (error.code === 'EPIPE') process.exit(BROKEN_PIPE);
  try {
    writeSync(2, `podwalk: write error: ${REASONS[error.code ?? ''] ?? error.code ?? error.message}\n`);
  } catch {
    // Nor can it be said.
  }
  process.exit(EXIT.usage);
}

process.stdout.on('error', endOfWriting);
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  // Messages that cannot be written change no answer.
  if (error.code === 'EPIPE') process.exit(BROKEN_PIPE);
});

// Node 22.1 and later keep compiled modules for the next start; so program.ts is imported behind it.
const keepCompiled: unknown = Reflect.get(nodeModule, 'enableCompileCache');
if (typeof keepCompiled === 'function') keepCompiled();
const { main } = await import('./program.ts');

process.exitCode = await main(process.argv.slice(2), {
  stdout: (text) => process.stdout.write(text),
  stdoutBytes: (bytes) => process.stdout.write(bytes),
  stderr: (text) => process.stderr.write(text),
  stdin: () => 0,
  env: process.env,
  isTTY: process.stdout.isTTY === true,
  ...(process.stderr.isTTY === true && process.env['TERM'] !== 'dumb' ? { progressTo: process.stderr } : {}),
});
