import type { Cluster } from '../../cluster/index.ts';
import { jsonText } from '../../formats/text/index.ts';
import {
  type Conformance,
  conformCluster,
  type Difference,
  hasTool,
  missingForConform,
  missingForIpvs,
  openLab,
  type Probe,
  probeOptions,
  probesOf,
  readProbe,
  removeAbandonedFolders,
  removeAbandonedLabs,
  renderDifference,
  temporaryPrefix,
} from '../../lab/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openCluster } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';

export interface ConformOptions extends ClusterOptions {
  readonly count: number;
  readonly seed: number;
  readonly every: boolean;
  readonly probe: readonly string[];
  readonly output: 'text' | 'json';
  readonly verbose: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `podwalk conform`: exit 0 when the kernel did what the walks say, 1 at any difference. */
export async function conform(options: ConformOptions, io: Io): Promise<ExitCode> {
  removeAbandonedLabs();
  removeAbandonedFolders();
  const missing = missingForConform();
  if (missing.length > 0) {
    io.stderr(`error: conform cannot run here; missing: ${missing.join(', ')}\n`);
    return EXIT.usage;
  }
  const cluster = await openCluster(options, io, options.verbose);
  if (cluster === undefined) return EXIT.usage;
  const lacking = missingForIpvs(cluster.world);
  if (lacking.length > 0) {
    io.stderr(`error: conform cannot run here; missing: ${lacking.join(', ')}\n`);
    return EXIT.usage;
  }
  const probes = probesFor(cluster, options, io);
  if (probes === undefined) return EXIT.usage;
  const result = await inLab(cluster, probes);
  if (result === undefined) {
    io.stderr('error: stopped; the lab is taken away\n');
    return EXIT.usage;
  }
  if (options.output === 'json') io.stdout(`${jsonText(jsonOf(result), 2)}\n`);
  else print(result, options, io);
  return result.differences.length === 0 ? EXIT.yes : EXIT.no;
}

function probesFor(cluster: Cluster, options: ConformOptions, io: Io): readonly Probe[] | undefined {
  const icmp = hasTool('ping');
  if (!icmp) io.stderr('note: no pings: ping is missing (Debian package iputils-ping)\n');
  const wholeDatagrams = hasTool('python3');
  if (options.probe.length === 0) {
    const count = options.every ? {} : { count: options.count };
    return probesOf(cluster, { seed: options.seed, icmp, wholeDatagrams, ...count });
  }
  const probes: Probe[] = [];
  for (const text of options.probe) {
    const probe = readProbe(cluster, text, options.namespace);
    if (typeof probe === 'string') {
      io.stderr(`error: --probe: ${probe}\n`);
      return undefined;
    }
    if (!wholeDatagrams && probe.request.df === true && probe.request.destination.protocol === 'udp') {
      io.stderr('error: --probe: a datagram with --df needs python3 (Debian package python3-minimal)\n');
      return undefined;
    }
    probes.push(probe);
  }
  return probes;
}

/** Undefined when a signal stopped it. The lab is gone afterwards, whatever happened. */
async function inLab(cluster: Cluster, probes: readonly Probe[]): Promise<Conformance | undefined> {
  const controller = new AbortController();
  const { signal } = controller;
  // Until the lab is gone: somebody impatient presses twice.
  const stop = (): void => controller.abort();
  for (const name of SIGNALS) process.on(name, stop);
  try {
    const lab = await openLab(cluster, temporaryPrefix(), { signal });
    try {
      return await conformCluster(cluster, lab, probes, { signal });
    } finally {
      await lab.close();
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
}

function print(result: Conformance, options: ConformOptions, io: Io): void {
  const how = { cluster: clusterWords(options), verbose: options.verbose };
  for (const difference of result.differences) io.stdout(`${renderDifference(difference, how)}\n`);
  const { probes, repeated, devices, rules, differences, unsteady } = result;
  for (const difference of options.verbose ? unsteady : []) {
    io.stdout(`seen once, and not again:\n${renderDifference(difference, how)}\n`);
  }
  const again = repeated === 0 ? '' : ` (${repeated} sent again)`;
  const found = differences.length === 1 ? '1 difference' : `${differences.length || 'no'} differences`;
  io.stdout(`${probes} probes${again}, ${devices} devices crossed, ${rules} rules matched: ${found}\n`);
}

/** The options that name the cluster, as they were given. */
function clusterWords(options: ConformOptions): string {
  const words = [
    ...(options.topology === undefined ? [] : ['-t', options.topology]),
    ...options.filename.flatMap((file) => ['-f', file]),
    ...options.set.flatMap((one) => ['--set', quoted(one)]),
    ...(options.break ?? []).flatMap((one) => ['--break', quoted(one)]),
  ];
  return words.join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function jsonOf({ probes, repeated, devices, rules, differences, unsteady }: Conformance): object {
  const jsonOfOne = ({ probe, divergence }: Difference): object => ({
    source: probe.source,
    destination: probe.destination,
    options: probeOptions(probe),
    ...divergence,
  });
  return {
    apiVersion: 'podwalk/v1',
    kind: 'Conformance',
    probes,
    repeated,
    devices,
    rules,
    differences: differences.map(jsonOfOne),
    unsteady: unsteady.map(jsonOfOne),
  };
}
