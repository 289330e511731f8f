import type { Diagnostic } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import { parseDocuments } from './documents.ts';
import {
  child,
  type Field,
  forbidden,
  isMapping,
  isPresent,
  isRecord,
  notSupported,
  oneOf,
  pathOf,
  records,
  required,
  rootField,
  tell,
  text,
} from './field.ts';
import type { Protocol, SourceRef } from './objects.ts';
import type { SourceText } from './sources.ts';
import { checkPort, portName } from './syntax.ts';

/** What a person expects of one connection; `kind: Expectations`, `apiVersion: podwalk/v1`. */
export interface Expectation {
  readonly name?: string;
  /** SRC as `podwalk trace` takes it. */
  readonly from: string;
  /** DST as `podwalk trace` takes it, without its port. */
  readonly to: string;
  /** Undefined: the destination's first. */
  readonly port?: number | string;
  /** Undefined: the port's own, else TCP. */
  readonly protocol?: Protocol;
  /** `allowed`: it comes to whom it is for; `denied`: a NetworkPolicy ends it; `refused`, `timeout`: what the client sees. */
  readonly expect: 'allowed' | 'denied' | 'refused' | 'timeout';
  /** The node by which traffic from outside enters. */
  readonly via?: string;
  /** `ns/pod` that has to answer. */
  readonly endpoint?: string;
  /** The source address that the server has to see; true or false: another than the client's own, or that one. */
  readonly snat?: string | boolean;
  readonly source: SourceRef;
}

export interface Expectations {
  readonly expectations: readonly Expectation[];
  /** Not to be used when one is an error. */
  readonly diagnostics: readonly Diagnostic[];
}

export const EXPECTATION_KEYS: readonly string[] = [
  ...['name', 'from', 'to', 'port', 'protocol', 'expect', 'via', 'endpoint', 'snat'],
];
const FILE_KEYS = ['apiVersion', 'kind', 'metadata', 'expectations'];
const OUTCOMES = ['allowed', 'denied', 'refused', 'timeout'] as const;
const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/** Reads files of expectations; whatever is wrong is told with its place. */
export function readExpectations(sources: readonly SourceText[]): Expectations {
  const diagnostics: Diagnostic[] = [];
  const expectations: Expectation[] = [];
  for (const source of sources) {
    for (const { file, index, value } of parseDocuments(source, diagnostics)) {
      const place: SourceRef = { file, document: index, path: [] };
      const root = rootField(value, { diagnostics, source: place });
      if (!isFile(root)) continue;
      const list = child(root, 'expectations');
      if (!isPresent(list)) required(list, 'a list of what is expected');
      for (const item of records(list)) expectations.push(expectation(item, place));
    }
  }
  if (expectations.length === 0 && diagnostics.length === 0) {
    const files = sources.map(({ file }) => file).join(', ');
    diagnostics.push({ severity: 'error', code: 'PW112', message: `no expectations found in ${files}` });
  }
  return { expectations, diagnostics };
}

function isFile(root: Field): boolean {
  const kind = child(root, 'kind');
  if (!isRecord(root.value) || kind.value !== 'Expectations') {
    const fix = 'begin with apiVersion: podwalk/v1, kind: Expectations and expectations:';
    tell(root, 'error', 'PW108', 'a file of expectations is a mapping of kind Expectations', fix, 'sentence');
    return false;
  }
  const version = child(root, 'apiVersion');
  if (version.value !== 'podwalk/v1')
    notSupported({ ...version, value: version.value ?? '' }, ['podwalk/v1']);
  refuseOthers(root, FILE_KEYS);
  return true;
}

function refuseOthers(field: Field, keys: readonly string[]): void {
  if (!isMapping(field) || !isRecord(field.value)) return;
  for (const key of Object.keys(field.value)) {
    if (keys.includes(key)) continue;
    const near = didYouMean(key, keys);
    forbidden(
      child(field, key),
      'nothing reads this field',
      near === undefined ? `the fields are ${keys.join(', ')}` : `did you mean "${near}"?`,
    );
  }
}

function expectation(field: Field, source: SourceRef): Expectation {
  refuseOthers(field, EXPECTATION_KEYS);
  const words = (key: string): string | undefined => {
    const value = text(child(field, key));
    return value === '' ? undefined : value;
  };
  const needed = (key: string): string => {
    const value = words(key);
    if (value === undefined && !isPresent(child(field, key))) required(child(field, key));
    return value ?? '';
  };
  const expectField = child(field, 'expect');
  if (!isPresent(expectField)) required(expectField, `one of ${OUTCOMES.join(', ')}`);
  const port = portOf(child(field, 'port'));
  const snatField = child(field, 'snat');
  const snat = typeof snatField.value === 'boolean' ? snatField.value : text(snatField);
  const protocolField = child(field, 'protocol');
  const written = text(protocolField)?.toUpperCase();
  const protocol = oneOf({ ...protocolField, value: written }, PROTOCOLS, undefined);
  const name = words('name');
  const via = words('via');
  const endpoint = words('endpoint');
  return {
    ...(name === undefined ? {} : { name }),
    from: needed('from'),
    to: needed('to'),
    ...port,
    ...(protocol === undefined ? {} : { protocol }),
    expect: oneOf(expectField, OUTCOMES, 'allowed'),
    ...(via === undefined ? {} : { via }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(snat === undefined ? {} : { snat }),
    source: { ...source, path: pathOf(field) },
  };
}

/** `80`, `http`, `53/UDP`. */
function portOf(field: Field): Pick<Expectation, 'port' | 'protocol'> {
  const { value } = field;
  if (value === undefined) return {};
  if (typeof value === 'number') {
    checkPort(field, value);
    return { port: value };
  }
  const word = text(field) ?? '';
  const [port = '', protocol, ...more] = word.split('/');
  const known = PROTOCOLS.find((one) => one === protocol?.toUpperCase());
  const number = /^[1-9]\d{0,4}$/.test(port) ? Number(port) : undefined;
  const good = number === undefined ? portName(port) === undefined : number <= 65535;
  if (!good || more.length > 0 || (protocol !== undefined && known === undefined)) {
    const wrong = `Invalid value: ${JSON.stringify(word)}: must be a port: 80, http or 53/UDP`;
    tell(field, 'error', 'PW202', wrong);
  }
  return { port: number ?? port, ...(known === undefined ? {} : { protocol: known }) };
}
