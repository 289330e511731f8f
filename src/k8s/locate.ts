import type { Diagnostic } from './diagnostics.ts';
import { looksLikeJson } from './documents.ts';
import { locateJson } from './json-places.ts';
import { lineAt, positionAt } from './positions.ts';
import type { SourceText } from './sources.ts';
import type { YamlPlace } from './yaml-places.ts';
import { locateYaml } from './yaml-text.ts';

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
    const text = textOf(sources, file) ?? '';
    const lineText = lineAt(text, line);
    return { file, line, column, lineText, length: 1 };
  }
  const { at } = diagnostic;
  if (at === undefined) return undefined;
  const text = textOf(sources, at.source.file);
  if (text === undefined) return undefined;
  const source: SourceText = { file: at.source.file, text };
  const found = placeOf(source.text, at.source.document, [...at.source.path, ...at.path]);
  if (found === undefined) return undefined;
  const inner = at.inner === undefined ? undefined : innerLocation(source, found, at.inner, diagnostic.code);
  return inner ?? locationOf(source, found, diagnostic.code);
}

/** Texts by their names, once for each list of sources: there may be thousands of both sources and diagnostics. */
const namedTexts = new WeakMap<readonly SourceText[], { count: number; byFile: Map<string, string> }>();

function textOf(sources: readonly SourceText[], file: string): string | undefined {
  let named = namedTexts.get(sources);
  if (named === undefined || named.count !== sources.length) {
    const byFile = new Map<string, string>();
    // The first of a name counts.
    for (const source of sources) if (!byFile.has(source.file)) byFile.set(source.file, source.text);
    named = { count: sources.length, byFile };
    namedTexts.set(sources, named);
  }
  return named.byFile.get(file);
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
  const lineText = lineAt(source.text, line);
  const indent = lineText.length - within.lineText.length;
  return { ...within, line, lineText, column: within.column + Math.max(0, indent) };
}

function placeOf(text: string, document: number, path: readonly (string | number)[]): YamlPlace | undefined {
  return looksLikeJson(text) ? locateJson(text, document, path) : locateYaml(text, document, path);
}

/** The length of the token that begins at `column`: a quoted text, or up to blank or punctuation. */
function wordLength(lineText: string, column: number): number {
  const rest = lineText.slice(column - 1);
  const token = /^"(?:[^"\\]|\\.)*"|^'[^']*'|^[^\s,:}\]]+(?::[^\s,}\]]+)*/.exec(rest);
  return Math.max(1, token?.[0].length ?? 1);
}
