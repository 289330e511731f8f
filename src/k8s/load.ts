import type { Family } from '../addr/index.ts';
import { cidrFamily, familyOf } from '../addr/index.ts';
import { allocateServices } from './allocate.ts';
import { assumeNamedNodes } from './assumed-nodes.ts';
import { checkObjects } from './checks/check-objects.ts';
import { mergeDuplicates } from './checks/duplicate-objects.ts';
import { collectSource, type ParsedSource, parseSource } from './collect-sources.ts';
import type { Diagnostic } from './diagnostics.ts';
import { type Draft, emptyDraft } from './draft.ts';
import { asWarning, invalidObjects, placesOf } from './left-out.ts';
import { mirrorEndpoints } from './mirror-endpoints.ts';
import type { ClusterObjects, PolicyEnforcement } from './objects.ts';
import { inferServiceRange } from './ranges.ts';
import { parseSettings } from './settings.ts';
import { settle } from './settle.ts';
import type { SourceText } from './sources.ts';
import { tellUnmodelled } from './unmodelled/tell-unmodelled.ts';
import type { Watch } from './watch.ts';

export interface LoadedCluster {
  /** As complete as the input allows; not to be used when a diagnostic is an error. */
  readonly objects: ClusterObjects;
  /** In the order in which they were found. */
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: readonly SourceText[];
}

export interface LoadOptions {
  /** `--skip-invalid`: leave invalid objects out and go on; what is wrong with them is then a warning. */
  readonly skipInvalid?: boolean;
  /** With `skipInvalid`: errors that were found later, when the cluster was built; their objects are left out too. */
  readonly late?: readonly Diagnostic[];
  /** `--set`, in order. */
  readonly set?: readonly string[];
  /** `--policy`; default kube-router. */
  readonly policy?: PolicyEnforcement;
  /** `--listeners`; default declared. */
  readonly listeners?: 'declared' | 'any';
  /** Told of every document of YAML and every item of a List that is read. */
  readonly watch?: Watch;
}

/** Rounds of leaving out: an object that refers to one that was left out may become invalid by that. */
const MOST_ROUNDS = 100;

/**
 * Texts to the objects of a cluster: parsed, decoded, defaulted, validated, completed with what the API server
 * would allocate, and checked against each other. Never throws on input; whatever is wrong is a diagnostic.
 */
export function loadCluster(sources: readonly SourceText[], options: LoadOptions = {}): LoadedCluster {
  const parsed = sources.map((source) => parseSource(source, options.watch));
  if (options.skipInvalid !== true) return loadParsed(sources, parsed, options, new Set());
  const told = [...(options.late ?? [])];
  const sound = parsed.map((one) => ({ ...one, diagnostics: one.diagnostics.map(leftUnread) }));
  for (let round = 1; ; round++) {
    const loaded = loadParsed(sources, sound, options, placesOf(told));
    const invalid = invalidObjects(loaded.diagnostics);
    if (invalid.length === 0 || round === MOST_ROUNDS)
      return { ...loaded, diagnostics: [...told.map(asWarning), ...loaded.diagnostics] };
    for (const one of invalid) told.push(one);
  }
}

/** A document that cannot be read is left out by that. */
function leftUnread(diagnostic: Diagnostic): Diagnostic {
  if (diagnostic.severity !== 'error') return diagnostic;
  return { ...asWarning(diagnostic), message: `${diagnostic.message}; the document is left out` };
}

