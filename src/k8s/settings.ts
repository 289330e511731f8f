import type { Diagnostic } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import { isRecord } from './field.ts';
import { BACKEND_FIELDS, canonicalKey, FLANNEL_FIELDS } from './kinds/flannel-config.ts';
import { KUBE_PROXY_FIELDS } from './kinds/kube-proxy-configuration.ts';
import type { KnownFields } from './known-fields.ts';

/** One `--set PATH=VALUE`, understood. */
export interface Setting {
  readonly program: 'flannel' | 'kube-proxy';
  /** Below the program, spelled canonically. */
  readonly path: readonly string[];
  readonly value: unknown;
  /** As it was given, for messages: `--set kube-proxy.mode=foo`. */
  readonly text: string;
}

const LISTS: readonly string[] = ['nodePortAddresses', 'excludeCIDRs'];

/** Reads the settings; those that cannot be read are told. */
export function parseSettings(texts: readonly string[], diagnostics: Diagnostic[]): Setting[] {
  const settings: Setting[] = [];
  for (const given of texts) {
    const text = `--set ${given}`;
    const complain = (code: string, message: string, fix: string): void => {
      diagnostics.push({ severity: 'error', code, message: `${text}: ${message}`, fix });
    };
    const equals = given.indexOf('=');
    if (equals < 0) {
      complain('PW120', 'a setting is PATH=VALUE', 'as in --set kube-proxy.mode=ipvs');
      continue;
    }
    const [program = '', ...path] = given.slice(0, equals).trim().split('.');
    if (program !== 'flannel' && program !== 'kube-proxy') {
      const meant = didYouMean(program, ['flannel', 'kube-proxy', 'kubeproxy', 'kubeProxy']);
      const name = meant === 'flannel' ? 'flannel' : meant === undefined ? undefined : 'kube-proxy';
      complain(
        'PW121',
        `there are no settings of "${program}"`,
        name === undefined ? 'a PATH begins with flannel. or kube-proxy.' : `did you mean "${name}"?`,
      );
      continue;
    }
    const resolved = program === 'flannel' ? flannelPath(path) : kubeProxyPath(path);
    if ('unknown' in resolved) {
      const { unknown, known } = resolved;
      const meant = didYouMean(unknown, known);
      complain(
        'PW121',
        unknown === '' ? `${program} needs the name of a field` : `${program} has no field "${unknown}" here`,
        meant === undefined ? `fields are: ${known.join(', ')}` : `did you mean "${meant}"?`,
      );
      continue;
    }
    const raw = given.slice(equals + 1);
    settings.push({ program, path: resolved.path, value: settingValue(raw, resolved.path), text });
  }
  return settings;
}

type Resolved =
  | { readonly path: readonly string[] }
  | { readonly unknown: string; readonly known: readonly string[] };

function flannelPath(path: readonly string[]): Resolved {
  const [first = '', second, ...rest] = path;
  const top = canonicalKey(first, FLANNEL_FIELDS);
  if (!FLANNEL_FIELDS.includes(top)) return { unknown: first, known: FLANNEL_FIELDS };
  if (second === undefined) {
    return top === 'Backend'
      ? { unknown: '', known: BACKEND_FIELDS.map((name) => `Backend.${name}`) }
      : { path: [top] };
  }
  const below = canonicalKey(second, BACKEND_FIELDS);
  if (top !== 'Backend' || !BACKEND_FIELDS.includes(below)) {
    return { unknown: second, known: top === 'Backend' ? BACKEND_FIELDS : [] };
  }
  return rest[0] === undefined ? { path: [top, below] } : { unknown: rest[0], known: [] };
}

function kubeProxyPath(path: readonly string[]): Resolved {
  let fields: KnownFields | undefined = KUBE_PROXY_FIELDS;
  for (const step of path) {
    // Below a leaf (featureGates.Name) anything goes; the value is not read.
    if (fields === undefined) return { path };
    if (!fields.has(step)) return { unknown: step, known: [...fields.keys()] };
    fields = fields.get(step);
  }
  if (path.length === 0 || fields !== undefined)
    return { unknown: '', known: [...(fields ?? KUBE_PROXY_FIELDS).keys()] };
  return { path };
}

/** true, false and integers are what they look like, JSON is JSON, lists are split at commas; the rest is text. */
function settingValue(raw: string, path: readonly string[]): unknown {
  if (raw === 'true' || raw === 'false') return raw === 'true';
  if (/^-?(0|[1-9]\d{0,9})$/.test(raw)) return Number(raw);
  if (/^[[{"]/.test(raw)) {
    try {
      return JSON.parse(raw) as unknown;
    } catch {
      return raw;
    }
  }
  return LISTS.includes(path.at(-1) ?? '') ? raw.split(',').filter((part) => part !== '') : raw;
}

/** The data with the settings put in; the given data is left alone. */
export function applySettings(data: unknown, settings: readonly Setting[]): unknown {
  return settings.reduce((value, setting) => put(value, setting.path, setting.value), data);
}

function put(data: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const out = Object.create(null) as Record<string, unknown>;
  if (isRecord(data)) for (const [name, inner] of Object.entries(data)) out[name] = inner;
  out[key] = put(out[key], rest, value);
  return out;
}
