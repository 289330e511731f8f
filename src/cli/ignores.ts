import { didYouMean } from '../k8s/index.ts';
import type { FindingObject } from './finding-objects.ts';

/** What is not to be told: the codes, and of which objects; undefined: of all. */
export interface Ignore {
  /** As it was written, for messages. */
  readonly text: string;
  readonly codes: ReadonlySet<string>;
  readonly name?: (object: FindingObject) => boolean;
}

/** Words for kinds, as kubectl takes them; any other word is a namespace. */
const KINDS: Readonly<Record<string, string>> = {
  ns: 'namespace',
  no: 'node',
  po: 'pod',
  svc: 'service',
  ep: 'endpoints',
  netpol: 'networkpolicy',
  ing: 'ingress',
  deploy: 'deployment',
  rs: 'replicaset',
  rc: 'replicationcontroller',
  sts: 'statefulset',
  ds: 'daemonset',
};
const LONG_KINDS: ReadonlySet<string> = new Set([
  ...Object.values(KINDS),
  ...['endpointslice', 'job', 'cronjob'],
]);

/**
 * Reads the values of `--ignore`: `CODE`, `CODE=NAME`, several with commas between them; a NAME is `name`,
 * `namespace/name`, `kind/name` or `kind/namespace/name`, and in a code as in a name `*` stands for anything.
 */
export function parseIgnores(
  values: readonly string[],
  known: Iterable<string>,
): { readonly ignores: readonly Ignore[] } | { readonly error: string } {
  const codes = [...known];
  const ignores: Ignore[] = [];
  for (const text of values.flatMap((value) => value.split(',')).map((value) => value.trim())) {
    if (text === '') continue;
    const equals = text.indexOf('=');
    const code = equals < 0 ? text : text.slice(0, equals);
    const meant = matchingCodes(code, codes);
    if (meant.size === 0) return { error: `--ignore ${text}: ${unknownCode(code, codes)}` };
    const name = equals < 0 ? undefined : text.slice(equals + 1);
    if (name === '') return { error: `--ignore ${text}: a name follows "=", as in ${code}=svc/web` };
    ignores.push({ text, codes: meant, ...(name === undefined ? {} : { name: nameTest(name) }) });
  }
  return { ignores };
}

/** The codes that a word stands for: itself, or all that fit where it has a `*`. */
export function matchingCodes(word: string, codes: readonly string[]): ReadonlySet<string> {
  const test = glob(word.toUpperCase());
  return new Set(codes.filter((code) => test(code)));
}

/** `there is no code "PW32"; did you mean "PW320"?` */
export function unknownCode(word: string, codes: readonly string[]): string {
  const upper = word.toUpperCase();
  const begun = codes.find((code) => upper.startsWith(code) || (upper.length > 3 && code.startsWith(upper)));
  const near = begun ?? didYouMean(upper, codes);
  const hint = near === undefined ? 'docs/diagnostics.md lists them' : `did you mean "${near}"?`;
  return `there is no code ${JSON.stringify(word)}; ${hint}`;
}

function nameTest(text: string): (object: FindingObject) => boolean {
  const [first = '', second, third] = text.split('/');
  const kind = KINDS[first.toLowerCase()] ?? singular(first.toLowerCase());
  const any = glob('*');
  if (second === undefined) {
    const name = glob(first);
    return (object) => name(object.name);
  }
  if (third !== undefined) {
    const [isKind, isNamespace, isName] = [glob(kind), glob(second), glob(third)];
    return ({ kind: own, namespace, name }) =>
      isKind(own.toLowerCase()) && isNamespace(namespace) && isName(name);
  }
  const asKind = LONG_KINDS.has(kind);
  const [isNamespace, isName] = [asKind ? any : glob(first), glob(second)];
  return ({ kind: own, namespace, name }) =>
    (asKind ? own.toLowerCase() === kind : isNamespace(namespace)) && isName(name);
}

/** `services` and `networkpolicies`, as kubectl takes them too. */
function singular(word: string): string {
  if (LONG_KINDS.has(word)) return word;
  const shorter = [word.replace(/ies$/, 'y'), word.replace(/es$/, ''), word.replace(/s$/, '')];
  return shorter.find((one) => LONG_KINDS.has(one)) ?? word;
}

/** A text in which `*` stands for any number of characters; matched piece by piece, never by backtracking. */
function glob(pattern: string): (text: string) => boolean {
  const [head = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return (text) => text === pattern;
  const tail = rest.pop() ?? '';
  return (text) => {
    if (!text.startsWith(head) || text.length < head.length + tail.length || !text.endsWith(tail))
      return false;
    let at = head.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0 || found + piece.length > text.length - tail.length) return false;
      at = found + piece.length;
    }
    return true;
  };
}
