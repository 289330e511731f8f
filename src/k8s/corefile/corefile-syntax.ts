/** A line of a Corefile, or of a file that it imports. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** A word of a Corefile, and the line it is on. */
export interface Word {
  readonly text: string;
  readonly at: Place;
}

/** A line inside a block: a plugin with its arguments, or a property of one; and the block behind it. */
export interface Directive {
  readonly words: readonly Word[];
  readonly block: readonly Directive[];
}

export interface CorefileBlock {
  readonly keys: readonly Word[];
  readonly directives: readonly Directive[];
}

/** What is wrong with a Corefile, in CoreDNS' words where it has some. */
export interface CorefileError {
  readonly at: Place;
  readonly message: string;
}

/** Blocks of blocks; Corefiles have two. */
const MAX_DEPTH = 16;

export type Parsed<T> =
  | { readonly ok: true; readonly parsed: readonly T[] }
  | { readonly ok: false; readonly error: CorefileError };

/**
 * Splits a Corefile into server blocks (coredns/caddy: caddyfile/lexer.go and parse.go): words between spaces, quoted
 * ones whole, comments from a word that begins with `#`; a block is `{` at the end of a line up to `}` on a line of its
 * own. Without braces the whole file is one block.
 */
export function parseCorefile(text: string, file: string): Parsed<CorefileBlock> {
  return parseAll(text, file, readServerBlock);
}

/** Splits a file that is imported inside a server block. */
export function parseDirectives(text: string, file: string): Parsed<Directive> {
  return parseAll(text, file, (reader) => readDirective(reader, 0));
}

function parseAll<T>(text: string, file: string, read: (reader: Reader) => T): Parsed<T> {
  const lines = wordsOf(text, file);
  if ('error' in lines) return { ok: false, error: lines.error };
  const reader: Reader = { lines: lines.lines, at: 0, end: { file, line: 0 }, error: undefined };
  const parsed: T[] = [];
  while (reader.at < reader.lines.length) parsed.push(read(reader));
  return reader.error === undefined ? { ok: true, parsed } : { ok: false, error: reader.error };
}

interface Reader {
  readonly lines: readonly (readonly Word[])[];
  at: number;
  /** Where a file is at fault that has no line. */
  readonly end: Place;
  /** The first that was found; nothing is read after it. */
  error: CorefileError | undefined;
}

function refuse(reader: Reader, at: Place, message: string): void {
  reader.error ??= { at, message };
  reader.at = reader.lines.length;
}

function readServerBlock(reader: Reader): CorefileBlock {
  const keys: Word[] = [];
  for (;;) {
    const line = reader.lines[reader.at++];
    const last = line?.at(-1);
    if (line === undefined || last === undefined) {
      refuse(reader, keys.at(-1)?.at ?? reader.end, "Unexpected EOF, expecting '{'");
      return { keys, directives: [] };
    }
    const opens = last.text === '{';
    const words = opens ? line.slice(0, -1) : line;
    refuseBraces(reader, words);
    keys.push(...words.flatMap(keyOf));
    if (opens && keys.length === 0) refuse(reader, last.at, 'a server block begins with its zones');
    if (opens) return { keys, directives: readLines(reader, last.at, 0) };
    // A comma at the end says that more keys follow.
    if (last.text.endsWith(',')) continue;
    const directives: Directive[] = [];
    while (reader.at < reader.lines.length) directives.push(readDirective(reader, 0));
    return { keys, directives };
  }
}

function refuseBraces(reader: Reader, words: readonly Word[]): void {
  const brace = words.find(({ text }) => text === '{' || text === '}');
  if (brace !== undefined) refuse(reader, brace.at, `Unexpected '${brace.text}'`);
}

function keyOf({ text, at }: Word): Word[] {
  return text
    .split(',')
    .filter((one) => one !== '')
    .map((one) => ({ text: one, at }));
}

/** Up to the brace that closes. */
function readLines(reader: Reader, from: Place, depth: number): Directive[] {
  const directives: Directive[] = [];
  for (;;) {
    const line = reader.lines[reader.at];
    const [first, second] = line ?? [];
    if (first === undefined) {
      refuse(reader, from, "Unexpected EOF, the block that begins here lacks its '}'");
      return directives;
    }
    if (first.text === '}') {
      reader.at++;
      if (second !== undefined) refuse(reader, first.at, `Unexpected '${second.text}' after '}'`);
      return directives;
    }
    directives.push(readDirective(reader, depth));
  }
}

function readDirective(reader: Reader, depth: number): Directive {
  const line = reader.lines[reader.at++] ?? [];
  const last = line.at(-1);
  const opens = last?.text === '{';
  const words = opens ? line.slice(0, -1) : line;
  refuseBraces(reader, words);
  if (last === undefined || !opens) return { words, block: [] };
  if (words.length === 0) refuse(reader, last.at, "Unexpected '{'");
  if (depth >= MAX_DEPTH) refuse(reader, last.at, `blocks nested deeper than ${MAX_DEPTH}`);
  return { words, block: readLines(reader, last.at, depth + 1) };
}

/** The words of each line that has some. */
function wordsOf(
  text: string,
  file: string,
): { readonly lines: Word[][] } | { readonly error: CorefileError } {
  const lines: Word[][] = [];
  let current: Word[] = [];
  let line = 1;
  const pattern = /[^\S\n]+|\n|"(?:\\[\s\S]|[^"\\])*"|#[^\n]*|[^\s]+/gy;
  for (const [found] of text.replace(/^\uFEFF/, '').matchAll(pattern)) {
    const at = { file, line };
    if (found === '\n') {
      if (current.length > 0) lines.push(current);
      current = [];
      line++;
    } else if (found.startsWith('"')) {
      if (found.length < 2 || !found.endsWith('"'))
        return { error: { at, message: `a quoted word has no end: ${found.slice(0, 40)}` } };
      current.push({ text: found.slice(1, -1).replaceAll('\\"', '"'), at });
      line += found.split('\n').length - 1;
    } else if (!found.startsWith('#') && found.trim() !== '') current.push({ text: found, at });
  }
  if (current.length > 0) lines.push(current);
  return { lines };
}
