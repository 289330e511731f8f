import { type Ip, parseIp } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { type Destination, destinationAt } from '../destination.ts';
import type { Path, Trace } from '../model.ts';
import type { AskedName, NameResolver } from '../name-resolver.ts';
import type { Source } from '../resolve-source.ts';
import { fail, ok, type TargetResult } from '../target.ts';
import { failedQuery } from './explain-failure.ts';
import { lookUp } from './look-up.ts';
import { notesOf } from './lookup-notes.ts';
import { ownResolver } from './own-resolver.ts';
import type { QueryView, Resolution } from './resolution.ts';

/**
 * A name as the destination of a trace: what getaddrinfo of glibc makes of it, each query walked. Every IPv4 address is
 * a destination, in the order in which the program gets them. A name without one is `lost`: a trace of one path, the
 * walk of the query that decided, since that is all that was sent.
 *
 * An alias that leads to a host outside which nobody gave an address stands for one of RFC 5737, so that its way out of
 * the cluster can be walked; a note says so. Errors: only IPv6 addresses, or nameservers.
 */
export const resolveName: NameResolver = (cluster, source, asked, { seed, capture = false }) => {
  const { clusterDomain } = ownResolver(cluster.objects, source);
  const name =
    typeof asked.name === 'string'
      ? asked.name
      : `${asked.name.name}.${asked.name.namespace}.svc.${clusterDomain}.`;
  const walked = lookUp(cluster, source, name, {
    libc: 'glibc',
    walk: true,
    capture,
    ...(seed === undefined ? {} : { seed }),
  });
  const resolution = capture ? walked : withoutWalks(walked);
  const notes = notesOf(cluster, walked, asked);
  if (walked.error === undefined) {
    const found = destinationsOf(walked, asked);
    return found.ok ? ok({ resolution, notes, destinations: found.value }) : found;
  }
  const outside = standIn(cluster, walked, asked);
  if (outside !== undefined)
    return ok({ resolution, notes: [...notes, outside.note], destinations: [outside.destination] });
  const query = failedQuery(walked, clusterDomain);
  const lost = query?.trace === undefined ? undefined : lostTrace(source, asked, walked, query, query.trace);
  if (lost === undefined) return fail(walked.explanation ?? `${name} has no address`);
  return ok({ resolution, notes, lost });
};

/** The queries without their walks: what a trace carries. */
function withoutWalks(resolution: Resolution): Resolution {
  const queries = resolution.queries.map(({ trace: _, ...query }) => query);
  return { ...resolution, queries };
}

function destinationsOf(
  { addresses, name }: Resolution,
  { port, protocol, end }: AskedName,
): TargetResult<readonly [Destination, ...Destination[]]> {
  const ips = addresses.flatMap((text) => parseIp(text) ?? []);
  const v4 = ips.filter((ip) => typeof ip === 'number');
  const found: Destination[] = [];
  for (const ip of v4.length === 0 ? ips : v4) {
    const at = destinationAt(ip, port, protocol, end);
    if (!at.ok) return at;
    found.push(...at.value);
  }
  const [first, ...more] = found;
  return first === undefined ? fail(`${name} has no address`) : ok([first, ...more]);
}

/** Documentation addresses (RFC 5737), for a host outside of which only the name is known. */
const STAND_INS = ['192.0.2.1', '198.51.100.1', '203.0.113.1'];

function standIn(
  { objects }: Cluster,
  { aliases, error, queries }: Resolution,
  { port, protocol, end }: AskedName,
): { readonly destination: Destination; readonly note: string } | undefined {
  const alias = aliases?.at(-1);
  // Where the way to the nameserver is at fault nothing was answered.
  if (alias === undefined || error === 'EAI_AGAIN') return undefined;
  const known = queries.some(({ answer }) =>
    answer.some(({ name, type }) => name === alias && type !== 'CNAME'),
  );
  const taken = new Set<Ip>(objects.topology.hosts.map(({ ip }) => ip));
  const ip = STAND_INS.flatMap((text) => parseIp(text) ?? []).find((one) => !taken.has(one));
  const at = known || ip === undefined ? undefined : destinationAt(ip, port, protocol, end);
  const destination = at?.ok === true ? at.value[0] : undefined;
  if (destination === undefined) return undefined;
  const host = alias.replace(/\.$/, '');
  return {
    destination,
    note: `nothing says which address ${host} has: ${destination.end.ip} stands for it; a Topology may give it: hosts: [{ name: ${host}, ip: 203.0.113.50 }]`,
  };
}

/** The walk of the query that decided, as the trace of the whole. */
function lostTrace(
  source: Source,
  { protocol, end }: AskedName,
  resolution: Resolution,
  query: QueryView,
  trace: Trace,
): Trace | undefined {
  const [walked] = trace.paths;
  if (walked === undefined) return undefined;
  const path = lostPath(walked, resolution, query);
  return {
    apiVersion: 'podwalk/v1',
    kind: 'Trace',
    flow: { protocol, source: source.end, destination: end },
    verdict: path.verdict,
    paths: [path],
  };
}

function lostPath(walked: Path, { name, explanation = '', fix, error }: Resolution, query: QueryView): Path {
  const said = {
    probability: 1,
    odds: '1',
    explanation: `${name} is not resolved: ${explanation}`,
    endpoint: null,
    ...(fix === undefined ? {} : { fix }),
  };
  const { hops, reply, returned, payload, capture } = walked;
  const carried = {
    ...(payload === undefined ? {} : { payload }),
    ...(capture === undefined ? {} : { capture }),
  };
  if (walked.verdict !== 'delivered') {
    const { verdict, reason, errno } = walked;
    return {
      verdict,
      reason,
      ...(errno === undefined ? {} : { errno }),
      ...said,
      hops,
      ...(returned === undefined ? {} : { returned }),
      ...carried,
    };
  }
  const back = reply === undefined ? {} : { returned: reply };
  // Somebody answered, and nobody knows what.
  if (query.rcode === null)
    return { verdict: 'unknown', reason: 'UNSUPPORTED', ...said, hops, ...back, ...carried };
  const answered = query.rcode === 'NXDOMAIN' || query.rcode === 'NOERROR';
  return {
    verdict: 'unreachable',
    reason: answered ? 'NAME_NOT_FOUND' : 'NAME_SERVER_FAILURE',
    errno: error ?? 'EAI_NONAME',
    ...said,
    hops,
    ...back,
    ...carried,
  };
}
