import type { ConfigOrigin } from './cni-config.ts';
import type { Diagnostic, Severity } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import type { GeneratedNames } from './generated-names.ts';
import type { SourceRef } from './objects.ts';

/**
 * Reading untyped data field by field. A `Field` is a value with the way to it, so that whatever is wrong with
 * it can be told with its path, in the words of the API server (apimachinery's field.Error).
 */
export interface Field {
  /** Undefined when absent; an explicit null counts as absent, as in Go's JSON decoding. */
  readonly value: unknown;
  readonly parent: Field | undefined;
  readonly key: string | number;
  readonly report: Report;
}

/** Where the diagnostics of one object go. */
export interface Report {
  readonly diagnostics: Diagnostic[];
  /** Undefined for values that stand nowhere in the input (defaults, `--set`). */
  readonly source: SourceRef | undefined;
  /** For text inside an object (`data["net-conf.json"]`): the path of that text, where its diagnostics point. */
  readonly embeddedIn?: readonly (string | number)[];
  /** For such a text: what it stands in. */
  readonly object?: ConfigOrigin;
  /** Said before each message: the name of an embedded text. */
  readonly prefix?: string;
  /** Where names are drawn for objects that have only a generateName. */
  readonly generated?: GeneratedNames;
  /** Paths that `--set` gave, as `pathText` prints them -> the whole setting. */
  readonly settings?: ReadonlyMap<string, string>;
}

export function rootField(value: unknown, report: Report): Field {
  return { value: value ?? undefined, parent: undefined, key: '', report };
}

export function child(field: Field, key: string): Field {
  const { value } = field;
  const own = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return { value: own ?? undefined, parent: field, key, report: field.report };
}

/** `at(root, 'spec', 'clusterIP')`. */
export function at(field: Field, ...path: readonly string[]): Field {
  return path.reduce(child, field);
}

export function isPresent(field: Field): boolean {
  return field.value !== undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function pathOf(field: Field): (string | number)[] {
  const path: (string | number)[] = [];
  for (let f: Field | undefined = field; f?.parent !== undefined; f = f.parent) path.push(f.key);
  return path.reverse();
}

/** `spec.ports[0].port`, `metadata.labels[example.com/a]`. */
export function pathText(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(step)) text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** Adds a diagnostic about a field. `message` follows the path and a colon unless it is a whole sentence. */
export function tell(
  field: Field,
  severity: Severity,
  code: string,
  message: string,
  fix?: string,
  style: 'after-path' | 'sentence' = 'after-path',
  also?: Diagnostic['also'],
): void {
  const { diagnostics, source, embeddedIn, prefix, settings } = field.report;
  const path = pathOf(field);
  let setting: string | undefined;
  for (let n = path.length; n > 0 && setting === undefined && settings !== undefined; n--) {
    setting = settings.get(pathText(path.slice(0, n)));
  }
  const head = setting === undefined ? (prefix === undefined ? '' : `${prefix}: `) : `${setting}: `;
  const body = style === 'sentence' || path.length === 0 ? message : `${pathText(path)}: ${message}`;
  const placed = setting === undefined && source !== undefined;
  diagnostics.push({
    severity,
    code,
    message: `${head}${body}`,
    ...(fix === undefined ? {} : { fix }),
    ...(placed
      ? { at: embeddedIn === undefined ? { source, path } : { source, path: embeddedIn, inner: path } }
      : {}),
    ...(also === undefined ? {} : { also }),
  });
}

/** A value as Go's field.Error shows it: text quoted, the rest plain; collections only when short. */
export function shown(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
  if (Array.isArray(value)) {
    const flat = value.length <= 8 && value.every((item) => typeof item !== 'object' || item === null);
    return flat ? `[${value.map(shown).join(', ')}]` : '[...]';
  }
  if (typeof value === 'object' && value !== null) return '{...}';
  return value === undefined ? 'null' : String(value);
}

export function invalid(field: Field, detail: string, fix?: string): void {
  tell(field, 'error', 'PW202', `Invalid value: ${shown(field.value)}: ${detail}`, fix);
}

export function required(field: Field, detail?: string, fix?: string): void {
  tell(field, 'error', 'PW201', `Required value${detail === undefined ? '' : `: ${detail}`}`, fix);
}

export function forbidden(field: Field, detail: string, fix?: string): void {
  tell(field, 'error', 'PW205', `Forbidden: ${detail}`, fix);
}

export function duplicate(field: Field, value: unknown = field.value): void {
  tell(field, 'error', 'PW204', `Duplicate value: ${shown(value)}`);
}

export function tooMany(field: Field, count: number, most: number): void {
  tell(field, 'error', 'PW206', `Too many: ${count}: must have at most ${most} items`);
}

export function notSupported(field: Field, supported: readonly string[], fix?: string): void {
  const meant = typeof field.value === 'string' ? didYouMean(field.value, supported) : undefined;
  const list = supported.map((word) => JSON.stringify(word)).join(', ');
  tell(
    field,
    'error',
    'PW203',
    `Unsupported value: ${shown(field.value)}: supported values: ${list}`,
    meant === undefined ? fix : `did you mean "${meant}"?`,
  );
}

function wrongType(field: Field, wanted: string, fix?: string): void {
  tell(field, 'error', 'PW207', `Invalid value: ${shown(field.value)}: must be ${wanted}`, fix);
}

/** Text, or undefined when absent or of another type (which is told). */
export function text(field: Field): string | undefined {
  const { value } = field;
  if (typeof value === 'string' || value === undefined) return value;
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  wrongType(field, `text, not ${typeName(value)}`, scalar ? `write it in quotes` : undefined);
  return undefined;
}

/** An integer between the bounds of int32, or undefined when absent or wrong (which is told). */
export function integer(field: Field): number | undefined {
  const { value } = field;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 0x7fffffff) return value;
  const digits = typeof value === 'string' && /^-?\d{1,9}$/.test(value);
  wrongType(
    field,
    typeof value === 'number' ? 'an integer' : `an integer, not ${typeName(value)}`,
    digits ? `write ${value} without quotes` : undefined,
  );
  return undefined;
}

