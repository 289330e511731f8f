import type { Document, YAMLError } from 'yaml';
import { readComposedValue } from './yaml-composed-value.ts';
import { yamlLibrary } from './yaml-library.ts';
import { nonsenseDetector } from './yaml-nonsense.ts';
import type { YamlPlaces } from './yaml-places.ts';
import { MAX_PROBLEMS, problem, type YamlDocument, type YamlProblem } from './yaml-problem.ts';

type YamlDoc = Document.Parsed;

/** Levels of nesting: no manifest comes near, and the parser's recursion stays far from the end of the stack. */
const MAX_DEPTH = 200;
/** Lexical errors after which a text is taken for something else than YAML. */
const MAX_STRAY_TOKENS = 100;

/**
 * The whole parser: one document by way of the `yaml` package, with whatever is wrong with it. Offsets are of `text`.
 *
 * @param places filled with where the values stand, when that is asked for
 */
export function readComposed(text: string, places?: YamlPlaces): YamlDocument {
  const { documents, problem: broken } = compose(text);
  const found: YamlProblem[] = documents.flatMap(({ errors }) => errors.map(syntaxProblem));
  if (broken !== undefined) found.push(broken);
  const [document, second] = documents;
  if (second !== undefined && found.length === 0) {
    found.push(problem('PW103', second.range[0], 'a second document begins here without ---'));
  }
  if (document === undefined || found.length > 0) {
    const problems = found.slice(0, MAX_PROBLEMS);
    return { value: null, problems, more: found.length - problems.length, repeated: [], moreRepeated: 0 };
  }
  return readComposedValue(document.contents, places);
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
