import { type Cluster, podNetnsId } from '../../cluster/index.ts';
import { createWorld } from '../../kernel/index.ts';
import { type HostPod, realizeScript, runScript } from '../../lab/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openCluster } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';

export interface RealizeOptions extends ClusterOptions {
  readonly up?: boolean;
  readonly down?: boolean;
  readonly status?: boolean;
  readonly exec?: string;
  readonly prefix: string;
  readonly verbose: boolean;
}

/** Longer ones do not leave room for a name: /run/netns is a folder, and a file name has 255 characters. */
const PREFIX = /^[a-z0-9][a-z0-9-]{0,30}-$/;

/** `podwalk realize`: prints the script, or runs it. */
export async function realize(words: readonly string[], options: RealizeOptions, io: Io): Promise<ExitCode> {
  const wrong = misuse(words, options);
  if (wrong !== undefined) {
    io.stderr(`error: ${wrong}\n`);
    return EXIT.usage;
  }
  const { prefix } = options;
  if (options.down === true && options.topology === undefined && options.filename.length === 0) {
    // Taking away asks for no more than the prefix.
    return exitOf(await runScript(realizeScript(createWorld(), { prefix }), ['down']));
  }
  const cluster = await openCluster(options, io, options.verbose);
  if (cluster === undefined) return EXIT.usage;
  const script = realizeScript(cluster.world, { prefix, hostPods: hostPodsOf(cluster) });
  if (options.exec !== undefined) return exitOf(await runScript(script, ['exec', options.exec, ...words]));
  const [action] = actionsOf(options);
  if (action !== undefined) return exitOf(await runScript(script, [action]));
  io.stdout(script);
  return EXIT.yes;
}

function actionsOf(options: RealizeOptions): readonly ('up' | 'down' | 'status' | 'exec')[] {
  return (['up', 'down', 'status', 'exec'] as const).filter((name) => options[name] !== undefined);
}

function misuse(words: readonly string[], options: RealizeOptions): string | undefined {
  const asked = actionsOf(options);
  if (asked.length > 1) return `${asked.map((name) => `--${name}`).join(' and ')}: one at a time`;
  if (options.exec !== undefined && words.length === 0) {
    return `--exec ${options.exec} needs a command: podwalk realize --exec ${options.exec} -- ip route`;
  }
  if (options.exec === undefined && words.length > 0) {
    return `"${words.join(' ')}" is a command for --exec WHO, which is not there`;
  }
  if (!PREFIX.test(options.prefix)) {
    return `prefix "${options.prefix}" is no prefix of namespaces; write at most 32 small letters, digits and dashes, a dash last`;
  }
  return undefined;
}

/** Pods that run in the namespace of their node. */
function hostPodsOf({ objects, world }: Cluster): HostPod[] {
  return objects.pods
    .filter((pod) => pod.hostNetwork && world.netns.has(podNetnsId(pod)))
    .map((pod) => ({ label: `${pod.meta.namespace}/${pod.meta.name}`, netns: podNetnsId(pod) }));
}

/** The script exits 2 when it is used wrongly or something is missing. */
function exitOf(code: number): ExitCode {
  return code === 0 ? EXIT.yes : code === 2 ? EXIT.usage : EXIT.no;
}
