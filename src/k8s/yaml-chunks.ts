/**
 * The documents of a YAML text, found by their marker lines alone: a line that begins with `---` or `...` ends a
 * document wherever it stands (YAML 1.2, c-forbidden), inside quotes and block scalars too. kubectl splits a stream
 * in this way as well (apimachinery's YAMLReader). So each document is read by itself, or is not read at all.
 */
export interface YamlChunk {
  /** Offset where the document begins: at its `---` line, if it has one. */
  readonly start: number;
  /** Offset of its first line behind the marker. */
  readonly body: number;
  /** Offset behind its last line. */
  readonly end: number;
  /** False: something stands behind `---` in its line, or directives before it. */
  readonly plain: boolean;
}

/** The documents of a text; empty ones are there if a marker begins them. */
export function yamlChunks(text: string): YamlChunk[] {
  const chunks: YamlChunk[] = [];
  let open: { start: number; body: number; plain: boolean; marked: boolean } = {
    start: 0,
    body: 0,
    plain: true,
    marked: false,
  };
  const close = (end: number): void => {
    const { start, body, plain, marked } = open;
    if (marked || !isBlank(text, body, end)) chunks.push({ start, body, end, plain });
  };
  for (let at = nextMarker(text, 0); at >= 0; ) {
    const next = lineAfter(text, at);
    const rest = REST.test(text.slice(at + 3, next));
    if (text.charCodeAt(at) === DOT) {
      close(at);
      // What follows is a document of its own even without a marker, and may begin with directives.
      open = { start: next, body: next, plain: rest, marked: !rest };
    } else if (!open.marked && isDirectives(text, open.body, at)) {
      open = { start: open.start, body: next, plain: false, marked: true };
    } else {
      close(at);
      open = { start: at, body: next, plain: rest, marked: true };
    }
    at = nextMarker(text, next);
  }
  close(text.length);
  return chunks;
}

const DOT = 46;
const DASH = 45;
/** What may stand behind a marker in its line and mean nothing. */
const REST = /^[ \t]*(?:[ \t]#.*)?\r?\n?$/;

/** The offset of the next line that is a marker, or -1. `from` is the begin of a line. */
function nextMarker(text: string, from: number): number {
  for (let line = from; line < text.length; ) {
    const c = text.charCodeAt(line);
    if ((c === DASH || c === DOT) && isMarker(text, line, c)) return line;
    const newline = text.indexOf('\n', line);
    if (newline < 0) return -1;
    line = newline + 1;
  }
  return -1;
}

function isMarker(text: string, at: number, c: number): boolean {
  if (text.charCodeAt(at + 1) !== c || text.charCodeAt(at + 2) !== c) return false;
  const behind = text.charCodeAt(at + 3);
  return Number.isNaN(behind) || behind === 32 || behind === 10 || behind === 9 || behind === 13;
}

function lineAfter(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline < 0 ? text.length : newline + 1;
}

/** Whether nothing but blank lines and comments stand there. */
function isBlank(text: string, start: number, end: number): boolean {
  return everyLine(text, start, end, false);
}

/** Whether directives stand there (`%YAML 1.1`), and nothing but blank lines and comments beside them. */
function isDirectives(text: string, start: number, end: number): boolean {
  return !isBlank(text, start, end) && everyLine(text, start, end, true);
}

function everyLine(text: string, start: number, end: number, directives: boolean): boolean {
  for (let line = start; line < end; line = lineAfter(text, line)) {
    let at = line;
    let c = text.charCodeAt(at);
    if (directives && c === 37) continue;
    while (at < end && (c === 32 || c === 9 || c === 13)) c = text.charCodeAt(++at);
    if (at < end && c !== 10 && c !== 35) return false;
  }
  return true;
}
