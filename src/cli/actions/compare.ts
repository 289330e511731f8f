import { writeFileSync } from 'node:fs';
import { buildState } from '../../cluster/state/index.ts';
import { jsonText } from '../../formats/text/index.ts';
import { bytesOfInput, didYouMean } from '../../k8s/index.ts';
import {
  growthChart,
  paintFor,
  renderComparison,
  renderComparisons,
  renderGrowth,
} from '../../render/index.ts';
import {
  type Comparison,
  comparePair,
  type Growth,
  growthOf,
  type ModeCluster,
  notablePairs,
  SIZES,
} from '../../trace/compare/index.ts';
import { formatTargetError, type Question, type TraceProtocol } from '../../trace/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openClusters } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';
import { clusterFor } from './answer-question.ts';

export interface CompareOptions extends ClusterOptions {
  /** Separated by commas. */
  readonly modes: string;
  readonly protocol?: TraceProtocol;
  readonly via?: string;
  readonly same: boolean;
  readonly growth: boolean;
  readonly services: number;
  readonly svg?: string;
  readonly output?: 'text' | 'json' | 'svg';
  readonly verbose: boolean;
}

/** The modes that podwalk models. */
const MODES = ['iptables', 'ipvs'] as const;

/** `podwalk compare [SRC DST]`. Exit 1 when a client or server would notice the mode. */
export async function compare(
  source: string | undefined,
  destination: string | undefined,
  options: CompareOptions,
  io: Io,
): Promise<ExitCode> {
  const modes = readModes(options.modes);
  if (typeof modes === 'string') {
    io.stderr(`error: ${modes}\n`);
    return EXIT.usage;
  }
  if (source !== undefined && destination === undefined) {
    io.stderr('error: say also whom to reach: podwalk compare SRC DST, or neither of them\n');
    return EXIT.usage;
  }
  const opened = await openModes(modes, options, io);
  if (opened === undefined) return EXIT.usage;
  const asked =
    source === undefined || destination === undefined
      ? { found: notable(opened, options), single: false }
      : { found: [await one(opened, { source, destination }, options)], single: true };
  const comparisons: Comparison[] = [];
  for (const found of asked.found) {
    if (typeof found !== 'string') comparisons.push(found);
    else if (asked.single) {
      io.stderr(`error: ${found}\n`);
      return EXIT.usage;
    }
  }
  const wanted = options.growth || options.svg !== undefined || options.output === 'svg';
  const growth = wanted ? grow(opened, options) : undefined;
  if (wanted && growth === undefined) {
    io.stderr('error: no pod of the cluster has an address: nobody to send packets as Services grow\n');
    return EXIT.usage;
  }
  if (options.svg !== undefined && growth !== undefined && !write(options.svg, growthChart(growth), io))
    return EXIT.usage;
  print(comparisons, growth, asked.single, modes, options, io);
  return comparisons.every(({ differences }) => differences.length === 0) ? EXIT.yes : EXIT.no;
}

/** The modes that `--modes` names, or what is wrong with it. */
function readModes(text: string): readonly string[] | string {
  const words = text.split(',').map((word) => word.trim());
  for (const word of words) {
    if ((MODES as readonly string[]).includes(word)) continue;
    if (word === 'nftables') return '--modes: kube-proxy in nftables mode is not modelled';
    const near = didYouMean(word, MODES);
    return `--modes: "${word}" is no mode of kube-proxy${near === undefined ? ': iptables and ipvs are' : ` (did you mean "${near}"?)`}`;
  }
  const distinct = [...new Set(words)];
  return distinct.length < 2 ? '--modes: two modes to compare, as in --modes iptables,ipvs' : distinct;
}

type Opened = ModeCluster & { readonly clusters: NonNullable<Awaited<ReturnType<typeof openClusters>>> };

