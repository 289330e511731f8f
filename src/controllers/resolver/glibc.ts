import { absolute, below, dotsIn, isDomainName } from './domain-name.ts';
import type { AddressType, Ask, LookupError, Reply, ResolverSettings, SentQuery } from './model.ts';

type Answer<R extends Reply> = Extract<R, { kind: 'answer' }>;

/** h_errno, or an answer. `quit`: no nameserver was there at all, which ends the search at once. */
type Outcome<R extends Reply> =
  | { readonly kind: 'found'; readonly answers: readonly Answer<R>[] }
  | { readonly kind: 'HOST_NOT_FOUND' | 'NO_DATA' | 'NO_RECOVERY' }
  | { readonly kind: 'TRY_AGAIN'; readonly servfail: boolean; readonly quit: boolean };

/** What the search of one libc came to. */
export interface Searched<R extends Reply> {
  /** The answers of the name that has records; undefined: none has, for the reason of `error`. */
  readonly answers?: readonly Answer<R>[];
  readonly error?: LookupError;
  readonly queries: readonly SentQuery<R>[];
  readonly waited: number;
}

/** Answers that make glibc ask the next nameserver (send_dg). */
const USELESS: ReadonlySet<string> = new Set(['SERVFAIL', 'NOTIMP', 'REFUSED']);

/**
 * Looks a name up as glibc's `dns` service does: __res_context_search, __res_context_query and send_dg of resolv/.
 * A name with at least `ndots` dots is tried as it is first; after NXDOMAIN, NODATA and SERVFAIL the search goes on,
 * any other failure leads to the name as it is and ends. A and AAAA are asked for at once, from one socket.
 */
export function searchAsGlibc<R extends Reply>(
  name: string,
  settings: ResolverSettings,
  ask: Ask<R>,
): Searched<R> {
  const wire = wireOf(settings, ask);
  const done = (outcome: Outcome<R>, error: LookupError = errorOf(outcome)): Searched<R> => ({
    ...(outcome.kind === 'found' ? { answers: outcome.answers } : { error }),
    queries: wire.queries,
    waited: wire.waited(),
  });
  const dots = dotsIn(name);
  const trailing = name.endsWith('.');
  let first: Outcome<R> | undefined;
  if (dots >= settings.ndots || trailing) {
    first = query(wire, absolute(name));
    if (first.kind === 'found' || trailing) return done(first);
  }
  let last: Outcome<R> | undefined;
  let rootOnList = false;
  let noData = false;
  let servfail = false;
  for (const suffix of settings.search) {
    if (suffix === '' || suffix === '.') rootOnList = true;
    last = query(wire, below(name, suffix));
    if (last.kind === 'found') return done(last);
    if (last.kind === 'TRY_AGAIN' && last.quit) return done(last);
    if (last.kind === 'NO_DATA') noData = true;
    else if (last.kind === 'TRY_AGAIN' && last.servfail) servfail = true;
    else if (last.kind !== 'HOST_NOT_FOUND') break;
  }
  const asIs = dots > 0 || settings.search.length === 0 || !settings.flags.has('no-tld-query');
  if (asIs && first === undefined && !rootOnList) {
    last = query(wire, absolute(name));
    if (last.kind === 'found') return done(last);
  }
  if (first !== undefined) return done(first);
  if (noData) return done({ kind: 'NO_DATA' });
  if (servfail) return done({ kind: 'TRY_AGAIN', servfail, quit: false });
  return done(last ?? { kind: 'HOST_NOT_FOUND' });
}

function errorOf(outcome: Outcome<Reply>): LookupError {
  switch (outcome.kind) {
    case 'NO_DATA':
      return 'EAI_NODATA';
    case 'TRY_AGAIN':
      return 'EAI_AGAIN';
    case 'HOST_NOT_FOUND':
    case 'NO_RECOVERY':
    case 'found':
      return 'EAI_NONAME';
  }
}

