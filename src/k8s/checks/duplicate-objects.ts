import type { Draft, Loaded } from '../draft.ts';
import { at } from '../field.ts';
import type { Meta, Workload } from '../objects.ts';
import { claim, fullName, sentence } from './claim.ts';

const WORKLOAD_KINDS: readonly Workload['kind'][] = [
  ...(['Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet', 'DaemonSet', 'Job'] as const),
];

/** Two objects of one kind, namespace and name: which one is meant cannot be known. */
export function checkDuplicateObjects(draft: Draft): void {
  const kinds: readonly (readonly [string, readonly Loaded<{ readonly meta: Meta }>[]])[] = [
    ['Namespace', draft.namespaces],
    ['Node', draft.nodes],
    ['Pod', draft.pods],
    ...WORKLOAD_KINDS.map((kind) => [kind, draft.workloads.filter((w) => w.object.kind === kind)] as const),
    ['Service', draft.services],
    ['EndpointSlice', draft.endpointSlices],
    ['Endpoints', draft.endpoints],
    ['NetworkPolicy', draft.networkPolicies],
  ];
  for (const [kind, list] of kinds) {
    const seen = new Map<string, string>();
    for (const { object, field } of list) {
      if (object.meta.name === '') continue;
      const name = fullName(object.meta);
      const source = object.meta.source;
      claim(seen, name, source?.file ?? '', (file) => {
        const where = file === source?.file ? 'the same file' : file;
        sentence(
          at(field, 'metadata', 'name'),
          'error',
          'PW301',
          `${kind} "${name}" is there twice: the first is in ${where}`,
          'keep one of them',
        );
      });
    }
  }
}
