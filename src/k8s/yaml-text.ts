import type { Document, YAMLError } from 'yaml';
import { yamlLibrary } from './yaml-library.ts';
import { nonsenseDetector } from './yaml-nonsense.ts';
import { isLetterBoolean, resolvePlainScalar } from './yaml-scalar.ts';

/** Something that makes a YAML text unusable, by offset. */
export interface YamlProblem {
  readonly code: 'PW103' | 'PW105' | 'PW106';
  readonly offset: number;
  readonly message: string;
  readonly fix?: string;
}

export interface YamlDocument {
  /** Plain data as kubectl's conversion to JSON gives it; objects have no prototype. Null for an empty document. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /** Problems that were left out of the list. */
  readonly more: number;
  /** Offset of the first plain `y` or `n`, which kubectl reads as a boolean and podwalk as text. */
  readonly letter?: { readonly offset: number; readonly text: string };
}

type YamlDoc = Document.Parsed;

/** Levels of nesting: no manifest comes near, and the parser's recursion stays far from the end of the stack. */
const MAX_DEPTH = 200;
/** Syntax errors kept of one document: after the first few they only echo each other. */
const MAX_PROBLEMS = 5;
/** Lexical errors after which a text is taken for something else than YAML. */
const MAX_STRAY_TOKENS = 100;
/** Values that aliases may add to a document ("billion laughs"). */
const MAX_ALIASED = 100_000;

/** Parses a text into its documents. Never throws: trouble is among the documents' problems. */
export function parseYaml(text: string): YamlDocument[] {
  const composed = compose(text);
  const documents = composed.documents.map((document) => toDocument(document));
  if (composed.problem !== undefined) {
    documents.push({ value: null, problems: [composed.problem], more: 0 });
  }
  return documents;
}

let lastComposed: { readonly text: string; readonly documents: readonly YamlDoc[] } | undefined;

/** Where a value of a YAML text stands, by offsets. */
export interface YamlPlace {
  /** Of the value; for a block collection that of the key that leads to it. */
  readonly value: number;
  readonly key: number;
  /** Behind a scalar on one line; 0: not known. */
  readonly end: number;
  /** False: the path leads to something absent, and this is its nearest ancestor. */
  readonly exact: boolean;
  /** The text of a block literal (`|`), whose lines stand below `value`. */
  readonly literal?: string;
}

/** Where the value at `path` of document number `index` stands; the nearest ancestor when it is absent. */
export function locateYaml(
  text: string,
  index: number,
  path: readonly (string | number)[],
): YamlPlace | undefined {
  if (lastComposed?.text !== text) lastComposed = { text, documents: compose(text).documents };
  const document = lastComposed.documents[index];
  if (document === undefined || document.contents === null) return undefined;
  const yaml = yamlLibrary();
  const start = document.contents.range[0];
  let node: unknown = document.contents;
  let place: YamlPlace = { value: start, key: start, end: 0, exact: path.length === 0 };
  for (const [depth, step] of path.entries()) {
    if (yaml.isAlias(node)) node = node.resolve(document);
    let key: number | undefined;
    if (yaml.isMap(node)) {
      const pair = node.items.find((item) => keyText(item.key) === String(step));
      if (pair === undefined) return place;
      key = offsetOf(pair.key);
      node = pair.value;
    } else if (yaml.isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      if (offsetOf(node) === undefined) return place;
    } else return place;
    const own = offsetOf(node);
    const block = key !== undefined && yaml.isCollection(node) && node.flow !== true;
    const value = (block ? key : (own ?? key)) ?? place.value;
    place = { value, key: key ?? value, exact: depth === path.length - 1, ...scalarPlace(node) };
  }
  return place;
}

function scalarPlace(node: unknown): Pick<YamlPlace, 'end' | 'literal'> {
  if (!yamlLibrary().isScalar(node) || !Array.isArray(node.range)) return { end: 0 };
  const end = typeof node.range[1] === 'number' ? node.range[1] : 0;
  const literal = node.type === 'BLOCK_LITERAL' && typeof node.value === 'string' ? node.value : undefined;
  return literal === undefined ? { end } : { end, literal };
}

function offsetOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const range = node.range;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}

/**
 * Text to documents by way of lexer, parser and composer, watching nesting and errors token by token: the
 * composer recurses, and a stack that overflows inside a regular expression would end the process.
 */
function compose(text: string): { documents: YamlDoc[]; problem?: YamlProblem } {
  const yaml = yamlLibrary();
  // failsafe: scalars stay text and are resolved here, as go-yaml does. Duplicate keys are found here as well,
  // in linear time.
  const composer = new yaml.Composer({
    version: '1.1',
    schema: 'failsafe',
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  const parser = new yaml.Parser();
  const documents: YamlDoc[] = [];
  let stray = 0;
  const nonsense = nonsenseDetector();
  try {
    for (const lexeme of new yaml.Lexer().lex(text)) {
      if (nonsense(lexeme))
        return { documents, problem: problem('PW103', parser.offset, 'this is not YAML') };
      for (const token of parser.next(lexeme)) {
        if (token.type === 'error' && ++stray > MAX_STRAY_TOKENS) {
          return { documents, problem: problem('PW103', token.offset, 'this is not YAML') };
        }
        for (const document of composer.next(token)) documents.push(document as YamlDoc);
      }
      // Each level of nesting holds one or two entries of the parser's stack.
      if (parser.stack.length > MAX_DEPTH * 2) {
        return {
          documents,
          problem: problem('PW106', parser.offset, `nested deeper than ${MAX_DEPTH} levels`),
        };
      }
    }
    for (const token of parser.end()) {
      for (const document of composer.next(token)) documents.push(document as YamlDoc);
    }
    for (const document of composer.end()) documents.push(document as YamlDoc);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { documents, problem: problem('PW103', parser.offset, message) };
  }
  return { documents };
}

function problem(code: YamlProblem['code'], offset: number, message: string): YamlProblem {
  return { code, offset, message };
}

function toDocument(document: YamlDoc): YamlDocument {
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, MAX_PROBLEMS).map((error) => syntaxProblem(error));
    return { value: null, problems, more: document.errors.length - problems.length };
  }
  const conversion: Conversion = { document, problems: [], aliased: 0, inAlias: 0, more: 0 };
  const value = toValue(conversion, document.contents, 0);
  const { problems, more, letter } = conversion;
  return { value, problems, more, ...(letter === undefined ? {} : { letter }) };
}

