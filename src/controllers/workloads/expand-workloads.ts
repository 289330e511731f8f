import type {
  ClusterObjects,
  Deployment,
  Diagnostic,
  Node,
  Pod,
  ReplicaSet,
  Workload,
} from '../../k8s/index.ts';
import { makePods, type PodMaker, wantedPods } from './make-pods.ts';
import { type Owners, ownersOf } from './owners.ts';
import type { TakenNames } from './pod-names.ts';

/** All pods, those of the input first, and all workloads, with the ReplicaSets that were made. */
export interface Expansion {
  readonly pods: readonly Pod[];
  readonly workloads: readonly Workload[];
  readonly diagnostics: readonly Diagnostic[];
}

/** More pods than a cluster may have (Kubernetes: considerations for large clusters). */
const MAX_PODS = 150_000;

/**
 * Makes the pods of every workload that has none in the input. Notes: PW420 (what was made), PW421 (a workload wants
 * another number of pods than the input has); errors: PW422 (more pods than any cluster has).
 */
export function expandWorkloads(objects: Pick<ClusterObjects, 'workloads' | 'pods' | 'nodes'>): Expansion {
  const { workloads, nodes } = objects;
  if (workloads.length === 0) return { pods: objects.pods, workloads, diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const owners = ownersOf(objects.pods, workloads);
  const taken = namesOf(objects.pods);
  const pods: Pod[] = [];
  const replicaSets: ReplicaSet[] = [];
  const summary: string[] = [];
  for (const workload of workloads) {
    const maker = makerOf(workload, owners, nodes, diagnostics);
    if (maker === undefined) continue;
    if (maker !== workload && maker.kind === 'ReplicaSet') replicaSets.push(maker);
    const wanted = wantedPods(maker, nodes);
    if (pods.length + wanted > MAX_PODS) {
      diagnostics.push(tooMany(workload, wanted));
      continue;
    }
    const made = makePods(maker, nodes, taken);
    for (const pod of made) pods.push(pod);
    if (made.length > 0) summary.push(`${made.length} of ${nameOf(workload)}`);
  }
  if (summary.length > 0) diagnostics.push(madeNote(summary));
  return {
    pods: [...objects.pods, ...pods],
    workloads: [...workloads, ...replicaSets],
    diagnostics,
  };
}

/** Who makes the pods of a workload that has none; undefined: nobody, it has them, or another workload makes them. */
function makerOf(
  workload: Workload,
  owners: Owners,
  nodes: readonly Node[],
  diagnostics: Diagnostic[],
): PodMaker | undefined {
  const held = owners.podsOf(workload);
  if (workload.kind !== 'Deployment') {
    if (held.all === 0) {
      // An older ReplicaSet, whose successor has the pods.
      return workload.kind === 'ReplicaSet' && owners.deploymentHasPods(workload) ? undefined : workload;
    }
    // A Job's pods end one by one: any number is right.
    if (workload.kind !== 'Job') compare(workload, held.active, nodes, diagnostics);
    return undefined;
  }
  // Its ReplicaSets stand in the list themselves, each with the pods that it makes or has.
  const replicaSets = owners.replicaSetsOf(workload);
  if (replicaSets.length > 0) return undefined;
  if (held.all === 0) return replicaSetOf(workload);
  compare(workload, held.active, nodes, diagnostics);
  return undefined;
}

function compare(
  workload: Workload,
  active: number,
  nodes: readonly Node[],
  diagnostics: Diagnostic[],
): void {
  const wanted = wantedPods(workload, nodes);
  if (wanted === active) return;
  diagnostics.push({
    severity: 'note',
    code: 'PW421',
    message: `${nameOf(workload)} wants ${wanted} pods, and the input has ${active}: those are used, and no others made`,
    fix: 'leave its pods out of the input to have all of them made',
    ...at(workload),
  });
}

/** getNewReplicaSet: what a Deployment that has none yet makes. */
function replicaSetOf({ meta, selector, template, replicas }: Deployment): ReplicaSet {
  const hash: readonly [string, string] = ['pod-template-hash', template.hash];
  const labels = new Map([...template.labels, hash]);
  return {
    kind: 'ReplicaSet',
    meta: {
      name: `${meta.name}-${template.hash}`,
      namespace: meta.namespace,
      labels,
      annotations: new Map([['deployment.kubernetes.io/revision', '1']]),
      ownerReferences: [{ kind: 'Deployment', name: meta.name, controller: true }],
      deleting: meta.deleting,
      ...(meta.source === undefined ? {} : { source: meta.source }),
    },
    selector: { ...selector, matchLabels: new Map([...selector.matchLabels, hash]) },
    template: { ...template, labels },
    replicas,
  };
}

function namesOf(pods: readonly Pod[]): TakenNames {
  const taken: TakenNames = new Map();
  for (const { meta } of pods) {
    const names = taken.get(meta.namespace);
    if (names === undefined) taken.set(meta.namespace, new Set([meta.name]));
    else names.add(meta.name);
  }
  return taken;
}

const SHOWN = 5;

function madeNote(summary: readonly string[]): Diagnostic {
  const more = summary.length > SHOWN ? `, and of ${summary.length - SHOWN} more` : '';
  return {
    severity: 'note',
    code: 'PW420',
    message: `pods made of workloads that have none in the input: ${summary.slice(0, SHOWN).join(', ')}${more}`,
    fix: 'podwalk get pods -A lists them; add the output of kubectl get pods -A -o yaml for the real ones',
  };
}

function tooMany(workload: Workload, wanted: number): Diagnostic {
  return {
    severity: 'error',
    code: 'PW422',
    message: `${nameOf(workload)} wants ${wanted} pods: a cluster has no more than ${MAX_PODS}`,
    fix: 'ask for fewer',
    ...at(workload),
  };
}

function nameOf({ kind, meta }: Workload): string {
  return `${kind} ${meta.namespace}/${meta.name}`;
}

function at({ kind, meta }: Workload): Pick<Diagnostic, 'at'> {
  const path =
    kind === 'Job' ? ['spec', 'parallelism'] : kind === 'DaemonSet' ? ['spec'] : ['spec', 'replicas'];
  return meta.source === undefined ? {} : { at: { source: meta.source, path } };
}
