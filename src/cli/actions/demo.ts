import type { ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { trace } from './trace.ts';

/** `podwalk demo`: a walk that needs no input. */
export async function demo(verbose: boolean, io: Io): Promise<ExitCode> {
  const title = 'podwalk trace pod/client svc/web:80 -t two-nodes';
  io.stdout(`$ ${title}\n`);
  return trace(
    'pod/client',
    'svc/web:80',
    {
      filename: [],
      topology: 'two-nodes',
      namespace: 'default',
      allNamespaces: false,
      set: [],
      all: false,
      verbose,
    },
    io,
  );
}
