import {
  at,
  child,
  type Field,
  integer,
  invalid,
  isMapping,
  isPresent,
  items,
  oneOf,
  records,
  required,
  tell,
  text,
} from '../field.ts';
import type { NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm, Toleration } from '../objects.ts';
import { check, dns1123Subdomain, labelValue, qualifiedName } from '../syntax.ts';
import { checkValueCount, operatorOf } from './selector-requirement.ts';

/** What a pod's spec asks of its node, checked as pkg/apis/core/validation does. */

export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;
const TOLERATION_OPERATORS = ['Equal', 'Exists'] as const;

/** ValidateTolerations. */
export function tolerations(spec: Field): readonly Toleration[] {
  return records(child(spec, 'tolerations')).map(toleration);
}

function toleration(field: Field): Toleration {
  const keyField = child(field, 'key');
  const key = text(keyField) ?? '';
  if (key !== '') check(keyField, key, qualifiedName);
  const operatorField = child(field, 'operator');
  const operator = oneOf(operatorField, TOLERATION_OPERATORS, 'Equal');
  const valueField = child(field, 'value');
  const value = text(valueField) ?? '';
  if (key === '' && operator !== 'Exists') {
    invalid(
      operatorField,
      'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      'write operator: Exists, or add a key',
    );
  }
  if (operator === 'Exists' && value !== '') {
    invalid(
      { ...operatorField, value: operator },
      "value must be empty when `operator` is 'Exists'",
      'remove the value, or write operator: Equal',
    );
  } else if (value !== '') check(valueField, value, labelValue);
  const effectField = child(field, 'effect');
  const effect = oneOf(effectField, TAINT_EFFECTS, '');
  if (isPresent(child(field, 'tolerationSeconds')) && effect !== 'NoExecute') {
    invalid(effectField, "effect must be 'NoExecute' when `tolerationSeconds` is set");
  }
  return { key, operator, value, effect };
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/** validateAffinity: of nodes; a required affinity to pods is told of, for nothing honours it. */
export function nodeAffinity(spec: Field): NodeAffinity | undefined {
  const affinity = child(spec, 'affinity');
  if (!isMapping(affinity)) return undefined;
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const field = at(affinity, kind, REQUIRED);
    if (items(field).length > 0) notHonoured(field, kind);
  }
  const nodes = child(affinity, 'nodeAffinity');
  if (!isMapping(nodes)) return undefined;
  const required = child(nodes, REQUIRED);
  const preferred = records(child(nodes, PREFERRED)).map(preference);
  if (!isMapping(required)) return preferred.length === 0 ? undefined : { preferred };
  return { required: selectorTerms(required), preferred };
}

/** Spread constraints that would keep a pod from running: told of, for nothing honours them. */
export function checkSpreadConstraints(spec: Field): void {
  const list = child(spec, 'topologySpreadConstraints');
  const hard = records(list).some((item) => child(item, 'whenUnsatisfiable').value !== 'ScheduleAnyway');
  if (hard) notHonoured(list, 'topologySpreadConstraints');
}

function notHonoured(field: Field, what: string): void {
  tell(
    field,
    'note',
    'PW222',
    `${what} is not modelled: pods are spread evenly over the nodes that fit`,
    'set spec.nodeName where a pod must run elsewhere',
  );
}

function preference(field: Field): NodeAffinity['preferred'][number] {
  const weightField = child(field, 'weight');
  const weight = integer(weightField) ?? 0;
  if (weight < 1 || weight > 100) invalid(weightField, 'must be in the range 1-100');
  return { weight, term: selectorTerm(child(field, 'preference')) };
}

function selectorTerms(field: Field): readonly NodeSelectorTerm[] {
  const list = child(field, 'nodeSelectorTerms');
  const terms = records(list).map(selectorTerm);
  if (terms.length === 0) required(list, 'must have at least one node selector term');
  return terms;
}

function selectorTerm(field: Field): NodeSelectorTerm {
  return {
    matchExpressions: records(child(field, 'matchExpressions')).map(expression),
    matchFields: records(child(field, 'matchFields')).map(fieldExpression),
  };
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] as const;

/** ValidateNodeSelectorRequirement. */
function expression(field: Field): NodeSelectorRequirement {
  const operator = operatorOf(field, OPERATORS);
  const valuesField = child(field, 'values');
  const values = items(valuesField).map((item) => text(item) ?? '');
  checkValueCount(operator, valuesField, values.length);
  return { key: labelKey(field), operator: operator ?? 'Exists', values };
}

/** ValidateNodeFieldSelectorRequirement. */
function fieldExpression(field: Field): NodeSelectorRequirement {
  const operatorField = child(field, 'operator');
  const operator = operatorField.value === 'NotIn' ? 'NotIn' : 'In';
  const valuesField = child(field, 'values');
  const values = items(valuesField).map((item) => text(item) ?? '');
  if (operatorField.value !== operator) {
    invalid({ ...operatorField, value: operatorField.value ?? '' }, 'not a valid selector operator');
  } else if (values.length !== 1) {
    required(
      valuesField,
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
    );
  }
  const keyField = child(field, 'key');
  const key = text(keyField) ?? '';
  if (key !== 'metadata.name') {
    invalid({ ...keyField, value: key }, 'not a valid field selector key', 'write metadata.name');
  }
  for (const [i, item] of items(valuesField).entries()) check(item, values[i] ?? '', dns1123Subdomain);
  return { key, operator, values };
}

/** `key` of a requirement, as ValidateLabelName wants it. */
export function labelKey(field: Field): string {
  const keyField = child(field, 'key');
  const key = text(keyField) ?? '';
  check({ ...keyField, value: key }, key, qualifiedName);
  return key;
}