/** The socket side of a lookup: what was sent, what is remembered from one name to the next. */
interface Wire<R extends Reply> {
  readonly settings: ResolverSettings;
  readonly queries: SentQuery<R>[];
  readonly send: (server: string, name: string, type: AddressType) => R;
  readonly wait: (server: number) => void;
  readonly waited: () => number;
  /** Only one query under way at a time, as after an answer that came alone (RES_SNGLKUP). */
  single: boolean;
  reopened: boolean;
}

function wireOf<R extends Reply>(settings: ResolverSettings, ask: Ask<R>): Wire<R> {
  const queries: SentQuery<R>[] = [];
  let waited = 0;
  const { timeout, nameservers, flags } = settings;
  return {
    settings,
    queries,
    send: (server, name, type) => {
      const reply = ask({ server, name, type });
      queries.push({ server, name, type, reply });
      return reply;
    },
    // get_timeout: later nameservers are given longer, divided by how many there are.
    wait: (server) => {
      const long = server === 0 ? timeout : Math.floor((timeout * 2 ** server) / nameservers.length);
      waited += Math.max(1, long);
    },
    waited: () => waited,
    single: flags.has('single-request') || flags.has('single-request-reopen'),
    reopened: flags.has('single-request-reopen'),
  };
}

/** __res_context_query: both types for one name. */
function query<R extends Reply>(wire: Wire<R>, name: string): Outcome<R> {
  // What cannot be put into a query cannot be looked up (__res_context_mkquery).
  if (!isDomainName(name)) return { kind: 'NO_RECOVERY' };
  const sent = send(wire, name);
  if ('failed' in sent) return sent.failed;
  const { answers } = sent;
  if (answers.some((answer) => answer.rcode === 'NOERROR' && answer.records.length > 0))
    return { kind: 'found', answers };
  const rcode = answers.find((answer) => answer.rcode !== 'NOERROR')?.rcode ?? 'NOERROR';
  if (rcode === 'NOERROR') return { kind: 'NO_DATA' };
  return { kind: rcode === 'NXDOMAIN' ? 'HOST_NOT_FOUND' : 'NO_RECOVERY' };
}

type Sent<R extends Reply> =
  | { readonly answers: readonly Answer<R>[] }
  | { readonly failed: Extract<Outcome<R>, { kind: 'TRY_AGAIN' }> };

/** __res_context_send: every nameserver in order, all over again for each attempt. */
function send<R extends Reply>(wire: Wire<R>, name: string): Sent<R> {
  const { attempts, nameservers } = wire.settings;
  let heard = false;
  let useless = '';
  for (let attempt = 0; attempt < attempts; attempt++) {
    for (const [index, server] of nameservers.entries()) {
      const replies = askBoth(wire, server, index, name);
      const answers = replies.filter(isAnswer);
      const good = answers.filter(({ rcode }) => !USELESS.has(rcode));
      if (replies.some(({ kind }) => kind !== 'closed')) heard = true;
      if (good.length > 0 && replies.every(isAnswer)) return { answers: good };
      if (good.length > 0 && wire.reopened) return { answers: good };
      useless = answers.at(-1)?.rcode ?? useless;
    }
  }
  return { failed: { kind: 'TRY_AGAIN', servfail: useless === 'SERVFAIL', quit: !heard } };
}

function isAnswer<R extends Reply>(reply: R): reply is Answer<R> {
  return reply.kind === 'answer';
}

/** send_dg: A and AAAA at once; when only one of them is answered again one by one, then from a socket of their own. */
function askBoth<R extends Reply>(wire: Wire<R>, server: string, index: number, name: string): readonly R[] {
  const types: readonly AddressType[] = wire.settings.flags.has('no-aaaa') ? ['A'] : ['A', 'AAAA'];
  for (;;) {
    const replies: R[] = [];
    let silent = false;
    for (const type of types) {
      const reply = wire.send(server, name, type);
      replies.push(reply);
      silent ||= reply.kind === 'silence';
      if (silent && wire.single) break;
    }
    if (!silent) return replies;
    wire.wait(index);
    if (!replies.some(isAnswer)) return replies;
    if (wire.single && wire.reopened) return replies;
    if (wire.single) wire.reopened = true;
    else wire.single = true;
  }
}
