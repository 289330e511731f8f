import type { Draft } from '../draft.ts';
import { at, child, type Field, isRecord, items, pathOf } from '../field.ts';
import type { IngressBackend } from '../ingress-objects.ts';
import type { Meta } from '../objects.ts';

/** The versions that an Ingress has had; the last two write `serviceName` and `servicePort`. */
export const INGRESS_VERSIONS: readonly string[] = [
  'networking.k8s.io/v1',
  'networking.k8s.io/v1beta1',
  'extensions/v1beta1',
];

/**
 * Reads of an Ingress who is behind it, for lint: no walk heeds it, and so nothing of it is refused. What is not where
 * it should be is passed over.
 */
export function decodeIngress(field: Field, draft: Draft): void {
  const spec = child(field, 'spec');
  const paths = listOf(child(spec, 'rules')).flatMap((rule) => listOf(at(rule, 'http', 'paths')));
  const backends = [
    backend(child(spec, 'defaultBackend')),
    backend(child(spec, 'backend')),
    ...paths.map((path) => backend(child(path, 'backend'))),
  ];
  draft.ingresses.push({
    kind: 'Ingress',
    meta: metaOf(field),
    backends: backends.filter((one) => one !== undefined),
  });
}

/** The items of what should be a list; nothing is told where it is none. */
function listOf(field: Field): Field[] {
  return Array.isArray(field.value) ? items(field) : [];
}

function backend(field: Field): IngressBackend | undefined {
  const current = child(field, 'service');
  const isCurrent = isRecord(current.value);
  const name = isCurrent ? child(current, 'name') : child(field, 'serviceName');
  if (typeof name.value !== 'string' || name.value === '') return undefined;
  const given = isCurrent
    ? (['number', 'name'] as const).map((key) => at(current, 'port', key))
    : [child(field, 'servicePort')];
  const port = given.find(({ value }) => typeof value === 'number' || typeof value === 'string');
  return {
    service: name.value,
    path: pathOf(name),
    ...(port === undefined ? {} : { port: numberOrName(port.value), portPath: pathOf(port) }),
  };
}

/** IntOrString: the older shape writes numbers as text too. */
function numberOrName(value: unknown): number | string {
  return typeof value === 'number' ? value : /^\d+$/.test(String(value)) ? Number(value) : String(value);
}

function metaOf(field: Field): Meta {
  const metadata = child(field, 'metadata');
  const text = (key: string, otherwise: string): string => {
    const { value } = child(metadata, key);
    return typeof value === 'string' && value !== '' ? value : otherwise;
  };
  const mapOf = (key: string): ReadonlyMap<string, string> => {
    const { value } = child(metadata, key);
    const pairs = isRecord(value) ? Object.entries(value) : [];
    return new Map(pairs.map(([name, one]) => [name, String(one)]));
  };
  const { source } = field.report;
  return {
    name: text('name', text('generateName', '')),
    namespace: text('namespace', 'default'),
    labels: mapOf('labels'),
    annotations: mapOf('annotations'),
    ownerReferences: [],
    deleting: false,
    ...(source === undefined ? {} : { source }),
  };
}
