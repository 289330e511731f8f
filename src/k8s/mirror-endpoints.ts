import { didYouMean } from './did-you-mean.ts';
import type { Draft } from './draft.ts';
import { tell } from './field.ts';
import { SERVICE_NAME_LABEL } from './kinds/endpoint-slice.ts';
import type { EndpointSlice, Meta } from './objects.ts';
import { stableSuffix } from './stable-hash.ts';

/** Label and annotation that keep the mirroring controller away. */
const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';

/**
 * EndpointSlices for Endpoints objects, as the EndpointSliceMirroring controller makes them: for a Service of
 * the same name without selector. What is not mirrored is noted with its reason.
 */
export function mirrorEndpoints(draft: Draft): EndpointSlice[] {
  const services = new Map(
    draft.services.map(({ object }) => [`${object.meta.namespace}/${object.meta.name}`, object]),
  );
  const sliced = new Set(
    draft.endpointSlices.map(({ object }) => `${object.meta.namespace}/${object.serviceName}`),
  );
  const mirrored: EndpointSlice[] = [];
  for (const { object, field } of draft.endpoints) {
    const { meta } = object;
    const key = `${meta.namespace}/${meta.name}`;
    const service = services.get(key);
    const reason = sliced.has(key)
      ? 'the Service has EndpointSlices'
      : service === undefined
        ? 'there is no Service of this name'
        : service.selector !== undefined
          ? 'its Service has a selector, and EndpointSlices are computed from that'
          : meta.labels.get(SKIP_LABEL) === 'true' || meta.annotations.has(LEADER_ANNOTATION)
            ? 'it is marked not to be mirrored'
            : undefined;
    if (reason !== undefined) {
      const near = service === undefined ? nearService(meta, draft) : undefined;
      const fix = near === undefined ? undefined : `did you mean "${near}"?`;
      const severity = near === undefined ? 'note' : 'warning';
      tell(field, severity, 'PW311', `Endpoints ${key} is ignored: ${reason}`, fix, 'sentence');
      continue;
    }
    for (const [i, slice] of object.slices.entries()) {
      const name = `${meta.name}-${stableSuffix(`${key}/${slice.addressType}/${i}`)}`;
      const labels = new Map(meta.labels);
      labels.set(SERVICE_NAME_LABEL, meta.name);
      labels.set('endpointslice.kubernetes.io/managed-by', 'endpointslicemirroring-controller.k8s.io');
      mirrored.push({ ...slice, meta: { ...meta, name, labels } });
    }
  }
  return mirrored;
}

function nearService({ namespace, name }: Meta, draft: Draft): string | undefined {
  const own = draft.services.filter(({ object }) => object.meta.namespace === namespace);
  return didYouMean(
    name,
    own.map(({ object }) => object.meta.name),
  );
}
