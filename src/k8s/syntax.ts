import { child, entries, type Field, invalid, isPresent, required, text } from './field.ts';

/**
 * The syntax of names, as k8s.io/apimachinery/pkg/util/validation checks it, with its messages.
 */
type Check = (value: string) => string | undefined;

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

function pattern(source: string, most: number, message: string): Check {
  const regexp = new RegExp(`^${source}$`);
  return (value) => {
    // Length first: the patterns backtrack, and a megabyte of text must not meet them.
    if (value.length > most) return `must be no more than ${most} characters`;
    return regexp.test(value) ? undefined : message;
  };
}

/** A lower-case RFC 1123 label: port names, namespaces, hostnames. */
export const dns1123Label: Check = pattern(
  LABEL,
  63,
  `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`,
);

/** A DNS-1035 label: names of Services. */
export const dns1035Label: Check = pattern(
  LABEL_1035,
  63,
  `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${LABEL_1035}')`,
);

/** A lower-case RFC 1123 subdomain: names of most objects. */
export const dns1123Subdomain: Check = pattern(
  SUBDOMAIN,
  253,
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`,
);

export const labelValue: Check = pattern(
  LABEL_VALUE,
  63,
  `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${LABEL_VALUE}')`,
);

const QUALIFIED_MESSAGE = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}')`;
const qualifiedPart: Check = pattern(QUALIFIED, 63, `name part ${QUALIFIED_MESSAGE}`);

/** `name` or `example.com/name`: keys of labels and annotations, application protocols. */
export const qualifiedName: Check = (value) => {
  const slash = value.indexOf('/');
  const name = value.slice(slash + 1);
  if (slash >= 0 && name.includes('/')) {
    return `a qualified name ${QUALIFIED_MESSAGE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
  }
  if (slash === 0) return 'prefix part must be non-empty';
  const prefix = slash > 0 ? dns1123Subdomain(value.slice(0, slash)) : undefined;
  if (prefix !== undefined) return `prefix part ${prefix}`;
  if (name === '') return 'name part must be non-empty';
  if (name.length > 63) return 'name part must be no more than 63 characters';
  return qualifiedPart(name);
};

/** IANA_SVC_NAME: names of container ports. */
export const portName: Check = (value) => {
  if (value.length > 15) return 'must be no more than 15 characters';
  if (!/^[-a-z0-9]+$/.test(value))
    return 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)';
  if (!/[a-z]/.test(value)) return 'must contain at least one letter (a-z)';
  if (value.includes('--')) return 'must not contain consecutive hyphens';
  if (value.startsWith('-') || value.endsWith('-')) return 'must not begin or end with a hyphen';
  return undefined;
};

/** Tells what is wrong with a field's text; whether it was right. */
export function check(field: Field, value: string, rule: Check, fix?: string): boolean {
  const problem = rule(value);
  if (problem === undefined) return true;
  invalid(field, problem, fix ?? lowerCaseFix(value, rule));
  return false;
}

function lowerCaseFix(value: string, rule: Check): string | undefined {
  const lower = value.toLowerCase().replaceAll('_', '-');
  return lower !== value && lower.length < 254 && rule(lower) === undefined ? `write "${lower}"` : undefined;
}

/** Labels: keys are qualified names, values label values; both reported at the map, as ValidateLabels does. */
export function checkLabels(field: Field): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  for (const entry of entries(field)) {
    const key = String(entry.key);
    const value = text(entry) ?? '';
    const bad = qualifiedName(key);
    if (bad !== undefined) invalid({ ...entry, value: key }, bad);
    check(entry, value, labelValue);
    labels.set(key, value);
  }
  return labels;
}

/** A port number, 1 to 65535; undefined when absent or wrong. */
export function checkPort(field: Field, value: number | undefined): boolean {
  if (value === undefined) return false;
  if (value >= 1 && value <= 65535) return true;
  invalid(field, 'must be between 1 and 65535, inclusive');
  return false;
}

/** `field[key]` as text that must be there. */
export function requiredText(field: Field, key: string): string {
  const f = child(field, key);
  const value = text(f);
  if (value !== undefined && value !== '') return value;
  if (!isPresent(f) || value === '') required(f);
  return '';
}
