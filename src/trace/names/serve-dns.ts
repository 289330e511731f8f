import type { Cluster } from '../../cluster/index.ts';
import type { DnsAnswer } from '../../controllers/dns/index.ts';
import type { Serve, Socket } from '../../kernel/index.ts';
import { type DnsMessage, fitDns, parseDns } from '../../wire/dns/index.ts';
import { nameServers } from './name-servers.ts';

/** Longest message that a client without EDNS takes (RFC 1035 section 2.3.4). */
const UDP_SIZE = 512;

const RCODES: readonly DnsAnswer['rcode'][] = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
];

/** The name of a response code (RFC 1035 section 4.1.1). */
export function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? `RCODE${rcode}`;
}

/** Asks a resolver outside on behalf of a CoreDNS pod; a string is why it cannot be reached. */
export type Forward = (pod: { readonly namespace: string; readonly name: string }) => string | undefined;

/**
 * The DNS servers of a walk: a CoreDNS pod answers as CoreDNS, a host or gateway outside as a resolver there; of every
 * other program nobody knows what it says. `told` is given what each datagram was answered with.
 */
export function serveDns(
  cluster: Cluster,
  forward: Forward,
  told: (bytes: Uint8Array, answer: DnsAnswer) => void,
): Serve {
  const servers = nameServers(cluster);
  return (socket, data) => {
    const query = parseDns(data);
    const { question } = query ?? {};
    if (query === undefined || question === undefined) return undefined;
    const answer = answerOf(socket, question);
    if (answer === undefined) return undefined;
    const bytes = fitDns(messageOf(query, answer), UDP_SIZE);
    told(bytes, answer);
    return bytes;
  };

  function answerOf({ owner }: Socket, question: { name: string; type: string }): DnsAnswer | undefined {
    if (owner.kind === 'host') return servers.outside(question);
    if (owner.kind !== 'pod' || !servers.isCoreDns(owner.namespace, owner.name)) return undefined;
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

function messageOf(query: DnsMessage, answer: DnsAnswer): DnsMessage {
  const { question } = query;
  return {
    id: query.id,
    response: true,
    opcode: query.opcode,
    authoritative: answer.authoritative,
    truncated: false,
    recursionDesired: query.recursionDesired,
    recursionAvailable: true,
    rcode: RCODES.indexOf(answer.rcode),
    ...(question === undefined ? {} : { question }),
    answer: answer.answer,
    authority: answer.authority,
    additional: answer.additional,
  };
}
