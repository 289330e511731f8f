import type { Endpoint, Path, Promised, Trace } from '../trace/index.ts';

/** Whether every path that was walked is what was promised; `denies`: whether policies ended one by right. */
export function agrees(
  promised: Promised,
  trace: Trace,
  denies: (path: Path, protocol: string) => boolean = () => false,
): boolean {
  return trace.paths.every((path) =>
    path.reason === 'POLICY' ? denies(path, trace.flow.protocol) : pathAgrees(promised, path),
  );
}

function pathAgrees(promised: Promised, { verdict, endpoint }: Path): boolean {
  switch (promised.kind) {
    case 'answer':
      return (
        verdict === 'delivered' &&
        endpoint !== null &&
        promised.endpoints.some((e) => sameEndpoint(e, endpoint))
      );
    // Whether a sender is told that nobody answers is the program's choice, which no object promises.
    case 'refuse':
    case 'nothing':
      return verdict !== 'delivered' && verdict !== 'unknown';
  }
}

/** Whoever has the address and the port; a ping has none. */
function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.ip === b.ip && a.port === b.port;
}
