import type { Diagnostic, DiagnosticPlace } from '../diagnostics.ts';
import type { Draft, Loaded } from '../draft.ts';
import { at, type Field } from '../field.ts';
import type { Meta } from '../objects.ts';
import { sameObject } from '../same-object.ts';
import { fullName, sentence } from './claim.ts';

/**
 * The same object twice: as after `kubectl apply`, the later counts, in the place of the first. Where the two differ a
 * warning shows both; how often they do not, a note says. So it is with configurations of which a cluster has one.
 */
export function mergeDuplicates(draft: Draft, diagnostics: Diagnostic[]): void {
  let identical = 0;
  const merge = <T extends Loaded<{ readonly meta: Meta }>>(
    list: T[],
    kindOf: (object: T['object']) => string,
  ): void => {
    const positions = new Map<string, number>();
    const kept: T[] = [];
    for (const one of list) {
      const { meta } = one.object;
      const name = `${kindOf(one.object)} "${fullName(meta)}"`;
      const position = meta.name === '' ? undefined : positions.get(name);
      const first = position === undefined ? undefined : kept[position];
      if (position === undefined || first === undefined) {
        positions.set(name, kept.length);
        kept.push(one);
      } else if (sameObject(first.field.value, one.field.value)) identical++;
      else {
        tellTwice(at(one.field, 'metadata', 'name'), name, first.field, ['metadata', 'name']);
        kept[position] = one;
      }
    }
    replace(list, kept);
  };
  merge(draft.namespaces, () => 'Namespace');
  merge(draft.nodes, () => 'Node');
  merge(draft.pods, () => 'Pod');
  merge(draft.workloads, ({ kind }) => kind);
  merge(draft.services, () => 'Service');
  merge(draft.endpointSlices, () => 'EndpointSlice');
  merge(draft.endpoints, () => 'Endpoints');
  merge(draft.networkPolicies, () => 'NetworkPolicy');

  const last = <T>(list: T[], fieldOf: (one: T) => Field, what: string): void => {
    const [first, ...more] = list;
    let counts = first;
    for (const one of more) {
      if (counts === undefined) continue;
      if (sameObject(fieldOf(counts).value, fieldOf(one).value)) identical++;
      else {
        tellTwice(fieldOf(one), `a ${what}`, fieldOf(counts), []);
        counts = one;
      }
    }
    if (counts !== undefined) replace(list, [counts]);
  };
  const own = (field: Field): Field => field;
  last(draft.kubeProxy, own, 'KubeProxyConfiguration');
  last(draft.flannel, own, 'flannel configuration');
  last(draft.kubelet, own, 'KubeletConfiguration');
  last(draft.coreDns, own, 'Corefile');
  last(draft.coreDnsCustom, own, 'coredns-custom ConfigMap');
  last(draft.nodeLocalDns, own, 'node-local-dns ConfigMap');
  last(draft.topologies, ({ field }) => field, 'Topology');
  if (identical > 0)
    diagnostics.push({
      severity: 'note',
      code: 'PW127',
      message:
        identical === 1
          ? 'one object is there twice, the same both times'
          : `${identical} objects are there again, the same as before`,
    });
}

function tellTwice(field: Field, what: string, first: Field, path: readonly string[]): void {
  const also = placeOf(first, path);
  sentence(
    field,
    'warning',
    'PW301',
    `${what} is there twice and differs: this one, the later, counts`,
    'keep one of them',
    also === undefined ? undefined : { label: 'the first', at: also },
  );
}

function placeOf({ report }: Field, path: readonly string[]): DiagnosticPlace | undefined {
  const { source, embeddedIn } = report;
  if (source === undefined) return undefined;
  return { source, path: embeddedIn ?? path };
}

function replace<T>(list: T[], kept: readonly T[]): void {
  list.length = 0;
  for (const one of kept) list.push(one);
}
