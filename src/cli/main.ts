#!/usr/bin/env node
/** The program: `podwalk` on a command line. Everything else is in program.ts, which tests run in-process. */
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has gone, as in `podwalk ... | head`: there is nobody left to tell anything.
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
}

// Node 22.1 and later keep compiled modules for the next start; so program.ts is imported behind it.
const keepCompiled: unknown = Reflect.get(nodeModule, 'enableCompileCache');
if (typeof keepCompiled === 'function') keepCompiled();
const { main } = await import('./program.ts');

process.exitCode = await main(process.argv.slice(2), {
  stdout: (text) => process.stdout.write(text),
  stdoutBytes: (bytes) => process.stdout.write(bytes),
  stderr: (text) => process.stderr.write(text),
  stdin: () => readFileSync(0, 'utf8'),
  env: process.env,
  isTTY: process.stdout.isTTY === true,
});
