/**
 * # podwalk: the public API
 *
 * What the command line does, for programs: read manifests, build the cluster's state, walk packets through it,
 * print the state as the real tools do.
 *
 *     const { sources } = readSources(['manifests/']);
 *     const { objects } = loadCluster(sources, { set: [] });
 *     const cluster = buildCluster(objects);
 *     const found = answer(
 *       cluster,
 *       { source: 'pod/client', destination: 'svc/web:80', namespace: 'default' },
 *       { all: true },
 *     );
 *     if (found.ok) console.log(found.value.trace.verdict);
 *
 * A destination may be a name where `names: resolveName` stands beside `all`, and the cluster was built from
 * `withDns(objects)`.
 *
 * Guarantees: bad input comes back as diagnostics and values, never as an exception; the same input gives the same
 * result; what is exported here is all that is promised.
 */
export { type BuildOptions, buildCluster, type Cluster, nodeNetnsId, podNetnsId } from './cluster/index.ts';
export {
  answer as answerDns,
  type DnsAnswer,
  type DnsQuery,
  type DnsRecord,
  type DnsServer,
  type DnsServerOptions,
  dnsServer,
  KUBEADM_COREFILE,
  parseRequest as parseDnsName,
  respond as respondDns,
  withDns,
} from './controllers/dns/index.ts';
export {
  type KubeletEvent,
  type NameSettings,
  nameSettings,
  podHosts,
  podResolvConf,
  serviceEnvironment,
} from './controllers/kubelet/index.ts';
export { parseDig, parseDigRequest, printDig } from './formats/dig/index.ts';
export { parseResolvConf, printResolvConf, type ResolvConf } from './formats/files/index.ts';
export {
  type CommandResult,
  type EntriesResult,
  formatOperation,
  type LineError,
  parseBridgeFdb,
  parseBridgeLink,
  parseConntrack,
  parseIpAddr,
  parseIpLink,
  parseIpNeigh,
  parseIpRoute,
  parseIpRule,
  parseIpsetSave,
  parseIptablesSave,
  parseIpvsadm,
  parseIpvsadmSave,
  parseIpvsConnections,
  parseRule,
  parseSysctl,
  printBridgeFdb,
  printBridgeLink,
  printConntrack,
  printIpAddr,
  printIpLink,
  printIpNeigh,
  printIpRoute,
  printIpRule,
  printIpsetSave,
  printIptablesSave,
  printIpvsadm,
  printIpvsadmSave,
  printIpvsConnections,
  printRule,
  printSysctl,
  readCommand,
} from './formats/index.ts';
export {
  type Asked,
  type Connection,
  checkExpectations,
  checkPolicies,
  diagnose,
  judgeConnection,
  type Outcome,
  type PolicyModel,
  type PolicyVerdict,
  policyModel,
  promise,
  type Reachability,
  reachability,
  type Walked,
} from './intent/index.ts';
export {
  type ClusterObjects,
  type Diagnostic,
  formatDiagnostic,
  kubernetesPlugin,
  loadCluster,
  readSources,
  type SourceText,
} from './k8s/index.ts';
export { type Netns, rulesetOf, type World } from './kernel/index.ts';
export { type RealizeOptions, realizeScript } from './lab/index.ts';
export {
  COLOUR,
  describeObject,
  findingsOf,
  type Listed,
  type ListedObject,
  listObjects,
  manifestOf,
  PLAIN,
  renderJson,
  renderJsonLine,
  renderPcapng,
  renderSarif,
  renderText,
  renderTree,
  renderYaml,
  treeOf,
} from './render/index.ts';
export { renderResolution } from './render/names/index.ts';
export {
  type Answer,
  afterFlows,
  answer,
  checkTrace,
  type Endpoint,
  type Flow,
  type FlowEnd,
  formatTargetError,
  type Hop,
  type Path,
  type Question,
  type Reason,
  type Step,
  type TargetError,
  type Trace,
  type TraceProtocol,
  type Verdict,
} from './trace/index.ts';
export { type DigOutcome, dig, lookUp, type Resolution, resolveName } from './trace/names/index.ts';
