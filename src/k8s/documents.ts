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
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch {
    value = undefined;
  }
  // JSON.parse says little of what it refuses, and takes duplicate keys (the last wins) that the API server refuses.
  const found = findJsonProblem(text);
  if (found === undefined && value !== undefined) return [{ file, index: 0, value }];
  const { kind, offset, problem } = found ?? { kind: 'syntax', offset: 0, problem: 'it cannot be read' };
  const { line, column } = positionAt(text, offset);
  const several = problem.startsWith('expected the end');
  const told: Readonly<Record<typeof kind, readonly [string, string, string | undefined]>> = {
    syntax: several
      ? [
          'PW104',
          `${problem}: one JSON text holds one value`,
          'put several objects into a List, or into files of their own',
        ]
      : [
          'PW104',
          `not JSON: ${problem}`,
          'a text that begins with { or [ is read as JSON; begin YAML with a block mapping',
        ],
    'duplicate key': ['PW105', problem, 'keep one of the two'],
    depth: ['PW106', problem, undefined],
  };
  const [code, message, fix] = told[kind];
  diagnostics.push({
    severity: 'error',
    code,
    message,
    ...(fix === undefined ? {} : { fix }),
    position: { file, line, column },
  });
  return [];
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
