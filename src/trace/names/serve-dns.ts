import type { Cluster } from '../../cluster/index.ts';
import {
  type DnsAnswer,
  type DnsQuery,
  failure,
  respond,
  type Transport,
} from '../../controllers/dns/index.ts';
import type { ForwardPlugin } from '../../k8s/index.ts';
import { type NameServers, nameServers } from './name-servers.ts';

/** What asking the resolvers of a plugin `forward` comes to. */
export type Reached =
  /** A resolver outside, which knows the hosts of the Topology. */
  | { readonly kind: 'outside' }
  | { readonly kind: 'answer'; readonly answer: DnsAnswer }
  | { readonly kind: 'lost'; readonly reason: string }
  /** Somebody answers, and nobody knows what. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Asks the resolvers of `forward` on behalf of a CoreDNS pod. */
export type Forward = (
  pod: { readonly namespace: string; readonly name: string },
  forward: ForwardPlugin,
  query: DnsQuery,
) => Reached;

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
 * The DNS servers of a walk: a CoreDNS pod answers as CoreDNS, a cache on a node by its own Corefile, a host or gateway outside as a resolver there; of every
 * other program nobody knows what it says.
 *
 * @param notKnown told why an answer of CoreDNS is not known: it is that of such a program
 */
export function serveDns(
  cluster: Cluster,
  forward: Forward,
  notKnown: (reason: string) => void = () => undefined,
): DnsProgram {
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
    if (owner.kind !== 'pod') return undefined;
    const { namespace, name } = owner;
    const program = servers.isCoreDns(namespace, name)
      ? servers.cluster
      : servers.isNodeLocal(namespace, name)
        ? servers.nodeLocal
        : undefined;
    return program && ((question) => coreDns(owner, program, question));
  }

  function coreDns(
    owner: { namespace: string; name: string },
    program: NameServers['cluster'],
    question: DnsQuery,
  ): DnsAnswer {
    let lost: string | undefined;
    const answer = program(question, (plugin, query, ttl) => {
      const reached = forward(owner, plugin, query);
      if (reached.kind === 'outside') return servers.outside(query, ttl);
      if (reached.kind === 'answer') return reached.answer;
      lost = `CoreDNS could not ask its resolver: ${reached.reason}`;
      if (reached.kind === 'unknown') notKnown(reached.reason);
      return failure('SERVFAIL', lost);
    });
    // Of a chain that leaves the zone only the tail is lost.
    return lost === undefined ? answer : { ...answer, reason: lost };
  }
}
