import { readCommand } from '../formats/index.ts';
import { type ClusterObjects, type Diagnostic, type DiagnosticPlace, didYouMean } from '../k8s/index.ts';
import { commit, type Netns, type World } from '../kernel/index.ts';
import { nodeNetnsId, podNetnsId } from './places.ts';
import { settleState } from './settle-state.ts';
import type { Break } from './topology-breaks.ts';

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
