import { child, EMPTY_MAP, type Field, isMapping, isPresent, items, records, text } from '../field.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../objects.ts';
import { check, checkLabels, labelValue } from '../syntax.ts';
import { labelKey } from './scheduling.ts';
import { checkValueCount, operatorOf } from './selector-requirement.ts';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

/** A metav1.LabelSelector, as ValidateLabelSelector wants it; undefined when absent or no mapping (told). */
export function labelSelector(field: Field): LabelSelector | undefined {
  if (!isMapping(field)) return undefined;
  const labels = child(field, 'matchLabels');
  return {
    matchLabels: isPresent(labels) ? checkLabels(labels) : EMPTY_MAP,
    matchExpressions: records(child(field, 'matchExpressions')).map(requirement),
  };
}

function requirement(field: Field): LabelSelectorRequirement {
  const operator = operatorOf(field, OPERATORS);
  const valuesField = child(field, 'values');
  const values = items(valuesField).map((item) => text(item) ?? '');
  checkValueCount(operator, valuesField, values.length);
  for (const [i, item] of items(valuesField).entries()) check(item, values[i] ?? '', labelValue);
  return { key: labelKey(field), operator: operator ?? 'Exists', values };
}
