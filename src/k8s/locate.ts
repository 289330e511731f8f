import type { Diagnostic } from './diagnostics.ts';
import { looksLikeJson } from './documents.ts';
import { locateJson } from './json-text.ts';
import { positionAt } from './positions.ts';
import type { SourceText } from './sources.ts';
import { locateYaml, type YamlPlace } from './yaml-text.ts';

/** Where a diagnostic points, as an editor counts. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly lineText: string;
  /** How many characters of the line are meant; at least 1. */
  readonly length: number;
}

/**
 * Line and column of what a diagnostic is about, found by reading its source again: positions are only worth
 * their cost when something is printed. An absent field is located at its nearest ancestor.
 */
export function locate(diagnostic: Diagnostic, sources: readonly SourceText[]): Location | undefined {
  if (diagnostic.position !== undefined) {
    const { file, line, column } = diagnostic.position;
    const text = sources.find((s) => s.file === file)?.text ?? '';
    const lineText = nthLine(text, line);
    return { file, line, column, lineText, length: 1 };
  }
  const { at } = diagnostic;
  if (at === undefined) return undefined;
  const source = sources.find((s) => s.file === at.source.file);
  if (source === undefined) return undefined;
  const found = placeOf(source.text, at.source.document, [...at.source.path, ...at.path]);
  if (found === undefined) return undefined;
  const inner = at.inner === undefined ? undefined : innerLocation(source, found, at.inner, diagnostic.code);
  return inner ?? locationOf(source, found, diagnostic.code);
}

function locationOf(source: SourceText, place: YamlPlace, code: string): Location {
  // A misspelt or absent field: the key is the culprit, not a value.
  const offset = code === 'PW210' || !place.exact ? place.key : place.value;
  const { line, column, lineText } = positionAt(source.text, offset);
  const known =
    offset === place.value && place.end > offset && place.end - offset <= lineText.length - column + 1;
  const length = known && place.exact ? place.end - offset : wordLength(lineText, column);
  return { file: source.file, line, column, lineText, length };
}

/** A place in a text that is a block literal of a YAML text: the same line further down, further right. */
function innerLocation(
  source: SourceText,
  outer: YamlPlace,
  path: readonly (string | number)[],
  code: string,
): Location | undefined {
  if (outer.literal === undefined) return undefined;
  const place = placeOf(outer.literal, 0, path);
  if (place === undefined) return undefined;
  const within = locationOf({ file: source.file, text: outer.literal }, place, code);
  const line = positionAt(source.text, outer.value).line + within.line;
  const lineText = nthLine(source.text, line);
  const indent = lineText.length - within.lineText.length;
  return { ...within, line, lineText, column: within.column + Math.max(0, indent) };
}

function nthLine(text: string, line: number): string {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf('\n', start);
    if (next < 0) return '';
    start = next + 1;
  }
  const stop = text.indexOf('\n', start);
  return text.slice(start, stop < 0 ? text.length : stop).replace(/\r$/, '');
}

function placeOf(text: string, document: number, path: readonly (string | number)[]): YamlPlace | undefined {
  if (!looksLikeJson(text)) return locateYaml(text, document, path);
  for (let length = path.length; length >= 0; length--) {
    const found = locateJson(text, path.slice(0, length));
    if (found !== undefined) return { ...found, end: 0, exact: length === path.length };
  }
  return undefined;
}

/** The length of the token that begins at `column`: a quoted text, or up to blank or punctuation. */
function wordLength(lineText: string, column: number): number {
  const rest = lineText.slice(column - 1);
  const token = /^"(?:[^"\\]|\\.)*"|^'[^']*'|^[^\s,:}\]]+(?::[^\s,}\]]+)*/.exec(rest);
  return Math.max(1, token?.[0].length ?? 1);
}
