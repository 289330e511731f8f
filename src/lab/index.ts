/**
 * # lab: the cluster in the real kernel
 *
 * `realizeScript` writes a shell script that builds a world in network namespaces of a Linux machine, device by device
 * with the names, indexes, MACs, addresses, routes, neighbours, forwarding entries, settings and rules that the
 * emulated state has, and a listener on every socket. `openLab` builds it and watches: tcpdump shows every device,
 * nf_tables tells of every rule, and agents in the namespaces ask and answer. `conformCluster` sends probes and holds
 * what the kernel did against every step of the walk; `conformTexts` holds what `ip`, `bridge`, `iptables-save`, `ipset`
 * and `sysctl` print in every namespace against podwalk's own dumps.
 *
 * Guarantees: only namespaces whose name begins with the prefix are touched, and those that were made are taken away
 * again, also after a failure; the script is written from the state alone; a difference names the first place where
 * walk and kernel part. When they differ, the kernel is right.
 *
 * Leaves out: SCTP listeners and probes (Node has no SCTP sockets), IPv6 probes, timers. Answers of the kernel that
 * the walk does not model (ICMP redirects, retransmissions) are not compared.
 */
export type { AgentAnswer } from './agent/agent.ts';
export type { Divergence } from './conform/compare.ts';
export { type Conformance, conformCluster, type Difference, type Shown } from './conform/conform-cluster.ts';
export {
  conformOutcomes,
  type OutcomeConformance,
  type OutcomeDifference,
  renderOutcomeDifference,
  type SeenOutcomes,
  seeOutcomes,
  seeSeries,
  walkOutcomes,
} from './conform/conform-outcomes.ts';
export { missingForConform, missingForIpvs } from './conform/missing-for-conform.ts';
export { type Handiwork, type Lab, type LabOptions, openLab } from './conform/open-lab.ts';
export { type Probe, probeOptions, readProbe } from './conform/probe.ts';
export { type ProbeOptions, probesOf } from './conform/probes.ts';
export { type ReportOptions, renderDifference } from './conform/report.ts';
export { hasTool, type Missing, missingFor, type Purpose } from './realize/missing.ts';
export {
  DEFAULT_PREFIX,
  type HostPod,
  type RealizeOptions,
  realizeScript,
} from './realize/realize-script.ts';
export { runScript } from './realize/run-script.ts';
export {
  removeAbandonedFolders,
  removeAbandonedLabs,
  temporaryFolder,
  temporaryPrefix,
} from './temporary.ts';
export { conformTexts, type TextConformance, type TextDifference } from './texts/conform-texts.ts';
export { renderTextDifference } from './texts/render-text-difference.ts';
