import type { Cluster } from '../../cluster/index.ts';
import { paintFor, renderText } from '../../render/walk/index.ts';
import type { Trace } from '../../trace/index.ts';
import type { Io } from '../io.ts';
import { diagnosed } from './diagnosed.ts';

export interface QueryWalkOptions {
  readonly from: string;
  readonly namespace: string;
  readonly seed?: number;
  readonly verbose: boolean;
}

/** The walk of a DNS query as text; of one that was lost, what is at fault too. */
export async function queryWalk(
  cluster: Cluster,
  { from, namespace, seed, verbose }: QueryWalkOptions,
  server: string,
  trace: Trace,
  io: Io,
): Promise<string> {
  const { protocol } = trace.flow;
  const question = { source: from, destination: `${server}:53`, namespace, protocol };
  const options = { all: false, ...(seed === undefined ? {} : { seed }) };
  const told = await diagnosed(cluster, { question, options, trace }, false);
  return renderText(told, { paint: paintFor(io.isTTY, io.env), verbose });
}
