import type { Cluster } from '../../cluster/index.ts';
import type { AskedName } from '../name-resolver.ts';
import type { QueryView, Resolution } from './resolution.ts';

/** What the asker may not expect of a lookup, one sentence each. */
export function notesOf(cluster: Cluster, resolution: Resolution, asked: AskedName): string[] {
  return [
    ...chancesOf(resolution),
    ...orderOf(resolution),
    ...portOf(cluster, resolution, asked),
    ...familyOf(resolution),
  ];
}

/** Nameservers of which some branches do not answer, though others do. */
function chancesOf({ queries }: Resolution): string[] {
  return [...new Set(queries.flatMap((query) => chanceOf(query) ?? []))];
}

function chanceOf({ server, trace }: QueryView): string | undefined {
  if (trace === undefined) return undefined;
  const branches = [...trace.paths, ...(trace.unexplored?.others ?? [])];
  const lost = branches.filter(({ verdict }) => verdict !== 'delivered');
  const [first] = lost;
  if (first === undefined || lost.length === branches.length) return undefined;
  const share = Number((lost.reduce((sum, { probability }) => sum + probability, 0) * 100).toPrecision(3));
  return `${share}% of the queries to ${server} get no answer (${first.verdict}, ${first.reason}); the resolver then waits and asks again`;
}

/** Addresses that may not come first whatever the nameserver's order. */
function orderOf({ addresses, first, libc }: Resolution): string[] {
  if (first >= addresses.length) return [];
  const front = addresses.slice(0, first).join(' or ');
  return [
    `${libc}'s getaddrinfo gives ${front} first, as RFC 6724 sorts; a program that tries one address after another reaches the others only when that fails`,
  ];
}

/** A headless Service translates no port. */
function portOf({ objects }: Cluster, { canonicalName = '' }: Resolution, { port }: AskedName): string[] {
  const [name, namespace, svc] = canonicalName.split('.');
  if (svc !== 'svc' || port === undefined) return [];
  const service = objects.services.find(
    ({ meta, headless }) => headless && meta.name === name && meta.namespace === namespace,
  );
  const translated = service?.ports.find((one) => one.port === port && one.targetPort !== port);
  if (translated === undefined) return [];
  return [
    `service ${namespace}/${name} is headless: no port is translated, so port ${port} of a pod is asked for, while its targetPort is ${translated.targetPort}`,
  ];
}

function familyOf({ addresses }: Resolution): string[] {
  const six = addresses.filter((ip) => ip.includes(':'));
  if (six.length === 0 || six.length === addresses.length) return [];
  return [`IPv6 walking is not modelled yet: ${six.join(', ')} left out`];
}
