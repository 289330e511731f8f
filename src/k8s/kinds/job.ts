import type { Draft } from '../draft.ts';
import {
  child,
  entries,
  type Field,
  flag,
  invalid,
  isPresent,
  oneOf,
  records,
  required,
  text,
} from '../field.ts';
import type { Job } from '../objects.ts';
import { dns1123Subdomain } from '../syntax.ts';
import { labelSelector } from './label-selector.ts';
import { decodeMeta } from './meta.ts';
import { requiredIn, restartPolicy } from './pod-spec.ts';
import { podTemplate } from './pod-template.ts';
import { checkMatch, nonNegative, specOf } from './workload.ts';

/** The labels by which a Job's own selector finds its pods; the API server generates them. */
const GENERATED = ['controller-uid', 'batch.kubernetes.io/controller-uid'];

/** Decodes, defaults (SetDefaults_Job) and validates (ValidateJob) a Job. */
export function decodeJob(field: Field, draft: Draft): void {
  const meta = decodeMeta(field, { namespaced: true, nameRule: dns1123Subdomain });
  const spec = specOf(field);
  const status = child(field, 'status');
  const templateField = child(spec, 'template');
  requiredIn(templateField);
  const template = podTemplate(templateField);
  checkRestartPolicy(templateField);
  const completionsField = child(spec, 'completions');
  const completions = nonNegative(completionsField);
  const parallelism = nonNegative(child(spec, 'parallelism'));
  const mode = oneOf(child(spec, 'completionMode'), ['Indexed', 'NonIndexed'] as const, 'NonIndexed');
  if (mode === 'Indexed' && !isPresent(completionsField)) {
    required(completionsField, 'when completion mode is Indexed');
  }
  const selectorField = child(spec, 'selector');
  const selector = labelSelector(selectorField);
  if (selector !== undefined && flag(child(spec, 'manualSelector')) === true) {
    checkMatch(templateField, selectorField, selector, template);
  } else if (selector !== undefined) {
    const keys = entries(child(selectorField, 'matchLabels')).map((entry) => String(entry.key));
    if (keys.some((key) => !GENERATED.includes(key)) || selector.matchExpressions.length > 0) {
      invalid(selectorField, '`selector` not auto-generated', 'leave it out: a Job finds its pods itself');
    }
  }
  const wanted = completions ?? (parallelism === undefined ? 1 : undefined);
  const job: Job = {
    kind: 'Job',
    meta,
    selector: selector ?? { matchLabels: new Map([['job-name', meta.name]]), matchExpressions: [] },
    template,
    parallelism: parallelism ?? 1,
    ...(wanted === undefined ? {} : { completions: wanted }),
    indexed: mode === 'Indexed',
    suspended: flag(child(spec, 'suspend')) ?? false,
    finished: isFinished(status),
    succeeded: nonNegative(child(status, 'succeeded')) ?? 0,
    completedIndexes: indexRanges(child(status, 'completedIndexes')),
  };
  draft.workloads.push({ object: job, field });
}

/** A template's restartPolicy defaults to Always, which a Job may not have. */
function checkRestartPolicy(template: Field): void {
  const spec = child(template, 'spec');
  const field = child(spec, 'restartPolicy');
  const policy = restartPolicy(spec);
  if (!isPresent(spec) || policy === 'OnFailure' || policy === 'Never') return;
  if (policy === 'Always' || !isPresent(field)) {
    required(field, 'valid values: "OnFailure", "Never"', 'a Job ends: write restartPolicy: Never');
  }
}

function isFinished(status: Field): boolean {
  return records(child(status, 'conditions')).some((condition) => {
    const type = text(child(condition, 'type'));
    return (type === 'Complete' || type === 'Failed') && child(condition, 'status').value === 'True';
  });
}

/** `1,3-5,7`: runs of indexes. */
function indexRanges(field: Field): Job['completedIndexes'] {
  return (text(field) ?? '').split(',').flatMap((run) => {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(run);
    if (match === null) return [];
    const first = Number(match[1]);
    return [{ first, last: match[2] === undefined ? first : Number(match[2]) }];
  });
}
