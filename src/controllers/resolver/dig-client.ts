import { absolute, below, dotsIn } from './domain-name.ts';

/** What the client of a DNS server goes by. */
export interface DigSettings {
  /** As resolv.conf writes them, or the one of `@SERVER`. */
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
  /** `+search`. */
  readonly useSearch: boolean;
  /** How often the first server is asked; each other is asked once. */
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
      /** Whether there is no other server to go to: the lookup ends, or starts again. */
      readonly last: boolean;
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
  return [...search.slice(0, MAX_SEARCH).map((suffix) => below(name, suffix)), absolute(name)];
}

/** RESCONFMAXSEARCH of lib/irs/resconf.c. */
const MAX_SEARCH = 8;

/**
 * What dig does with a name: the first server is asked as often as `tries` says, then each other once; the first answer
 * counts, whatever it says; any answer but NOERROR lets the search go on, with the tries that are left.
 */
export function runDig<M>(
  name: string,
  settings: DigSettings,
  send: (server: string, name: string, transport: DigTransport) => DigReceived<M>,
): readonly DigEvent<M>[] {
  const events: DigEvent<M>[] = [];
  const names = digNames(name, settings);
  let { tries } = settings;
  for (const [i, full] of names.entries()) {
    const answer = askServers(full, { ...settings, tries }, send, events);
    // What a search goes on with is what is left (requeue_lookup).
    tries = answer?.tries ?? tries;
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
  /** What is left of them. */
  readonly tries: number;
};

function askServers<M>(
  name: string,
  { servers, tries, tcp, ignoreTruncation }: DigSettings,
  send: (server: string, name: string, transport: DigTransport) => DigReceived<M>,
  events: DigEvent<M>[],
): Answered<M> | undefined {
  let left = tries;
  for (const [i, server] of servers.entries()) {
    for (;;) {
      let transport: DigTransport = tcp ? 'TCP' : 'UDP';
      let received = send(server, name, transport);
      if (received.kind === 'answer' && received.truncated && transport === 'UDP' && !ignoreTruncation) {
        events.push({ kind: 'truncated' });
        transport = 'TCP';
        received = send(server, name, transport);
      }
      if (received.kind === 'answer') return { ...received, server, transport, tries: left };
      const again = i === 0 && left > 1;
      const last = again || i === servers.length - 1;
      events.push({ kind: 'failure', server, name, transport, why: received.kind, last });
      if (!again) break;
      left--;
    }
  }
  return undefined;
}
