import type { Cluster } from '../../cluster/index.ts';
import type { NameClient } from './name-client.ts';
import { ownResolver } from './own-resolver.ts';
import type { QueryView, Resolution } from './resolution.ts';

/** What a failed lookup says of itself. */
export interface Failure {
  readonly explanation: string;
  readonly fix?: string;
}

/** How the reason begins where the name's namespace does not exist (controllers/dns/explain.ts). */
const NO_NAMESPACE = 'there is no namespace';

/** The query that a failed lookup is told by: the first that nobody answered, else the one that was meant. */
export function failedQuery({ queries, error }: Resolution, clusterDomain: string): QueryView | undefined {
  if (error === 'EAI_AGAIN') return queries.find(isLost);
  const services = queries.filter((query) => isService(query, clusterDomain));
  return (
    services.find(({ reason }) => reason?.startsWith(NO_NAMESPACE) !== true) ??
    // POD.SERVICE where there is such a Service.
    queries.find(({ reason }) => reason?.startsWith('Service ') === true) ??
    services[0] ??
    queries.at(-1)
  );
}

/** The query that a lookup is told by: of one that found addresses the one that did. */
export function decidingQuery(
  { objects }: Pick<Cluster, 'objects'>,
  source: NameClient,
  resolution: Resolution,
): QueryView | undefined {
  const { clusterDomain } = ownResolver(objects, source);
  if (resolution.error !== undefined) return failedQuery(resolution, clusterDomain);
  return resolution.queries.findLast(({ answer, type }) => answer.some((record) => record.type === type));
}

/** Why a name came to no address. */
export function explainFailure(resolution: Resolution, clusterDomain: string): Failure {
  const { name, queries, error, from, aliases } = resolution;
  if (error === 'EAI_AGAIN') return unanswered(resolution);
  if (from === 'nowhere' && queries.length === 0)
    return { explanation: `"${name}" is no name of a host, and no query is sent for it` };
  const end = aliases?.at(-1);
  if (end !== undefined)
    return {
      explanation: `${name} is an alias that leads to ${end}, which no host of the Topology is called`,
      fix: `add the host to a Topology: hosts: [{ name: ${end.replace(/\.$/, '')}, ip: 203.0.113.50 }]`,
    };
  const meant = failedQuery(resolution, clusterDomain);
  const hint = queries.find(({ reason }) => reason?.includes('did you mean') === true);
  const asService =
    meant !== undefined && (isService(meant, clusterDomain) || meant.reason?.startsWith('Service ') === true);
  const told = [...(asService ? [meant] : []), hint, meant, ...queries].find(
    (query) => query?.reason !== undefined,
  );
  const { reason } = told ?? {};
  const policy = isFromNode(resolution)
    ? `; this resolver (${resolution.resolver.policy}) does not know the names of the cluster`
    : '';
  return {
    explanation: `${reason ?? `no nameserver has an address for ${name}`}${policy}`,
    ...(policy === '' || !/ClusterFirst,.*host network/.test(resolution.resolver.policy)
      ? {}
      : { fix: 'set dnsPolicy: ClusterFirstWithHostNet' }),
  };
}

/** SERVICE.NAMESPACE.svc.DOMAIN: what a person who writes a short name means. */
function isService({ name }: QueryView, clusterDomain: string): boolean {
  const suffix = `.svc.${clusterDomain}.`;
  return name.toLowerCase().endsWith(suffix) && name.slice(0, -suffix.length).split('.').length === 2;
}

/** No suffix of the cluster is searched. */
function isFromNode({ resolver }: Resolution): boolean {
  return !resolver.search.some((suffix) => /(^|\.)svc\./.test(suffix));
}

function isLost({ rcode }: QueryView): boolean {
  return rcode === null || rcode === 'SERVFAIL' || rcode === 'REFUSED';
}

function unanswered({ queries, waited }: Resolution): Failure {
  const lost = queries.find(isLost);
  const time = waited === 0 ? '' : ` (${waited} s of waiting)`;
  if (lost === undefined) return { explanation: `no nameserver answered${time}` };
  const what = lost.rcode === null ? 'no answer' : lost.rcode;
  const path = lost.trace?.paths[0];
  return {
    explanation: `${what} from nameserver ${lost.server}${time}: ${lost.reason ?? 'it did not say why'}`,
    ...(path?.fix === undefined ? {} : { fix: path.fix }),
  };
}
