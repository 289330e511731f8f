import { absolute, below, dotsIn } from './domain-name.ts';

/** What the client of a DNS server goes by. */
export interface DigSettings {
  /** As resolv.conf writes them, or the one of `@SERVER`. */
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
  /** `+search`. */
  readonly useSearch: boolean;
  /** Once and again, so often each server. */
  readonly tries: number;
  readonly tcp: boolean;
  /** `+ignore`: a truncated answer is not asked for again over TCP. */
  readonly ignoreTruncation: boolean;
}

export type DigTransport = 'UDP' | 'TCP';

/** What came back for a query. */
export type DigReceived<M> =
  | { readonly kind: 'answer'; readonly message: M; readonly rcode: number; readonly truncated: boolean }
  | { readonly kind: 'silence' | 'closed' };

/** What dig goes through, in order. */
export type DigEvent<M> =
  | {
      readonly kind: 'failure';
      readonly server: string;
      readonly name: string;
      readonly transport: DigTransport;
      readonly why: 'silence' | 'closed';
    }
  | { readonly kind: 'truncated' }
  | {
      readonly kind: 'answer';
      readonly server: string;
      readonly transport: DigTransport;
      readonly message: M;
      /** Whether the search goes on behind it. */
      readonly last: boolean;
    };

/**
 * The names that dig asks for, in order, until one has an answer: with `+search` those of the search list and then the
 * name itself, unless it has enough dots or a final one (setup_lookup and next_origin of dighost.c).
 */
export function digNames(name: string, { search, ndots, useSearch }: DigSettings): readonly string[] {
  if (!useSearch || name.endsWith('.') || dotsIn(name) >= ndots) return [absolute(name)];
  return [...search.map((suffix) => below(name, suffix)), absolute(name)];
}

/**
 * What dig does with a name: each server in order, all over again for each try; the first answer counts, whatever it
 * says; any answer but NOERROR lets the search go on.
 */
export function runDig<M>(
  name: string,
  settings: DigSettings,
  send: (server: string, name: string, transport: DigTransport) => DigReceived<M>,
): readonly DigEvent<M>[] {
  const events: DigEvent<M>[] = [];
  const names = digNames(name, settings);
  for (const [i, full] of names.entries()) {
    const answer = askServers(full, settings, send, events);
    if (answer === undefined) return events;
    const last = answer.rcode === 0 || i === names.length - 1;
    const { server, transport, message } = answer;
    events.push({ kind: 'answer', server, transport, message, last });
    if (last) break;
  }
  return events;
}

type Answered<M> = Extract<DigReceived<M>, { kind: 'answer' }> & {
  readonly server: string;
  readonly transport: DigTransport;
};

function askServers<M>(
  name: string,
  { servers, tries, tcp, ignoreTruncation }: DigSettings,
  send: (server: string, name: string, transport: DigTransport) => DigReceived<M>,
  events: DigEvent<M>[],
): Answered<M> | undefined {
  for (let attempt = 0; attempt < tries; attempt++) {
    for (const server of servers) {
      let transport: DigTransport = tcp ? 'TCP' : 'UDP';
      let received = send(server, name, transport);
      if (received.kind === 'answer' && received.truncated && transport === 'UDP' && !ignoreTruncation) {
        events.push({ kind: 'truncated' });
        transport = 'TCP';
        received = send(server, name, transport);
      }
      if (received.kind === 'answer') return { ...received, server, transport };
      events.push({ kind: 'failure', server, name, transport, why: received.kind });
    }
  }
  return undefined;
}
