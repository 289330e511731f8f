import type { Diagnostic } from './diagnostics.ts';
import { findJsonProblem } from './json-text.ts';
import { positionAt } from './positions.ts';
import type { SourceText } from './sources.ts';
import { parseYaml } from './yaml-text.ts';

/** One document of a source that is not empty. */
export interface SourceDocument {
  readonly file: string;
  /** Its number in the file, empty documents counted. */
  readonly index: number;
  readonly value: unknown;
}

/** Text that begins like a JSON object or array is JSON, as kubectl decides too (GuessJSONStream). */
export function looksLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text);
}

/** Splits a source into its documents. Trouble is pushed to `diagnostics` with its position. */
export function parseDocuments(source: SourceText, diagnostics: Diagnostic[]): SourceDocument[] {
  return looksLikeJson(source.text) ? jsonDocuments(source, diagnostics) : yamlDocuments(source, diagnostics);
}

function jsonDocuments(source: SourceText, diagnostics: Diagnostic[]): SourceDocument[] {
  const { file, text } = source;
  try {
    return [{ file, index: 0, value: JSON.parse(text) as unknown }];
  } catch {
    const found = findJsonProblem(text) ?? { offset: 0, problem: 'the text cannot be read as JSON' };
    const { line, column } = positionAt(text, found.offset);
    const several = found.problem.startsWith('expected the end');
    diagnostics.push({
      severity: 'error',
      code: 'PW104',
      message: several ? `${found.problem}: one JSON text holds one value` : `not JSON: ${found.problem}`,
      ...(several
        ? { fix: 'put several objects into a List, or into files of their own' }
        : { fix: 'a text that begins with { or [ is read as JSON; begin YAML with a block mapping' }),
      position: { file, line, column },
    });
    return [];
  }
}

function yamlDocuments(source: SourceText, diagnostics: Diagnostic[]): SourceDocument[] {
  const { file, text } = source;
  const documents: SourceDocument[] = [];
  let letterTold = false;
  for (const [index, document] of parseYaml(text).entries()) {
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
    if (document.more > 0) {
      diagnostics.push({
        severity: 'note',
        code: 'PW103',
        message: `${file}: ${document.more} more errors in the same document`,
      });
    }
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
