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
export { parseResolvConf, printResolvConf, type ResolvConf } from './formats/files/index.ts';
export {
  parseIptablesSave,
  printBridgeFdb,
  printBridgeLink,
  printIpAddr,
  printIpLink,
  printIpNeigh,
  printIpRoute,
  printIpRule,
  printIptablesSave,
  printSysctl,
} from './formats/index.ts';
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
export { COLOUR, PLAIN, renderJson, renderJsonLine, renderText } from './render/index.ts';
export {
  type Answer,
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
