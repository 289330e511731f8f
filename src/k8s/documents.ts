import type { Diagnostic } from './diagnostics.ts';
import { readJson } from './json-text.ts';
import { positionAt } from './positions.ts';
import type { SourceText } from './sources.ts';
import type { Watch } from './watch.ts';
import type { Wanted } from './yaml-plain.ts';
import { parseYaml } from './yaml-text.ts';

/** One document of a source that is not empty. */
export interface SourceDocument {
  readonly file: string;
  /** Its number in the file, empty documents counted. */
  readonly index: number;
  readonly value: unknown;
}

/**
 * Text that begins like a JSON object or array is JSON, as kubectl decides too (GuessJSONStream); not so when a line `---`
 * parts its documents, which no JSON text can have: JSON documents of a YAML stream.
 */
export function looksLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text) && !(text.includes('\n---') && /^---[ \t\r]*$/m.test(text));
}

/**
 * Splits a source into its documents. Trouble is pushed to `diagnostics` with its position.
 *
 * @param wanted which objects are read; of YAML objects that are not, there are apiVersion, kind and metadata, and
 *   what else is wrong with them is not found
 */
export function parseDocuments(
  source: SourceText,
  diagnostics: Diagnostic[],
  wanted?: Wanted,
  watch?: Watch,
): SourceDocument[] {
  return looksLikeJson(source.text)
    ? jsonDocuments(source, diagnostics)
    : yamlDocuments(source, diagnostics, wanted, watch);
}

function jsonDocuments(source: SourceText, diagnostics: Diagnostic[]): SourceDocument[] {
  const { file, text } = source;
  const { values, repeated, problem } = readJson(text);
  for (const { key, offset } of repeated) diagnostics.push(repeatedKey(source, key, offset));
  if (problem !== undefined) {
    const { line, column } = positionAt(text, problem.offset);
    const syntax = problem.kind === 'syntax';
    diagnostics.push({
      severity: 'error',
      code: syntax ? 'PW104' : 'PW106',
      message: syntax ? `not JSON: ${problem.problem}` : problem.problem,
      ...(syntax
        ? { fix: 'a text that begins with { or [ is read as JSON; begin YAML with a block mapping' }
        : {}),
      position: { file, line, column },
    });
  }
  return values.map(({ value }, index) => ({ file, index, value }));
}

/** A key that its mapping has already: kubectl takes the last, and so it is here. */
function repeatedKey({ file, text }: SourceText, key: string, offset: number): Diagnostic {
  const { line, column } = positionAt(text, offset);
  return {
    severity: 'warning',
    code: 'PW105',
    message: `the key ${JSON.stringify(key)} stands twice in one mapping: the last counts`,
    fix: 'keep one of the two',
    position: { file, line, column },
  };
}

function yamlDocuments(
  source: SourceText,
  diagnostics: Diagnostic[],
  wanted: Wanted | undefined,
  watch: Watch | undefined,
): SourceDocument[] {
  const { file, text } = source;
  const documents: SourceDocument[] = [];
  let letterTold = false;
  const more = (code: string, count: number, what: string): void => {
    if (count === 0) return;
    diagnostics.push({
      severity: 'note',
      code,
      message: `${file}: ${count} more ${what} in the same document`,
    });
  };
  for (const [index, document] of parseYaml(text, wanted, watch).entries()) {
    for (const { code, offset, message, fix } of document.problems) {
      const { line, column } = positionAt(text, offset);
      diagnostics.push({
        severity: 'error',
        code,
        message,
        ...(fix === undefined ? {} : { fix }),
        position: { file, line, column },
      });
    }
    more('PW103', document.more, 'errors');
    for (const { key, offset } of document.repeated) diagnostics.push(repeatedKey(source, key, offset));
    more('PW105', document.moreRepeated, 'keys that stand twice');
    if (document.letter !== undefined && !letterTold) {
      letterTold = true;
      const { line, column } = positionAt(text, document.letter.offset);
      diagnostics.push({
        severity: 'warning',
        code: 'PW107',
        message: `kubectl reads a bare ${document.letter.text} as a boolean; it is read as text here`,
        fix: `write "${document.letter.text}" in quotes`,
        position: { file, line, column },
      });
    }
    if (document.problems.length === 0 && document.value !== null) {
      documents.push({ file, index, value: document.value });
    }
  }
  return documents;
}
