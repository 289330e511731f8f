import { assumeNodes, completeNodes, placeByAddress } from '../controllers/ipam/index.ts';
import { growNodes, labelsOfBound, schedulePods, unmet } from '../controllers/scheduler/index.ts';
import { expandWorkloads } from '../controllers/workloads/index.ts';
import type { ClusterObjects, Diagnostic, Node, Pod } from '../k8s/index.ts';

/** Nodes, all workloads and all pods, each pod on its node or Pending. */
export interface Fitted {
  readonly objects: ClusterObjects;
  /** Of the nodes. */
  readonly assumed: readonly Diagnostic[];
  /** Of the workloads and of the placement. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Each round serves everything that found no node; one that changes nothing is the last. */
const MOST_ROUNDS = 8;

/**
 * The nodes that there are, or that are assumed; the pods of workloads; and each pod's node. Assumed nodes are made to
 * fit (note PW403): labels, and more nodes, as far as that lets more pods run. Given ones are left as they are.
 */
export function fitNodes(given: ClusterObjects): Fitted {
  const assumed = assumeNodes(given);
  const located = placeByAddress(assumed.objects);
  let now = placed({ ...located, nodes: labelsOfBound(located.nodes, located.pods) }, located.pods);
  const changes: string[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const growth = growNodes(now.objects.nodes, now.objects.pods, now.objects.workloads);
    if (growth === undefined) break;
    const next = placed({ ...given, nodes: growth.nodes }, located.pods);
    if (!better(next.objects, now.objects) || isTooMany(next.objects)) break;
    now = next;
    changes.push(...growth.changes);
  }
  return {
    objects: now.objects,
    assumed: [...assumed.diagnostics, ...(changes.length === 0 ? [] : [grownNote(changes)])],
    diagnostics: now.diagnostics,
  };
}

function placed(
  objects: ClusterObjects,
  pods: readonly Pod[],
): { readonly objects: ClusterObjects; readonly diagnostics: readonly Diagnostic[] } {
  const made = expandWorkloads({ ...objects, pods });
  const { pods: all, diagnostics } = schedulePods(made.pods, objects.nodes);
  return {
    objects: { ...objects, pods: all, workloads: made.workloads },
    diagnostics: [...made.diagnostics, ...diagnostics],
  };
}

function better(next: ClusterObjects, now: ClusterObjects): boolean {
  const count = ({ nodes, pods, workloads }: ClusterObjects): number => unmet(nodes, pods, workloads);
  return count(next) < count(now);
}

/** Whether the networks that are stated have no room for so many nodes. */
function isTooMany(objects: ClusterObjects): boolean {
  const added = objects.nodes.filter(({ assumed }: Node) => assumed === true).length;
  return added > 2 && completeNodes(objects).diagnostics.some(({ severity }) => severity === 'error');
}

const SHOWN = 5;

function grownNote(changes: readonly string[]): Diagnostic {
  const more = changes.length > SHOWN ? `, and ${changes.length - SHOWN} more` : '';
  return {
    severity: 'note',
    code: 'PW403',
    message: `the assumed nodes are as the workloads ask: ${changes.slice(0, SHOWN).join('; ')}${more}`,
    fix: 'add the output of kubectl get nodes -o yaml for the real ones',
  };
}
