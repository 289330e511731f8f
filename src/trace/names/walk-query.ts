import { parseIp } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import type { DnsAnswer } from '../../controllers/dns/index.ts';
import { commitReversible, type Operation } from '../../kernel/index.ts';
import { parseDns } from '../../wire/dns/index.ts';
import type { Trace } from '../model.ts';
import type { Source } from '../resolve-source.ts';
import { reachUpstream } from './ask-upstream.ts';
import {
  answerOf,
  bytesOf,
  DNS_PORT,
  endpointName,
  hexOf,
  idOf,
  queryBytes,
  send,
  speakerOf,
  type WalkedMessage,
  type WalkedQuestion,
  type WalkOptions,
} from './send-query.ts';
import { serveDns } from './serve-dns.ts';

/** What a walked query came to. */
export interface WalkedQuery {
  readonly trace?: Trace;
  /** Undefined: no answer came, for `reason`. */
  readonly answer?: DnsAnswer;
  readonly truncated?: boolean;
  /** Who answered. */
  readonly by?: string;
  readonly reason?: string;
  readonly fix?: string;
  /** An ICMP error came back, or the send failed. */
  readonly closed?: boolean;
}

/**
 * Runs something while the gateways of the LANs answer DNS, as the routers of most LANs do: they are what the nodes ask
 * unless a Topology says otherwise.
 */
export function withGatewayResolvers<T>({ world }: Cluster, run: () => T): T {
  const operations: Operation[] = [...world.netns.values()]
    .filter(({ kind }) => kind === 'router')
    .flatMap(({ id, label }) =>
      (['udp', 'tcp'] as const).map((protocol) => ({
        op: 'listen' as const,
        netns: id,
        socket: {
          protocol,
          port: DNS_PORT,
          owner: { kind: 'host' as const, name: label },
          origin: { program: 'underlay' as const },
        },
      })),
    );
  const committed = commitReversible(world, operations);
  if (!('undo' in committed)) throw new Error(committed.message);
  try {
    return run();
  } finally {
    committed.undo();
  }
}

/** What a walked message came to; without `bytes` nothing came back, for `reason`. */
export interface WalkedBytes {
  readonly trace?: Trace;
  readonly bytes?: Uint8Array;
  readonly by?: string;
  readonly reason?: string;
  readonly fix?: string;
  /** An ICMP error or RST came back, or the send failed. */
  readonly closed?: boolean;
}

/** Sends one message to a nameserver, there and back; of several branches the first says what came of it. */
export function walkMessage(
  cluster: Cluster,
  source: Source,
  message: WalkedMessage,
  options: WalkOptions,
): WalkedBytes {
  const ip = parseIp(message.server);
  if (ip === undefined) return { reason: `nameserver ${message.server} is no address` };
  if (typeof ip === 'bigint')
    return { reason: `nameserver ${message.server}: IPv6 walking is not modelled yet` };
  const said = new Map<string, DnsAnswer>();
  let notKnown: string | undefined;
  const program = serveDns(
    cluster,
    (pod, forward, query) => reachUpstream(cluster, pod, forward, query, message),
    (why) => {
      notKnown = why;
    },
  );
  const to = { ip, port: DNS_PORT, ...message };
  const trace = send(cluster, source, to, options, (owner, data, transport) => {
    const served = program(owner, data, transport);
    if (served?.answer !== undefined) said.set(hexOf(served.bytes), served.answer);
    return served;
  });
  const [path] = trace.paths;
  if (path === undefined) throw new Error('a trace without a path');
  const by = endpointName(path);
  const who = { trace, ...(by === undefined ? {} : { by }) };
  if (path.verdict !== 'delivered') {
    const { verdict, reason, explanation, fix } = path;
    return {
      ...who,
      reason: `${verdict}, ${reason}: ${explanation}`,
      ...(fix === undefined ? {} : { fix }),
      closed: verdict !== 'timeout' && verdict !== 'unknown',
    };
  }
  const bytes =
    message.transport === 'UDP'
      ? bytesOf(path.payload?.answer ?? '')
      : program(speakerOf(path), message.data, 'TCP')?.bytes;
  if (notKnown !== undefined) return { ...who, reason: `${by ?? 'the server'} forwards it: ${notKnown}` };
  if (bytes === undefined || parseDns(bytes) === undefined)
    return { ...who, reason: `what ${by ?? 'the server'} answers to DNS queries is not modelled` };
  const reason = said.get(hexOf(bytes))?.reason;
  return { ...who, bytes, ...(reason === undefined ? {} : { reason }) };
}

/** Sends one query as a packet, there and back. */
export function walkQuery(
  cluster: Cluster,
  source: Source,
  { name, type, ...question }: WalkedQuestion,
  options: WalkOptions,
): WalkedQuery {
  const data = queryBytes(idOf(question.socket, type), name, type);
  const { bytes, ...found } = walkMessage(cluster, source, { ...question, data }, options);
  const message = bytes === undefined ? undefined : parseDns(bytes);
  if (message === undefined) return found;
  const { reason, ...rest } = found;
  return {
    ...rest,
    ...(message.truncated ? { truncated: true } : {}),
    answer: answerOf(message, reason),
  };
}