/** The commoner of the parser's messages, with what mends them. */
function syntaxProblem(error: YAMLError): YamlProblem {
  const fix = FIXES.find(([code]) => code === error.code)?.[1];
  const base = problem(error.code === 'RESOURCE_EXHAUSTION' ? 'PW106' : 'PW103', error.pos[0], error.message);
  return fix === undefined ? base : { ...base, fix };
}

const FIXES: readonly (readonly [string, string])[] = [
  ['TAB_AS_INDENT', 'indent with spaces'],
  ['BLOCK_AS_IMPLICIT_KEY', 'a value that holds ": " must be quoted; a nested mapping goes on its own line'],
  ['BAD_INDENT', 'align this line with its neighbours'],
  ['MISSING_CHAR', 'look for a quote, a bracket or a colon that is missing before this place'],
  ['BAD_ALIAS', 'a value that begins with * or & must be quoted'],
];

interface Conversion {
  readonly document: YamlDoc;
  readonly problems: YamlProblem[];
  more: number;
  aliased: number;
  /** How many aliases are being expanded around the current node. */
  inAlias: number;
  letter?: { readonly offset: number; readonly text: string };
}

function complain(conversion: Conversion, found: YamlProblem): void {
  if (conversion.problems.length < MAX_PROBLEMS) conversion.problems.push(found);
  else conversion.more++;
}

function toValue(conversion: Conversion, node: unknown, depth: number): unknown {
  const yaml = yamlLibrary();
  if (conversion.inAlias > 0 && ++conversion.aliased > MAX_ALIASED) {
    if (conversion.aliased === MAX_ALIASED + 1) {
      const offset = offsetOf(node) ?? 0;
      complain(conversion, problem('PW106', offset, `aliases expand to more than ${MAX_ALIASED} values`));
    }
    return null;
  }
  if (yaml.isScalar(node)) return scalarValue(conversion, node);
  if (yaml.isSeq(node)) return node.items.map((item) => toValue(conversion, item, depth + 1));
  if (yaml.isMap(node)) {
    const out = Object.create(null) as Record<string, unknown>;
    const merged: unknown[] = [];
    for (const pair of node.items) {
      const key = keyText(pair.key);
      const offset = offsetOf(pair.key) ?? 0;
      if (key === undefined) {
        complain(conversion, problem('PW103', offset, 'a key must be a single word or text'));
        continue;
      }
      if (key === '<<' && yaml.isScalar(pair.key) && pair.key.type === 'PLAIN') {
        merged.push(toValue(conversion, pair.value, depth + 1));
        continue;
      }
      if (Object.hasOwn(out, key)) {
        const text = `the key ${JSON.stringify(key)} stands twice in one mapping`;
        complain(conversion, { ...problem('PW105', offset, text), fix: 'keep one of the two' });
        continue;
      }
      out[key] = toValue(conversion, pair.value, depth + 1);
    }
    for (const source of merged.flat(1)) mergeInto(out, source);
    return out;
  }
  if (yaml.isAlias(node)) {
    const target = node.resolve(conversion.document);
    if (target === undefined || depth > MAX_DEPTH) {
      complain(
        conversion,
        problem('PW106', offsetOf(node) ?? 0, `the alias *${node.source} leads nowhere or into itself`),
      );
      return null;
    }
    conversion.inAlias++;
    const value = toValue(conversion, target, depth + 1);
    conversion.inAlias--;
    return value;
  }
  return null;
}

/** YAML 1.1 merge keys: what is already there wins. */
function mergeInto(out: Record<string, unknown>, source: unknown): void {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return;
  for (const [key, value] of Object.entries(source)) if (!Object.hasOwn(out, key)) out[key] = value;
}

interface ScalarNode {
  readonly value: unknown;
  readonly type?: string | undefined;
  readonly tag?: string | undefined;
  readonly range?: readonly number[] | null | undefined;
}

function scalarValue(conversion: Conversion, node: ScalarNode): unknown {
  if (node.value === null) return null;
  const text = typeof node.value === 'string' ? node.value : String(node.value);
  const tag = node.tag?.replace(/^tag:yaml\.org,2002:/, '!!');
  if (tag === '!!binary') return decodeBase64(text);
  if (tag === '!!str' || (node.type !== 'PLAIN' && tag === undefined)) return text;
  const offset = node.range?.[0] ?? 0;
  if (tag === undefined && isLetterBoolean(text)) conversion.letter ??= { offset, text };
  return resolvePlainScalar(text);
}

function decodeBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atobLoose(text), (c) => c.charCodeAt(0)));
}

function atobLoose(text: string): string {
  try {
    return atob(text.replace(/\s+/g, ''));
  } catch {
    return '';
  }
}

function keyText(key: unknown): string | undefined {
  const yaml = yamlLibrary();
  if (!yaml.isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : key.value === null ? '' : String(key.value);
}
