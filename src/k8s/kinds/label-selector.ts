import { didYouMean } from '../did-you-mean.ts';
import {
  child,
  EMPTY_MAP,
  type Field,
  forbidden,
  invalid,
  isMapping,
  isPresent,
  items,
  records,
  required,
  text,
} from '../field.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../objects.ts';
import { check, checkLabels, labelValue } from '../syntax.ts';
import { labelKey } from './scheduling.ts';

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
  const operatorField = child(field, 'operator');
  const operator = OPERATORS.find((one) => one === operatorField.value);
  const valuesField = child(field, 'values');
  const values = items(valuesField).map((item) => text(item) ?? '');
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) required(valuesField, "must be specified when `operator` is 'In' or 'NotIn'");
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        forbidden(valuesField, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
      break;
    case undefined: {
      const { value } = operatorField;
      const meant = typeof value === 'string' ? didYouMean(value, OPERATORS) : undefined;
      invalid(
        { ...operatorField, value: value ?? '' },
        'not a valid selector operator',
        meant === undefined ? `take one of ${OPERATORS.join(', ')}` : `did you mean "${meant}"?`,
      );
    }
  }
  for (const [i, item] of items(valuesField).entries()) check(item, values[i] ?? '', labelValue);
  return { key: labelKey(field), operator: operator ?? 'Exists', values };
}