function loadParsed(
  sources: readonly SourceText[],
  parsed: readonly ParsedSource[],
  options: LoadOptions,
  without: ReadonlySet<string>,
): LoadedCluster {
  const diagnostics: Diagnostic[] = [];
  const draft = emptyDraft();
  for (const one of parsed) collectSource(one, draft, diagnostics, without, options.watch);
  const documents = parsed.reduce((sum, one) => sum + one.documents.length, 0);
  const unrendered = diagnostics.filter(({ code }) => code === 'PW117').length;
  const silent = options.skipInvalid === true || diagnostics.length === unrendered;
  if (documents === unrendered && sources.length > 0 && silent) {
    const files = sources.map((source) => source.file).join(', ');
    diagnostics.push({
      severity: 'error',
      code: 'PW112',
      message: `no objects found in ${files}`,
      fix: 'give manifests, as from kubectl get nodes,pods,services,endpointslices -A -o yaml',
    });
  }
  mergeDuplicates(draft, diagnostics);
  noteGeneratedNames(draft, diagnostics);
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
  assumeNamedNodes(draft, diagnostics);
  const settings = parseSettings(options.set ?? [], diagnostics);
  const settled = settle(draft, settings, diagnostics);
  const clusterIPs = draft.services.flatMap(({ object }) => object.clusterIPs);
  const families: Family[] = [4, 6];
  const ranges = new Map(families.map((family) => [family, inferServiceRange(family, clusterIPs)]));
  const dualStack =
    clusterIPs.some((ip) => familyOf(ip) === 6) ||
    draft.nodes.some(({ object }) => object.podCIDRs.some((cidr) => cidrFamily(cidr) === 6));
  const services = allocateServices(draft, ranges, dualStack, diagnostics);
  checkObjects(draft, settled);
  const objects: ClusterObjects = {
    namespaces: draft.namespaces.map(({ object }) => object),
    nodes: draft.nodes.map(({ object }) => object),
    pods: draft.pods.map(({ object }) => object),
    workloads: draft.workloads.map(({ object }) => object),
    services,
    endpointSlices: [...draft.endpointSlices.map(({ object }) => object), ...mirrorEndpoints(draft)],
    networkPolicies: draft.networkPolicies.map(({ object }) => object),
    ...(draft.ingresses.length === 0 ? {} : { ingresses: draft.ingresses }),
    kubeProxy: settled.kubeProxy,
    flannel: settled.flannel,
    ...(settled.cni === undefined ? {} : { cni: settled.cni }),
    topology: settled.topology,
    ...(settled.kubelet === undefined ? {} : { kubelet: settled.kubelet }),
    ...(settled.coreDns === undefined ? {} : { coreDns: settled.coreDns }),
    ...(settled.nodeLocalDns === undefined ? {} : { nodeLocalDns: settled.nodeLocalDns }),
    serviceRanges: families.flatMap((family) =>
      family === 4 || dualStack ? (ranges.get(family) ?? []) : [],
    ),
    stated: {
      podNetwork: settled.networkStated,
      networks: settled.networksStated,
      clusterIPs: new Set(clusterIPs),
      nodePorts: new Set(
        draft.services.flatMap(({ object }) =>
          object.ports.flatMap(({ protocol, nodePort }) =>
            nodePort === 0 ? [] : [`${protocol}/${nodePort}`],
          ),
        ),
      ),
    },
    policyEnforcement: options.policy ?? 'kube-router',
    ...(options.listeners === 'any' ? { listeners: 'any' as const } : {}),
    ...(otherNetwork === undefined ? {} : { otherNetwork }),
    ignored: new Map([...draft.unread].map(([name, { count }]) => [name, count])),
  };
  return { objects, diagnostics, sources };
}

const NAMES_SHOWN = 8;

function noteGeneratedNames({ generated }: Draft, diagnostics: Diagnostic[]): void {
  const names = [...generated].flatMap(([key, drawn]) =>
    [...drawn].map((name) => `${key.slice(0, key.indexOf(' '))} ${name}`),
  );
  if (names.length === 0) return;
  const more = names.length > NAMES_SHOWN ? `, and ${names.length - NAMES_SHOWN} more` : '';
  diagnostics.push({
    severity: 'note',
    code: 'PW123',
    message: `names made of generateName, as the API server would: ${names.slice(0, NAMES_SHOWN).join(', ')}${more}`,
  });
}
