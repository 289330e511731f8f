import { didYouMean } from '../did-you-mean.ts';
import { child, type Field, forbidden, invalid, required } from '../field.ts';

/**
 * The operator of a requirement of a label or node selector, one of those that `operators` lists; undefined when it
 * is another (told).
 */
export function operatorOf<Operator extends string>(
  field: Field,
  operators: readonly Operator[],
): Operator | undefined {
  const operatorField = child(field, 'operator');
  const operator = operators.find((one) => one === operatorField.value);
  if (operator !== undefined) return operator;
  const { value } = operatorField;
  const meant = typeof value === 'string' ? didYouMean(value, operators) : undefined;
  invalid(
    { ...operatorField, value: value ?? '' },
    'not a valid selector operator',
    meant === undefined ? `take one of ${operators.join(', ')}` : `did you mean "${meant}"?`,
  );
  return undefined;
}

/**
 * How many values go with an operator, in the words of ValidateLabelSelectorRequirement and
 * ValidateNodeSelectorRequirement, which agree where both have the operator.
 */
export function checkValueCount(
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt' | undefined,
  valuesField: Field,
  count: number,
): void {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (count === 0) required(valuesField, "must be specified when `operator` is 'In' or 'NotIn'");
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (count > 0) {
        forbidden(valuesField, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
      break;
    case 'Gt':
    case 'Lt':
      if (count !== 1) {
        required(valuesField, "must be specified single value when `operator` is 'Lt' or 'Gt'");
      }
      break;
    case undefined:
      break;
  }
}
