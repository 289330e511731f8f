import type { Cluster } from '../cluster/index.ts';
import type { ClusterObjects } from '../k8s/index.ts';
import type { Destination } from './destination.ts';
import type { FlowEnd, Trace, TraceProtocol } from './model.ts';
import type { Resolution } from './names/resolution.ts';
import type { Question } from './resolve-question.ts';
import type { Source } from './resolve-source.ts';
import { parseDestination, type TargetResult } from './target.ts';

/** A name as the destination of a flow. */
export interface AskedName {
  /** As it was typed, or the Service whose full name it is. */
  readonly name: string | { readonly namespace: string; readonly name: string };
  /** Undefined exactly for ICMP. */
  readonly port?: number;
  readonly protocol: TraceProtocol;
  /** How the flow calls it. */
  readonly end: FlowEnd;
}

/** How a name is looked up. */
export interface NameChoice {
  readonly seed?: number;
  /** Keep the frames of the queries. */
  readonly capture?: boolean;
}

/** What a source made of a name: addresses, or the walk of the query that came to nothing. */
export type FoundName = {
  readonly resolution: Resolution;
  /** Things that the asker may not expect, one sentence each. */
  readonly notes: readonly string[];
} & ({ readonly destinations: readonly [Destination, ...Destination[]] } | { readonly lost: Trace });

/**
 * Looks up names for traces: `resolveName` of names/index.ts. It is handed in, not imported, so that a walk without
 * names loads nothing of it.
 */
export type NameResolver = (
  cluster: Cluster,
  source: Source,
  asked: AskedName,
  choice: NameChoice,
) => TargetResult<FoundName>;

/** Whether a question names its destination, or a Service that stands for a name: a NameResolver is needed. */
export function asksByName(
  { services }: Pick<ClusterObjects, 'services'>,
  { destination, namespace }: Pick<Question, 'destination' | 'namespace'>,
): boolean {
  const to = parseDestination(destination, namespace);
  if (!to.ok) return false;
  const { value } = to;
  if (value.kind !== 'service') return value.kind === 'name';
  const { name } = value;
  return services.some(
    (service) =>
      service.type === 'ExternalName' &&
      service.meta.name === name &&
      service.meta.namespace === value.namespace,
  );
}