export function flag(field: Field): boolean | undefined {
  const { value } = field;
  if (typeof value === 'boolean' || value === undefined) return value;
  // go-yaml reads bare y and n as booleans; they reach here as text (see yaml-scalar.ts).
  if (value === 'y' || value === 'Y') return true;
  if (value === 'n' || value === 'N') return false;
  const word = value === 'true' || value === 'false';
  wrongType(
    field,
    `true or false, not ${typeName(value)}`,
    word ? `write ${value} without quotes` : undefined,
  );
  return undefined;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'a boolean';
    default:
      return 'a mapping';
  }
}

/** The items of a list; none when absent or not a list (which is told). */
export function items(field: Field): Field[] {
  const { value } = field;
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    wrongType(field, `a list, not ${typeName(value)}`, 'begin each item with "- "');
    return [];
  }
  return value.map((item: unknown, key) => ({
    value: item ?? undefined,
    parent: field,
    key,
    report: field.report,
  }));
}

/** The items of a list that are mappings; others are told. */
export function records(field: Field): Field[] {
  return items(field).filter((item) => isMapping(item, true));
}

/** Whether the field is a mapping; absent is fine unless `needed`, another type is told. */
export function isMapping(field: Field, needed: boolean = false): boolean {
  if (isRecord(field.value)) return true;
  if (field.value !== undefined) wrongType(field, `a mapping, not ${typeName(field.value)}`);
  else if (needed) wrongType(field, 'a mapping, not null');
  return false;
}

/** The entries of a mapping as fields. */
export function entries(field: Field): Field[] {
  if (!isMapping(field) || !isRecord(field.value)) return [];
  return Object.entries(field.value).map(([key, value]) => ({
    value: value ?? undefined,
    parent: field,
    key,
    report: field.report,
  }));
}

/** A mapping from text to text (labels, selectors). */
export function textMap(field: Field): ReadonlyMap<string, string> {
  if (field.value === undefined) return EMPTY_MAP;
  const map = new Map<string, string>();
  for (const entry of entries(field)) map.set(String(entry.key), text(entry) ?? '');
  return map;
}

export const EMPTY_MAP: ReadonlyMap<string, string> = new Map();

/** One of a closed set of words, or `fallback` when absent or empty; anything else is told. */
export function oneOf<T extends string, D>(field: Field, supported: readonly T[], fallback: D): T | D {
  const word = text(field);
  if (word === undefined || word === '') return fallback;
  for (const one of supported) if (one === word) return one;
  notSupported(field, supported);
  return fallback;
}
