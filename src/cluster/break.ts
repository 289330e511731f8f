import { readCommand } from '../formats/index.ts';
import { type ClusterObjects, type Diagnostic, type DiagnosticPlace, didYouMean } from '../k8s/index.ts';
import { commit, type Netns, rulesetOf, type World } from '../kernel/index.ts';
import { nodeNetnsId, podNetnsId } from './places.ts';

/** A command that somebody runs by hand after every program has done its work: `--break 'NODE: COMMAND'`. */
export interface Break {
  /** A node's name, or `pod/NAMESPACE/NAME`, `router/NAME`, `host/NAME`. */
  readonly on: string;
  /** A command line of ip, bridge, iptables, ipset or sysctl. */
  readonly run: string;
  /** Where the input has it. */
  readonly at?: DiagnosticPlace;
}

/** The breaks that a Topology lists, each with its place in the input. */
export function topologyBreaks({ topology }: ClusterObjects): Break[] {
  const { source, breaks = [] } = topology;
  return breaks.map(({ on, run }, i) => ({
    on,
    run,
    ...(source === undefined ? {} : { at: { source, path: ['breaks', i] } }),
  }));
}

/**
 * Runs commands in order, each in the state that those before it left. A command that the real tool would refuse is
 * an error in its words, and the next one is run all the same, so that all of them are told.
 */
export function applyBreaks(
  world: World,
  objects: ClusterObjects,
  breaks: readonly Break[],
): readonly Diagnostic[] {
  return breaks.flatMap((one) => applyBreak(world, objects, one));
}

function applyBreak(world: World, objects: ClusterObjects, one: Break): Diagnostic[] {
  const netns = netnsOf(world, objects, one.on);
  const at = (step: string): { readonly at?: DiagnosticPlace } =>
    one.at === undefined ? {} : { at: { ...one.at, path: [...one.at.path, step] } };
  if (netns === undefined) {
    const near = didYouMean(one.on, namesOf(world, objects));
    const fix = near === undefined ? 'name a node, or pod/NAMESPACE/NAME' : `did you mean "${near}"?`;
    return [
      {
        severity: 'error',
        code: 'PW440',
        message: `"${one.on}" is no node or pod to break`,
        fix,
        ...at('on'),
      },
    ];
  }
  settleState(netns);
  const head = `${one.on}: ${one.run}`;
  const refused = (message: string, fix?: string): Diagnostic => ({
    severity: 'error',
    code: 'PW441',
    message: `${head}: ${message}`,
    ...(fix === undefined ? {} : { fix }),
    ...at('run'),
  });
  const command = readCommand(one.run, world, netns);
  if (!command.ok) return [refused(command.message, command.fix)];
  const error = commit(world, command.operations);
  if (error !== undefined) {
    const { op } = error.operation;
    return [refused(op.startsWith('ipset-') ? `ipset v7.17: ${error.message}` : error.message)];
  }
  return command.notes.map((note) => ({
    severity: 'warning',
    code: 'PW442',
    message: `${head}: ${note}`,
    ...at('run'),
  }));
}

/** Has every program of a namespace write what it put off until somebody looks: it acted before the hand that breaks. */
export function settleState(netns: Netns): void {
  rulesetOf(netns, 4);
  // What flannel knows of its peers is written when any of these is first read (defer.ts).
  for (const link of netns.links.values()) if (link.kind === 'vxlan') void link.fdb.size;
  void netns.routes.length;
  void netns.neighbours.size;
}

/** The namespace that a name means. */
function netnsOf(world: World, objects: ClusterObjects, on: string): Netns | undefined {
  const [kind, ...rest] = on.split('/');
  if (kind === 'pod') {
    const [namespace, name] = rest.length === 1 ? ['default', rest[0]] : rest;
    const pod = objects.pods.find((p) => p.meta.name === name && p.meta.namespace === namespace);
    return pod === undefined ? undefined : world.netns.get(podNetnsId(pod));
  }
  return rest.length === 0 ? world.netns.get(nodeNetnsId(on)) : world.netns.get(on);
}

function namesOf(world: World, objects: ClusterObjects): string[] {
  return [
    ...objects.nodes.map((node) => node.meta.name),
    ...objects.pods.map(({ meta }) => `pod/${meta.namespace}/${meta.name}`),
    ...[...world.netns.values()]
      .filter(({ kind }) => kind === 'router' || kind === 'host')
      .map(({ id }) => id),
  ];
}
