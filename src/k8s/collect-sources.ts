import { collectObjects } from './collect.ts';
import type { Diagnostic } from './diagnostics.ts';
import { parseDocuments, type SourceDocument } from './documents.ts';
import type { Draft } from './draft.ts';
import { locate } from './locate.ts';
import { positionAt } from './positions.ts';
import { isBodyRead } from './registry.ts';
import { bareAction, renderFix } from './sources/template.ts';
import type { SourceText } from './sources.ts';
import type { Watch } from './watch.ts';

/** A source as it was parsed. */
export interface ParsedSource {
  readonly source: SourceText;
  readonly documents: readonly SourceDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a source. What is a template, and no YAML before it is rendered, is told as that and not as bad YAML. */
export function parseSource(source: SourceText, watch?: Watch): ParsedSource {
  const diagnostics: Diagnostic[] = [];
  const documents = parseDocuments(source, diagnostics, isBodyRead, watch);
  if (diagnostics.some(isError)) {
    const offset = bareAction(source.text);
    if (offset !== undefined) return { source, documents: [], diagnostics: [template(source, offset)] };
  }
  return { source, documents, diagnostics };
}

/** Decodes a source's objects but those at places in `without`. */
export function collectSource(
  { source, documents, diagnostics }: ParsedSource,
  draft: Draft,
  into: Diagnostic[],
  without: ReadonlySet<string>,
  watch?: Watch,
): void {
  for (const one of diagnostics) into.push(one);
  const start = into.length;
  for (const document of documents) collectObjects(document, draft, into, without, watch);
  if (!source.text.includes('{{')) return;
  const action = actionAmong(into.slice(start), source);
  if (action === undefined) return;
  const others = into.splice(start).filter((one) => !isError(one));
  into.push(template(source, action), ...others);
}

function isError({ severity }: Diagnostic): boolean {
  return severity === 'error';
}

/** Where an error is about a line with a template's action. */
function actionAmong(found: readonly Diagnostic[], source: SourceText): number | undefined {
  for (const diagnostic of found.filter(isError).slice(0, MOST_LOCATED)) {
    const place = locate(diagnostic, [source]);
    const column = place?.lineText.indexOf('{{') ?? -1;
    if (place !== undefined && column >= 0) return offsetOf(source.text, place.line) + column;
  }
  return undefined;
}

/** Locating reads the source again: the first few errors of a template say enough. */
const MOST_LOCATED = 20;

function offsetOf(text: string, line: number): number {
  let start = 0;
  for (let n = 1; n < line; n++) start = text.indexOf('\n', start) + 1;
  return start;
}

function template({ file, text }: SourceText, offset: number): Diagnostic {
  const { line, column, lineText } = positionAt(text, offset);
  const action = /\{\{.*?\}\}/.exec(lineText.slice(column - 1))?.[0] ?? '{{';
  const shown = action.length > 60 ? `${action.slice(0, 60)}...` : action;
  return {
    severity: 'error',
    code: 'PW115',
    message: `a template that is not rendered: ${shown}`,
    fix: renderFix(text),
    position: { file, line, column },
  };
}
