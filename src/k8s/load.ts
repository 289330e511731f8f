import type { Family } from '../addr/index.ts';
import { cidrFamily, familyOf } from '../addr/index.ts';
import { allocateServices } from './allocate.ts';
import { checkObjects } from './checks/check-objects.ts';
import { collectObjects } from './collect.ts';
import type { Diagnostic } from './diagnostics.ts';
import { parseDocuments } from './documents.ts';
import { emptyDraft } from './draft.ts';
import { mirrorEndpoints } from './mirror-endpoints.ts';
import type { ClusterObjects, PolicyEnforcement } from './objects.ts';
import { inferServiceRange } from './ranges.ts';
import { isBodyRead } from './registry.ts';
import { parseSettings } from './settings.ts';
import { settle } from './settle.ts';
import type { SourceText } from './sources.ts';
import { tellUnmodelled } from './unmodelled/tell-unmodelled.ts';

export interface LoadedCluster {
  /** As complete as the input allows; not to be used when a diagnostic is an error. */
  readonly objects: ClusterObjects;
  /** In the order in which they were found. */
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: readonly SourceText[];
}

export interface LoadOptions {
  /** `--set`, in order. */
  readonly set?: readonly string[];
  /** `--policy`; default kube-router. */
  readonly policy?: PolicyEnforcement;
}

/**
 * Texts to the objects of a cluster: parsed, decoded, defaulted, validated, completed with what the API server
 * would allocate, and checked against each other. Never throws on input; whatever is wrong is a diagnostic.
 */
export function loadCluster(sources: readonly SourceText[], options: LoadOptions = {}): LoadedCluster {
  const diagnostics: Diagnostic[] = [];
  const draft = emptyDraft();
  let documents = 0;
  for (const source of sources) {
    for (const document of parseDocuments(source, diagnostics, isBodyRead)) {
      documents++;
      collectObjects(document, draft, diagnostics);
    }
  }
  if (documents === 0 && sources.length > 0 && diagnostics.length === 0) {
    const files = sources.map((source) => source.file).join(', ');
    diagnostics.push({
      severity: 'error',
      code: 'PW112',
      message: `no objects found in ${files}`,
      fix: 'give manifests, as from kubectl get nodes,pods,services,endpointslices -A -o yaml',
    });
  }
  const cronJobs = draft.unread.get('CronJob')?.count;
  if (cronJobs !== undefined) {
    diagnostics.push({
      severity: 'note',
      code: 'PW113',
      message: `${cronJobs === 1 ? 'a CronJob makes' : `${cronJobs} CronJobs make`} no pods here: the Jobs that are in the input do`,
      fix: 'kubectl create job --from=cronjob/NAME --dry-run=client -o yaml gives one',
    });
  }
  const otherNetwork = tellUnmodelled(draft, diagnostics);
  const settings = parseSettings(options.set ?? [], diagnostics);
  const settled = settle(draft, settings, diagnostics);
  const clusterIPs = draft.services.flatMap(({ object }) => object.clusterIPs);
  const families: Family[] = [4, 6];
  const ranges = new Map(families.map((family) => [family, inferServiceRange(family, clusterIPs)]));
  const dualStack =
    clusterIPs.some((ip) => familyOf(ip) === 6) ||
    draft.nodes.some(({ object }) => object.podCIDRs.some((cidr) => cidrFamily(cidr) === 6));
  const services = allocateServices(draft, ranges, dualStack, diagnostics);
  checkObjects(draft, settled, ranges);
  const objects: ClusterObjects = {
    namespaces: draft.namespaces.map(({ object }) => object),
    nodes: draft.nodes.map(({ object }) => object),
    pods: draft.pods.map(({ object }) => object),
    workloads: draft.workloads.map(({ object }) => object),
    services,
    endpointSlices: [...draft.endpointSlices.map(({ object }) => object), ...mirrorEndpoints(draft)],
    networkPolicies: draft.networkPolicies.map(({ object }) => object),
    kubeProxy: settled.kubeProxy,
    flannel: settled.flannel,
    ...(settled.cni === undefined ? {} : { cni: settled.cni }),
    topology: settled.topology,
    ...(settled.kubelet === undefined ? {} : { kubelet: settled.kubelet }),
    ...(settled.coreDns === undefined ? {} : { coreDns: settled.coreDns }),
    serviceRanges: families.flatMap((family) =>
      family === 4 || dualStack ? (ranges.get(family) ?? []) : [],
    ),
    policyEnforcement: options.policy ?? 'kube-router',
    ...(otherNetwork === undefined ? {} : { otherNetwork }),
    ignored: new Map([...draft.unread].map(([name, { count }]) => [name, count])),
  };
  return { objects, diagnostics, sources };
}
