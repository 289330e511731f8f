import { type ClusterObjects, isFinished, noNetwork } from '../../k8s/index.ts';
import { CLIENT_NETNS, findNode, findPod, podOfWorkload, type Source } from '../resolve-source.ts';
import { fail, ok, parseSource, type TargetResult } from '../target.ts';

/** Whose resolver: what of a source decides about it, and where it is. */
export type NameClient = Pick<Source, 'kind' | 'netnsId' | 'end'>;

/** Looks up whose resolver is meant by a source as a person types it; a pod that has no address has one too. */
export function nameClient(
  from: string,
  namespace: string,
  objects: ClusterObjects,
): TargetResult<NameClient> {
  const spec = parseSource(from, namespace);
  if (!spec.ok) return spec;
  const { value } = spec;
  switch (value.kind) {
    case 'external':
      return ok({ kind: 'external', netnsId: CLIENT_NETNS, end: { kind: 'external', name: 'client' } });
    case 'node': {
      const node = findNode(value.name, objects);
      if (!node.ok) return node;
      const { name } = node.value.meta;
      return ok({ kind: 'node', netnsId: `node/${name}`, end: { kind: 'node', name, node: name } });
    }
    case 'pod':
    case 'workload': {
      const pod =
        value.kind === 'pod'
          ? findPod(value.namespace, value.name, objects)
          : podOfWorkload(value.workload, value.namespace, value.name, objects);
      if (!pod.ok) return pod;
      const { meta, nodeName, hostNetwork, phase } = pod.value;
      if (isFinished(pod.value))
        return fail(
          `pod ${meta.namespace}/${meta.name} has finished (${phase}): nothing in it asks for names`,
          {
            fix: 'ask from a running pod',
          },
        );
      const lacking = noNetwork(pod.value);
      if (lacking !== undefined)
        return fail(`pod ${meta.namespace}/${meta.name} ${lacking.why}`, { fix: lacking.fix });
      const netnsId = hostNetwork ? `node/${nodeName}` : `pod/${meta.namespace}/${meta.name}`;
      const end = { kind: 'pod', namespace: meta.namespace, name: meta.name, node: nodeName } as const;
      return ok({ kind: 'pod', netnsId, end });
    }
  }
}
