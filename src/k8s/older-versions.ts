import { at, child, type Field, isRecord, tell } from './field.ts';

/** An API version of a kind that API servers have ceased to serve; books and old charts still hold it. */
interface OlderVersion {
  readonly apiVersion: string;
  /** The last minor version of Kubernetes that served it (the deprecation guide of kubernetes.io). */
  readonly servedUntil: string;
  /** What it had otherwise than the version of today. */
  readonly adapt?: (object: Record<string, unknown>) => Record<string, unknown>;
  /** What must be written besides the apiVersion, when the object relies on something that is no more. */
  readonly also?: (object: Field) => string | undefined;
}

const DEFAULTED: Pick<OlderVersion, 'adapt' | 'also'> = { adapt: labelsFromTemplate, also: selectorToWrite };

const EXTENSIONS = { apiVersion: 'extensions/v1beta1', servedUntil: '1.15' };
const APPS_1 = { apiVersion: 'apps/v1beta1', servedUntil: '1.15' };
const APPS_2 = { apiVersion: 'apps/v1beta2', servedUntil: '1.15' };

const OLDER: Readonly<Record<string, readonly OlderVersion[]>> = {
  Deployment: [{ ...EXTENSIONS, ...DEFAULTED }, { ...APPS_1, ...DEFAULTED }, APPS_2],
  DaemonSet: [{ ...EXTENSIONS, ...DEFAULTED }, APPS_2],
  ReplicaSet: [{ ...EXTENSIONS, ...DEFAULTED }, APPS_2],
  StatefulSet: [{ ...APPS_1, ...DEFAULTED }, APPS_2],
  NetworkPolicy: [EXTENSIONS],
  Ingress: [
    { ...EXTENSIONS, servedUntil: '1.21', adapt: ingressOfToday, also: () => BACKENDS_TO_WRITE },
    {
      apiVersion: 'networking.k8s.io/v1beta1',
      servedUntil: '1.21',
      adapt: ingressOfToday,
      also: () => BACKENDS_TO_WRITE,
    },
  ],
  CronJob: [
    { apiVersion: 'batch/v1beta1', servedUntil: '1.24' },
    { apiVersion: 'batch/v2alpha1', servedUntil: '1.20' },
  ],
  EndpointSlice: [{ apiVersion: 'discovery.k8s.io/v1beta1', servedUntil: '1.24', adapt: topologyToNodes }],
};

/** What else an Ingress of today has otherwise. */
const BACKENDS_TO_WRITE =
  'service.name and service.port.number (or name) in each backend, defaultBackend for backend of the spec, and pathType in each path';

/** The version of today of each kind above. */
const TODAY: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  DaemonSet: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  Ingress: 'networking.k8s.io/v1',
  CronJob: 'batch/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
};

/**
 * An object of an API version that is served no more, as its kind of today: with what the old version defaulted. It is
 * told, in kubectl's words for such a file. Undefined when the version is none of those.
 */
export function fromOlderVersion(
  field: Field,
  kind: string,
  apiVersion: string,
): { readonly field: Field; readonly apiVersion: string } | undefined {
  const older = Object.hasOwn(OLDER, kind)
    ? OLDER[kind]?.find((one) => one.apiVersion === apiVersion)
    : undefined;
  const today = TODAY[kind];
  if (older === undefined || today === undefined || !isRecord(field.value)) return undefined;
  const also = older.also?.(field);
  tell(
    child(field, 'apiVersion'),
    'warning',
    'PW124',
    `${asKubectlSays(field, kind, apiVersion)}: Kubernetes served it until ${older.servedUntil}; it is read here as it was then`,
    `write apiVersion: ${today}${also === undefined ? '' : ` and ${also}`}`,
    'sentence',
  );
  const value = older.adapt === undefined ? field.value : older.adapt({ ...field.value });
  return { field: { ...field, value }, apiVersion: today };
}

