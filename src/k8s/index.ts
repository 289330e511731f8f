/**
 * # k8s: manifests to the objects of a cluster
 *
 * Models the kinds that decide about a cluster's network as plain values (`objects.ts`), and the way there from
 * the texts that people have: YAML and JSON, several documents, Lists, directories, standard input. A text is
 * split into documents, each object is decoded by its kind (`registry.ts`, one file a kind in `kinds/`),
 * defaulted and validated as the API server of Kubernetes 1.30 does (kube-proxy and flannel for their own
 * configuration), completed with what the API server would allocate (`allocate.ts`), and held against the
 * others (`checks/`). `--set` changes a configuration before it is decoded (`settings.ts`).
 *
 * Guarantees:
 * - Values are canonical and complete after loading: later folders check nothing again.
 * - No input throws or hangs: whatever is wrong is a `Diagnostic` with a stable code (docs/diagnostics.md), in
 *   the API server's words where it would refuse the same, with position, value and, where there is one, the
 *   fix. All are collected. Positions are looked up when a diagnostic is printed, not before.
 * - The same input gives the same objects: what is random in a cluster (allocated addresses, node ports,
 *   generated names) is drawn from the object's name.
 * - Nothing is half-read: a misspelt field is warned of, a kind that nothing reads is counted in `ignored`.
 *
 * `checkMeaning` looks further, at what no API server refuses and no person means (`meaning/`); it wants objects that
 * the control plane has completed.
 *
 * Leaves out: fields that nothing reads, patches and kustomizations, and everything that needs the cluster's
 * state (the pods of workloads, scheduling, pod addresses, EndpointSlices of Services with a selector: see
 * `controllers`). A bare `y`
 * or `n` in YAML is text here and a boolean to kubectl; a warning says so.
 */

export { ASSUMED_NODES, assumedNode } from './assumed-nodes.ts';
export { clusterDnsAddress, clusterDnsService } from './cluster-dns.ts';
export type { PortmapCondition } from './cni-conditions.ts';
export { kubernetesPlugin } from './corefile/kubernetes-plugin.ts';
export { isNodeLocalDns } from './corefile/node-local-dns.ts';
export type { Diagnostic, DiagnosticPlace, Severity } from './diagnostics.ts';
export { didYouMean, speller } from './did-you-mean.ts';
export {
  EXPECTATION_KEYS,
  type Expectation,
  type Expectations,
  readExpectations,
} from './expectations.ts';
export { formatDiagnostic, formatDiagnostics } from './format-diagnostic.ts';
export { invalidObjects } from './left-out.ts';
export { type LoadedCluster, type LoadOptions, loadCluster } from './load.ts';
export { type Location, locate } from './locate.ts';
export { type Absence, whyNone } from './meaning/absence.ts';
export { checkMeaning } from './meaning/check-meaning.ts';
export { type KnownPods, knownPods } from './meaning/known-pods.ts';
export { BUILT_IN_NAMESPACES } from './meaning/namespaces.ts';
export {
  HOSTNAME,
  matchesNode,
  meetsNodeRequirement,
  nodeLabels,
  nodePreference,
  nodeTaints,
  requiredNodeNames,
  tolerates,
  untoleratedTaint,
} from './node-fit.ts';
export * from './objects.ts';
export { controllerOf, type Ownership, ownershipIn } from './ownership.ts';
export { parseLabelSelector } from './parse-label-selector.ts';
export { type NoNetwork, noNetwork } from './pod-state.ts';
export { indexByLabels, indexPods, type PodIndex } from './pods-by-label.ts';
export { changesThatAllow, type PolicyChange } from './policy-change.ts';
export {
  type FailedHalf,
  failedHalf,
  missText,
  type PolicyQuestion,
  type PolicyRuleMiss,
  policyMisses,
  policyRules,
} from './policy-miss.ts';
export {
  type PolicyParty,
  peerMissText,
  peerText,
  policyPortText,
  portMissText,
  selectorText,
} from './policy-text.ts';
export { inferServiceRange } from './ranges.ts';
export { matchLabels, matchSelector } from './selector.ts';
export { bytesOfInput, readText, STDIN, type StandardInput } from './sources/read-text.ts';
export { type ReadOptions, readSources, type Sources, type SourceText, urlProblem } from './sources.ts';
export { stableHash, stableSuffix } from './stable-hash.ts';
export type { Watch } from './watch.ts';
