import { type Command, InvalidArgumentError, Option } from 'commander';
import type { PolicyEnforcement } from '../k8s/index.ts';

/** The options that say which cluster; every command takes them, before or after its name. */
export interface ClusterOptions {
  /** `-f`, in order. */
  readonly filename: readonly string[];
  /** `-R`. */
  readonly recursive?: boolean;
  /** `-k`, in order. */
  readonly kustomize?: readonly string[];
  readonly skipInvalid?: boolean;
  /** `-t`. */
  readonly topology?: string;
  readonly namespace: string;
  readonly allNamespaces: boolean;
  /** `--set`, in order. */
  readonly set: readonly string[];
  /** `--policy`; undefined: kube-router. */
  readonly policy?: PolicyEnforcement;
  /** `--listeners`; undefined: declared. */
  readonly listeners?: 'declared' | 'any';
  /** `--break`, in order. */
  readonly break?: readonly string[];
}

/** The options that say what is read, and how. */
export type InputOptions = Pick<
  ClusterOptions,
  'set' | 'policy' | 'listeners' | 'recursive' | 'kustomize' | 'skipInvalid'
>;

export function addClusterOptions(program: Command): void {
  program
    .option('-f, --filename <path>', 'a file, a directory or - (stdin) of manifests; repeatable', append, [])
    .option('-R, --recursive', 'read the folders below a directory too', false)
    .option(
      '-k, --kustomize <dir>',
      'a kustomization, rendered by kubectl or kustomize; repeatable',
      append,
      [],
    )
    .option('--skip-invalid', 'leave invalid objects out, with a warning, and go on', false)
    .option('-t, --topology <name>', 'a cluster that comes with podwalk')
    .option('-n, --namespace <name>', 'the namespace of names that give none', 'default')
    .option('-A, --all-namespaces', 'all namespaces', false)
    .option('--set <path=value>', 'override a setting: flannel.Backend.Type=host-gw; repeatable', append, [])
    .addOption(
      new Option(
        '--policy <controller>',
        'who enforces NetworkPolicies; none: nobody, as with flannel alone',
      ).choices(['kube-router', 'none'] satisfies PolicyEnforcement[]),
    )
    .addOption(
      new Option(
        '--listeners <which>',
        'on which ports pods listen: those that something of them says, or any',
      ).choices(['declared', 'any']),
    )
    .option(
      '--break <node: command>',
      'run an ip, bridge, iptables, ipset, ipvsadm or sysctl command on a node, or pod/NS/NAME, first; repeatable',
      append,
      [],
    );
}

function append(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** An argument parser for whole numbers from `min` to `max`. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`It is a number from ${min} to ${max}.`);
    return value;
  };
}
