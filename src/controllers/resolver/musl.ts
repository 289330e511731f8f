import { absolute, below, dotsIn, isDomainName } from './domain-name.ts';
import type { Searched } from './glibc.ts';
import type { AddressType, Ask, LookupError, Reply, ResolverSettings, SentQuery } from './model.ts';

type Answer<R extends Reply> = Extract<R, { kind: 'answer' }>;

/** A name buffer of musl's, its end included. */
const NAME_SIZE = 256;

/** Undefined: there is no such name, and the search goes on. */
type Outcome<R extends Reply> =
  | { readonly answers: readonly Answer<R>[] }
  | { readonly error: LookupError }
  | undefined;

/**
 * Looks a name up as musl does: name_from_dns_search and name_from_dns of network/lookup_name.c, __res_msend_rc. A name
 * with at least `ndots` dots is tried as it is and no other way; only NXDOMAIN lets the search go on. Every query goes
 * to all nameservers at once, and the first answer counts.
 */
export function searchAsMusl<R extends Reply>(
  name: string,
  settings: ResolverSettings,
  ask: Ask<R>,
): Searched<R> {
  const queries: SentQuery<R>[] = [];
  let waited = 0;
  const look = (full: string): Outcome<R> => {
    if (!isDomainName(full)) {
      waited += settings.timeout;
      return { error: 'EAI_AGAIN' };
    }
    const replies = sendToAll(full, settings, ask, queries);
    if (replies.includes(undefined)) waited += settings.timeout;
    return judge(replies);
  };
  const done = (outcome: Outcome<R>): Searched<R> => ({
    ...(outcome ?? { error: 'EAI_NONAME' }),
    queries,
    waited,
  });
  const search = dotsIn(name) >= settings.ndots || name.endsWith('.') ? [] : settings.search;
  for (const suffix of search) {
    if (name.length + 1 + suffix.length >= NAME_SIZE) continue;
    // The suffix is put behind the name as it is: the root's leaves two dots, which no query can carry.
    const outcome = look(suffix === '.' ? `${name}..` : below(name, suffix));
    if (outcome !== undefined) return done(outcome);
  }
  return done(look(absolute(name)));
}

/** The first answer to each type; undefined: none came. */
function sendToAll<R extends Reply>(
  name: string,
  { nameservers, attempts }: ResolverSettings,
  ask: Ask<R>,
  queries: SentQuery<R>[],
): readonly (Answer<R> | undefined)[] {
  const types: readonly AddressType[] = ['A', 'AAAA'];
  const answers: (Answer<R> | undefined)[] = types.map(() => undefined);
  const send = (server: string, type: AddressType): SentQuery<R> => {
    const sent = { server, name, type, reply: ask({ server, name, type }) };
    queries.push(sent);
    return sent;
  };
  for (let attempt = 0; attempt < attempts && answers.includes(undefined); attempt++) {
    const under = types
      .filter((_, i) => answers[i] === undefined)
      .flatMap((type) => nameservers.map((server) => send(server, type)));
    // A server failure is asked about again at once, up to twice a query; other errors are not heard.
    let again = 2 * types.length;
    for (const { server, type, reply } of under) {
      const slot = types.indexOf(type);
      if (reply.kind !== 'answer' || answers[slot] !== undefined) continue;
      if (reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN') answers[slot] = reply as Answer<R>;
      else if (reply.rcode === 'SERVFAIL' && again-- > 0) under.push(send(server, type));
    }
  }
  return answers;
}

function judge<R extends Reply>(replies: readonly (Answer<R> | undefined)[]): Outcome<R> {
  const answers: Answer<R>[] = [];
  for (const reply of replies) {
    if (reply === undefined) return { error: 'EAI_AGAIN' };
    if (reply.rcode === 'NXDOMAIN') return undefined;
    answers.push(reply);
  }
  const some = answers.some(({ records }) => records.some(({ type }) => type === 'A' || type === 'AAAA'));
  return some ? { answers } : { error: 'EAI_NONAME' };
}
