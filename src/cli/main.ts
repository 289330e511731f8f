#!/usr/bin/env node
/** The program: `podwalk` on a command line. Everything else is in program.ts, which tests run in-process. */
import { readFileSync } from 'node:fs';
import { main } from './program.ts';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has gone, as in `podwalk ... | head`: there is nobody left to tell anything.
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
}

process.exitCode = await main(process.argv.slice(2), {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  stdin: () => readFileSync(0, 'utf8'),
  env: process.env,
  isTTY: process.stdout.isTTY === true,
});
