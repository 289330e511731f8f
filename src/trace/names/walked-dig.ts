import type { Cluster } from '../../cluster/index.ts';
import type { Trace } from '../model.ts';
import type { Source } from '../resolve-source.ts';
import type { DigSend } from './dig.ts';
import type { WalkOptions } from './send-query.ts';
import { walkMessage } from './walk-query.ts';

/** How dig's messages get to a nameserver and back where each is walked; the walks are added to `walks`. */
export function walkedSend(cluster: Cluster, source: Source, options: WalkOptions, walks: Trace[]): DigSend {
  const attempts = new Map<string, number>();
  let socket = 0;
  return (server, data, transport) => {
    const key = `${server} ${transport} ${Buffer.from(data).toString('hex')}`;
    const attempt = attempts.get(key) ?? 0;
    attempts.set(key, attempt + 1);
    const message = { server, data, transport, socket: socket++, attempt };
    const { trace, bytes, reason, closed = false } = walkMessage(cluster, source, message, options);
    if (trace !== undefined) walks.push(trace);
    if (bytes !== undefined) return { kind: 'answer', bytes, ...(reason === undefined ? {} : { reason }) };
    return { kind: closed ? 'closed' : 'silence', reason: reason ?? 'no answer came' };
  };
}