/** What `kubectl apply` prints of a kind that no group has. */
function asKubectlSays(field: Field, kind: string, apiVersion: string): string {
  const word = (key: string): string => {
    const { value } = at(field, 'metadata', key);
    return JSON.stringify(typeof value === 'string' ? value : '');
  };
  const file = JSON.stringify(field.report.source?.file ?? '');
  return `resource mapping not found for name: ${word('name')} namespace: ${word('namespace')} from ${file}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}, ensure CRDs are installed first`;
}

/** extensions/v1beta1 and apps/v1beta1: labels and selector were those of the template when they were not given. */
function labelsFromTemplate(object: Record<string, unknown>): Record<string, unknown> {
  const { spec, metadata } = object;
  if (!isRecord(spec)) return object;
  const labels = templateLabels(spec);
  if (labels === undefined) return object;
  const selected = isPlainlyGiven(spec['selector'])
    ? object
    : { ...object, spec: { ...spec, selector: { matchLabels: labels } } };
  const labelled = isRecord(metadata) && !isPlainlyGiven(metadata['labels']);
  return labelled ? { ...selected, metadata: { ...metadata, labels } } : selected;
}

function templateLabels(
  spec: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const { template } = spec;
  const metadata = isRecord(template) ? template['metadata'] : undefined;
  const labels = isRecord(metadata) ? metadata['labels'] : undefined;
  return isRecord(labels) ? labels : undefined;
}

/** Whether a value is there and not empty. */
function isPlainlyGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(isRecord(value) && Object.keys(value).length === 0);
}

function selectorToWrite(field: Field): string | undefined {
  const spec = child(field, 'spec');
  if (!isRecord(spec.value) || isPlainlyGiven(spec.value['selector'])) return undefined;
  const labels = templateLabels(spec.value);
  if (labels === undefined) return 'spec.selector.matchLabels with the labels of the template';
  const pairs = Object.entries(labels).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `spec.selector.matchLabels: { ${pairs.join(', ')} }`;
}

/** discovery.k8s.io/v1beta1: node and zone of an endpoint stood in its topology. */
function topologyToNodes(object: Record<string, unknown>): Record<string, unknown> {
  const { endpoints } = object;
  if (!Array.isArray(endpoints)) return object;
  return { ...object, endpoints: endpoints.map(endpointOfToday) };
}

function endpointOfToday(endpoint: unknown): unknown {
  if (!isRecord(endpoint) || !isRecord(endpoint['topology'])) return endpoint;
  const { topology, ...rest } = endpoint;
  const node = topology['kubernetes.io/hostname'];
  const zone = topology['topology.kubernetes.io/zone'];
  return {
    ...(node === undefined ? {} : { nodeName: node }),
    ...(zone === undefined ? {} : { zone }),
    ...rest,
  };
}

/** Ingresses: `backend` is `defaultBackend`, and a back end's serviceName and servicePort are in `service`. */
function ingressOfToday(object: Record<string, unknown>): Record<string, unknown> {
  const { spec } = object;
  if (!isRecord(spec)) return object;
  const { backend, rules, ...rest } = spec;
  return {
    ...object,
    spec: {
      ...rest,
      ...(backend === undefined ? {} : { defaultBackend: backendOfToday(backend) }),
      ...(rules === undefined ? {} : { rules: Array.isArray(rules) ? rules.map(ruleOfToday) : rules }),
    },
  };
}

function ruleOfToday(rule: unknown): unknown {
  if (!isRecord(rule) || !isRecord(rule['http']) || !Array.isArray(rule['http']['paths'])) return rule;
  const paths = rule['http']['paths'].map((path: unknown) =>
    isRecord(path)
      ? { pathType: 'ImplementationSpecific', ...path, backend: backendOfToday(path['backend']) }
      : path,
  );
  return { ...rule, http: { ...rule['http'], paths } };
}

function backendOfToday(backend: unknown): unknown {
  if (!isRecord(backend) || !('serviceName' in backend || 'servicePort' in backend)) return backend;
  const { serviceName, servicePort, ...rest } = backend;
  const port = typeof servicePort === 'string' ? { name: servicePort } : { number: servicePort };
  return { ...rest, service: { name: serviceName, port } };
}
