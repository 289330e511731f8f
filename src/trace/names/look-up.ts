import { formatIp, type Ip } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import type { DnsAnswer } from '../../controllers/dns/index.ts';
import {
  type DnsQuestion,
  getaddrinfo,
  type Libc,
  type Reply,
  resolverSettings,
  type SentQuery,
  sortAddresses,
} from '../../controllers/resolver/index.ts';
import type { Source } from '../resolve-source.ts';
import { explainFailure } from './explain-failure.ts';
import { askedAt } from './name-servers.ts';
import { ownResolver } from './own-resolver.ts';
import type { QueryView, Resolution } from './resolution.ts';
import { sourceTo } from './source-to.ts';
import { type WalkedQuery, walkQuery, withGatewayResolvers } from './walk-query.ts';

export interface LookUpOptions {
  readonly libc: Libc;
  /** Each query is a packet that is walked. */
  readonly walk: boolean;
  /** With `walk`: every branch. */
  readonly all?: boolean;
  readonly seed?: number;
  /** With `walk`: keep every frame. */
  readonly capture?: boolean;
}

/** A reply with what it came from. */
export type FullReply = Reply & { readonly found: WalkedQuery };

/** What getaddrinfo in a pod or on a node makes of a name. */
export function lookUp(cluster: Cluster, source: Source, name: string, options: LookUpOptions): Resolution {
  const { files, policy, clusterDomain } = ownResolver(cluster.objects, source);
  const { libc } = options;
  const ask = options.walk ? walking(cluster, source, options) : asking(cluster);
  const run = () => getaddrinfo(name, files, libc, ask);
  const found = options.walk ? withGatewayResolvers(cluster, run) : run();
  const groups = sortAddresses(found.addresses, libc, (to) => sourceTo(cluster, source, to));
  const settings = resolverSettings(files.resolvConf, libc);
  const aliases = aliasesOf(found.queries);
  const { canonicalName, error } = found;
  const resolution: Resolution = {
    apiVersion: 'podwalk/v1',
    kind: 'Resolution',
    name,
    source: source.end,
    libc,
    resolver: {
      nameservers: settings.nameservers,
      search: settings.search,
      ndots: settings.ndots,
      timeout: settings.timeout,
      attempts: settings.attempts,
      options: [...settings.flags],
      policy,
    },
    from: found.from,
    names: [...new Set(found.queries.map((query) => query.name))],
    queries: found.queries.map(viewOf),
    addresses: groups.flat().map((ip: Ip) => formatIp(ip)),
    first: groups[0]?.length ?? 0,
    ...(canonicalName === undefined ? {} : { canonicalName }),
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(error === undefined ? {} : { error }),
    waited: found.waited,
  };
  return error === undefined ? resolution : { ...resolution, ...explainFailure(resolution, clusterDomain) };
}

/** Asks the servers themselves, whatever the way there is like. */
function asking(cluster: Cluster): (question: DnsQuestion) => FullReply {
  return ({ server, name, type }) => {
    const asked = askedAt(cluster, server);
    if (typeof asked === 'function') return replyOf({ answer: asked({ name, type }) });
    return replyOf({ reason: asked.reason, closed: asked.kind === 'closed' });
  };
}

function walking(
  cluster: Cluster,
  source: Source,
  { libc, all = false, seed, capture = false }: LookUpOptions,
): (question: DnsQuestion) => FullReply {
  const counts = new Map<string, number>();
  let last: DnsQuestion | undefined;
  let socket = -1;
  return (question) => {
    const key = `${question.server} ${question.name} ${question.type}`;
    const attempt = counts.get(key) ?? 0;
    counts.set(key, attempt + 1);
    // A socket serves both types of a name at one server; what is asked again has a new one.
    if (
      last?.name !== question.name ||
      last.server !== question.server ||
      last.type !== 'A' ||
      question.type === 'A'
    )
      socket++;
    last = question;
    const options = { all, capture, ...(seed === undefined ? {} : { seed }) };
    const asked = { ...question, socket, attempt, transport: 'UDP' } as const;
    const found = walkQuery(cluster, source, asked, options);
    // musl 1.2.3 takes what there is; glibc asks the same server again (TC in send_dg, then send_vc).
    if (found.truncated !== true || libc === 'musl') return replyOf(found);
    const whole = walkQuery(cluster, source, { ...asked, transport: 'TCP' }, options);
    const lost = whole.answer === undefined;
    const reason = `the answer was cut, and over TCP: ${whole.reason}`;
    return replyOf({
      ...whole,
      truncated: true,
      ...(lost ? { reason } : {}),
      ...(lost || found.trace === undefined ? {} : { trace: found.trace }),
    });
  };
}

function replyOf(found: WalkedQuery): FullReply {
  const { answer, closed = false } = found;
  if (answer !== undefined) return { kind: 'answer', rcode: answer.rcode, records: answer.answer, found };
  return { kind: closed ? 'closed' : 'silence', found };
}

function viewOf({ server, name, type, reply: { found } }: SentQuery<FullReply>): QueryView {
  const { answer, trace, by, truncated } = found;
  const reason = found.reason ?? answer?.reason;
  return {
    name,
    type,
    server,
    rcode: answer?.rcode ?? null,
    answer: recordsOf(answer),
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
    ...(truncated === true ? { truncated } : {}),
    ...(trace === undefined ? {} : { trace }),
  };
}

function recordsOf(answer: DnsAnswer | undefined): QueryView['answer'] {
  return (answer?.answer ?? []).map(({ name, ttl, type, data }) => ({ name, ttl, type, data }));
}

/** What CNAMEs lead to. */
function aliasesOf(queries: readonly SentQuery<FullReply>[]): string[] {
  const all = queries.flatMap(({ reply }) => (reply.kind === 'answer' ? reply.records : []));
  return [...new Set(all.filter(({ type }) => type === 'CNAME').map(({ data }) => data))];
}