/** The cluster in each mode; what there is to say about the input is said once. */
async function openModes(
  modes: readonly string[],
  options: CompareOptions,
  io: Io,
): Promise<readonly Opened[] | undefined> {
  let text: string | Uint8Array | undefined;
  const stdin = (): string | Uint8Array => {
    text ??= bytesOfInput(io.stdin());
    return text;
  };
  const quiet = { ...io, stdin, stderr: () => {} };
  const opened: Opened[] = [];
  for (const mode of modes) {
    const set = [...options.set, `kube-proxy.mode=${mode}`];
    const heard = opened.length === 0 ? { ...io, stdin } : quiet;
    const clusters = await openClusters({ ...options, set }, heard, options.verbose);
    if (clusters === undefined) {
      // What one mode takes and another refuses has not been said yet.
      if (opened.length > 0) await openClusters({ ...options, set }, { ...io, stdin }, options.verbose);
      return undefined;
    }
    opened.push({ mode, cluster: clusters.cluster, clusters });
  }
  return opened;
}

async function one(
  opened: readonly Opened[],
  ends: Pick<Question, 'source' | 'destination'>,
  { namespace, protocol, via }: CompareOptions,
): Promise<Comparison | string> {
  const question: Question = {
    ...ends,
    namespace,
    ...(protocol === undefined ? {} : { protocol }),
    ...(via === undefined ? {} : { via }),
  };
  const clusters: ModeCluster[] = [];
  for (const { mode, clusters: all } of opened) clusters.push({ mode, ...(await clusterFor(all, question)) });
  const result = comparePair(clusters, question);
  return result.ok ? result.value : formatTargetError(result.error);
}

/** What is worth asking of the Services of the namespace, or of all. */
function notable(opened: readonly Opened[], options: CompareOptions): (Comparison | string)[] {
  const objects = opened[0]?.cluster.objects;
  if (objects === undefined) return [];
  const { allNamespaces, namespace, via, protocol } = options;
  const services = objects.services.filter(({ meta }) => allNamespaces || meta.namespace === namespace);
  return services
    .flatMap((service) => notablePairs(objects, service))
    .filter(
      (pair) =>
        (via === undefined || pair.via === via) && (protocol === undefined || pair.protocol === protocol),
    )
    .map((pair) => {
      const result = comparePair(opened, { ...pair, namespace });
      return result.ok ? result.value : formatTargetError(result.error);
    });
}

function grow(opened: readonly Opened[], { services }: CompareOptions): Growth | undefined {
  const objects = opened[0]?.cluster.objects;
  if (objects === undefined) return undefined;
  const sizes = [...new Set([...SIZES.filter((size) => size <= services), services])].sort((a, b) => a - b);
  return growthOf(
    objects,
    opened.map(({ mode, cluster }) => ({ mode, objects: cluster.objects })),
    buildState,
    sizes,
  );
}

function write(file: string, text: string, io: Io): boolean {
  try {
    writeFileSync(file, text);
    return true;
  } catch (error) {
    io.stderr(`error: ${file}: ${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
}

function print(
  comparisons: readonly Comparison[],
  growth: Growth | undefined,
  single: boolean,
  modes: readonly string[],
  { output, same, growth: told }: CompareOptions,
  io: Io,
): void {
  const shown =
    single || same ? comparisons : comparisons.filter(({ differences }) => differences.length > 0);
  if (output === 'svg') {
    if (growth !== undefined) io.stdout(growthChart(growth));
    return;
  }
  if (output === 'json') {
    const found = {
      apiVersion: 'podwalk/v1',
      kind: 'Comparison',
      modes,
      asked: comparisons.length,
      comparisons: shown,
      ...(growth === undefined ? {} : { growth }),
    };
    io.stdout(`${jsonText(found, 2)}\n`);
    return;
  }
  const paint = paintFor(io.isTTY, io.env);
  const [first] = shown;
  if (single && first !== undefined) io.stdout(renderComparison(first, paint));
  else io.stdout(renderComparisons(shown, modes, comparisons.length));
  if (told && growth !== undefined) io.stdout(`\n${renderGrowth(growth)}`);
}
