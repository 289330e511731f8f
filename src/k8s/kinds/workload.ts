import { didYouMean } from '../did-you-mean.ts';
import type { Draft } from '../draft.ts';
import {
  at,
  child,
  entries,
  type Field,
  integer,
  invalid,
  isPresent,
  notSupported,
  required,
  tell,
  text,
  textMap,
} from '../field.ts';
import type { LabelSelector, Meta, PodTemplate, Workload } from '../objects.ts';
import { matchSelector } from '../selector.ts';
import { check, dns1123Label, dns1123Subdomain } from '../syntax.ts';
import { labelSelector } from './label-selector.ts';
import { decodeMeta } from './meta.ts';
import { requiredIn, restartPolicy } from './pod-spec.ts';
import { podTemplate } from './pod-template.ts';

/** What the apps/v1 workloads have alike. */
interface Common {
  readonly meta: Meta;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
}

export function decodeDeployment(field: Field, draft: Draft): void {
  const replicas = replicasOf(field);
  add(draft, field, { kind: 'Deployment', ...common(field, 'deployment'), replicas });
}

export function decodeReplicaSet(field: Field, draft: Draft): void {
  const replicas = replicasOf(field);
  // ValidateReplicaSetSpec says "deployment" as well.
  add(draft, field, { kind: 'ReplicaSet', ...common(field, 'deployment'), replicas });
}

export function decodeDaemonSet(field: Field, draft: Draft): void {
  add(draft, field, { kind: 'DaemonSet', ...common(field, 'daemonset') });
}

export function decodeStatefulSet(field: Field, draft: Draft): void {
  const spec = child(field, 'spec');
  const nameField = child(spec, 'serviceName');
  const serviceName = text(nameField) ?? '';
  if (serviceName !== '') check(nameField, serviceName, dns1123Label);
  add(draft, field, {
    kind: 'StatefulSet',
    ...common(field, 'statefulset'),
    replicas: replicasOf(field),
    firstOrdinal: nonNegative(at(spec, 'ordinals', 'start')) ?? 0,
    serviceName,
  });
}

/** The older form of a ReplicaSet: its selector is a plain map, and without one the template's labels. */
export function decodeReplicationController(field: Field, draft: Draft): void {
  const meta = decodeMeta(field, { namespaced: true, nameRule: dns1123Subdomain });
  const spec = specOf(field);
  const template = child(spec, 'template');
  requiredIn(template);
  const decoded = podTemplate(template);
  const given = child(spec, 'selector');
  const labels = textMap(given);
  const selector = { matchLabels: labels.size > 0 ? labels : decoded.labels, matchExpressions: [] };
  if (selector.matchLabels.size === 0) requiredIn(given);
  else checkMatch(template, given, selector, decoded);
  checkAlways(template);
  add(draft, field, {
    kind: 'ReplicationController',
    meta,
    selector,
    template: decoded,
    replicas: replicasOf(field),
  });
}

function add(draft: Draft, field: Field, object: Workload): void {
  draft.workloads.push({ object, field });
}

/** Metadata, selector and template, with the checks that Deployments, ReplicaSets and the others share. */
function common(field: Field, kind: string): Common {
  const meta = decodeMeta(field, { namespaced: true, nameRule: dns1123Subdomain });
  const spec = specOf(field);
  const template = child(spec, 'template');
  requiredIn(template);
  const decoded = podTemplate(template);
  const selectorField = child(spec, 'selector');
  const told = field.report.diagnostics.length;
  const selector = labelSelector(selectorField);
  const sound = field.report.diagnostics.length === told;
  if (selector === undefined) {
    if (isPresent(spec) && !isPresent(selectorField)) {
      required(selectorField, undefined, selectorFix(decoded));
    }
  } else if (selector.matchLabels.size + selector.matchExpressions.length === 0) {
    invalid(selectorField, `empty selector is invalid for ${kind}`, selectorFix(decoded, selectorField));
  } else if (sound && isPresent(template)) checkMatch(template, selectorField, selector, decoded);
  checkAlways(template);
  return { meta, selector: selector ?? { matchLabels: new Map(), matchExpressions: [] }, template: decoded };
}

export function specOf(field: Field): Field {
  const spec = child(field, 'spec');
  requiredIn(spec);
  return spec;
}

function selectorFix({ labels }: PodTemplate, field?: Field): string | undefined {
  if (
    field !== undefined &&
    entries(field).some(({ key }) => key !== 'matchLabels' && key !== 'matchExpressions')
  ) {
    return 'write the labels under matchLabels:';
  }
  if (labels.size === 0) return 'give the template labels, and select them with matchLabels';
  const pairs = [...labels].map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `add matchLabels: { ${pairs.join(', ')} }, as in the template`;
}

/** The error of every workload whose selector does not choose its own pods. */
export function checkMatch(
  template: Field,
  selectorField: Field,
  selector: LabelSelector,
  { labels }: PodTemplate,
): void {
  if (matchSelector(selector, labels)) return;
  const pairs = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(', ');
  tell(
    at(template, 'metadata', 'labels'),
    'error',
    'PW202',
    `Invalid value: map[string]string{${shown}}: \`selector\` does not match template \`labels\``,
    matchFix(selectorField, selector, labels),
  );
}

function matchFix(
  selectorField: Field,
  selector: LabelSelector,
  labels: ReadonlyMap<string, string>,
): string {
  for (const [key, value] of selector.matchLabels) {
    const own = labels.get(key);
    if (own === value) continue;
    if (own !== undefined) return `the selector wants ${key}: ${value}, the template has ${key}: ${own}`;
    const near = didYouMean(key, labels.keys());
    const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
    return `the selector wants ${key}: ${value}, the template has no label ${key}${hint}`;
  }
  return `make ${selectorField.key} and template agree`;
}

function checkAlways(template: Field): void {
  const spec = child(template, 'spec');
  const policy = restartPolicy(spec);
  if (policy !== undefined && policy !== 'Always') {
    const field = child(spec, 'restartPolicy');
    notSupported(field, ['Always'], 'leave it out; a pod that ends belongs in a Job');
  }
}

function replicasOf(field: Field): number {
  return nonNegative(at(field, 'spec', 'replicas')) ?? 1;
}

/** ValidateNonnegativeField. */
export function nonNegative(field: Field): number | undefined {
  const value = integer(field);
  if (value === undefined || value >= 0) return value;
  invalid(field, 'must be greater than or equal to 0');
  return undefined;
}
