import type { Cluster } from '../../cluster/index.ts';
import { type DnsAnswer, type DnsQuery, respond, type Transport } from '../../controllers/dns/index.ts';
import { nameServers } from './name-servers.ts';

/** Asks a resolver outside on behalf of a CoreDNS pod; a string is why it cannot be reached. */
export type Forward = (pod: { readonly namespace: string; readonly name: string }) => string | undefined;

/** What a program sent back for a message. */
export interface Served {
  readonly bytes: Uint8Array;
  /** What it knows of the question; undefined: the message was none. */
  readonly answer?: DnsAnswer;
}

/** Who speaks behind a socket. */
export type Speaker =
  | { readonly kind: 'node' | 'host' | 'vxlan' }
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string };

/** What whoever owns a socket sends back for the bytes of a message; undefined: nobody knows. */
export type DnsProgram = (owner: Speaker, data: Uint8Array, transport: Transport) => Served | undefined;

/**
 * The DNS servers of a walk: a CoreDNS pod answers as CoreDNS, a host or gateway outside as a resolver there; of every
 * other program nobody knows what it says.
 */
export function serveDns(cluster: Cluster, forward: Forward): DnsProgram {
  const servers = nameServers(cluster);
  return (owner, data, transport) => {
    const ask = programOf(owner);
    if (ask === undefined) return undefined;
    let answer: DnsAnswer | undefined;
    const bytes = respond(
      (question) => {
        answer = ask(question);
        return answer;
      },
      data,
      transport,
    );
    if (bytes === undefined) return undefined;
    return answer === undefined ? { bytes } : { bytes, answer };
  };

  function programOf(owner: Speaker): ((question: DnsQuery) => DnsAnswer) | undefined {
    if (owner.kind === 'host') return servers.outside;
    if (owner.kind !== 'pod' || !servers.isCoreDns(owner.namespace, owner.name)) return undefined;
    return (question) => coreDns(owner, question);
  }

  function coreDns(owner: { namespace: string; name: string }, question: DnsQuery): DnsAnswer {
    const answer = servers.cluster(question);
    // The tail of a chain that leaves the zone is asked of a resolver outside as well.
    const outside = answer.answer.filter(({ name }) => servers.isForwarded(name));
    const forwarded = servers.isForwarded(question.name);
    if (!forwarded && !answer.answer.some(({ type, data }) => type === 'CNAME' && servers.isForwarded(data)))
      return answer;
    const lost = forward(owner);
    if (lost === undefined) return answer;
    const reason = `CoreDNS could not ask its resolver: ${lost}`;
    if (forwarded) return { ...answer, rcode: 'SERVFAIL', answer: [], authority: [], additional: [], reason };
    return { ...answer, answer: answer.answer.filter((record) => !outside.includes(record)), reason };
  }
}
