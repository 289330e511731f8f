/** A word of a Corefile, and the line it is on. */
export interface Word {
  readonly text: string;
  readonly line: number;
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
  readonly line: number;
  readonly message: string;
}

/** Blocks of blocks; Corefiles have two. */
const MAX_DEPTH = 16;

/**
 * Splits a Corefile into server blocks (coredns/caddy: caddyfile/lexer.go and parse.go): words between spaces, quoted
 * ones whole, comments from a word that begins with `#`; a block is `{` at the end of a line up to `}` on a line of its
 * own. Without braces the whole file is one block.
 */
export function parseCorefile(
  text: string,
):
  | { readonly ok: true; readonly blocks: readonly CorefileBlock[] }
  | { readonly ok: false; readonly error: CorefileError } {
  const lines = wordsOf(text);
  if ('error' in lines) return { ok: false, error: lines.error };
  const reader: Reader = { lines: lines.lines, at: 0, error: undefined };
  const blocks: CorefileBlock[] = [];
  while (reader.at < reader.lines.length) blocks.push(readServerBlock(reader));
  return reader.error === undefined ? { ok: true, blocks } : { ok: false, error: reader.error };
}

interface Reader {
  readonly lines: readonly (readonly Word[])[];
  at: number;
  /** The first that was found; nothing is read after it. */
  error: CorefileError | undefined;
}

function refuse(reader: Reader, line: number, message: string): void {
  reader.error ??= { line, message };
  reader.at = reader.lines.length;
}

function readServerBlock(reader: Reader): CorefileBlock {
  const keys: Word[] = [];
  for (;;) {
    const line = reader.lines[reader.at++];
    const last = line?.at(-1);
    if (line === undefined || last === undefined) {
      refuse(reader, keys.at(-1)?.line ?? 0, "Unexpected EOF, expecting '{'");
      return { keys, directives: [] };
    }
    const opens = last.text === '{';
    const words = opens ? line.slice(0, -1) : line;
    refuseBraces(reader, words);
    keys.push(...words.flatMap(keyOf));
    if (opens && keys.length === 0) refuse(reader, last.line, 'a server block begins with its zones');
    if (opens) return { keys, directives: readLines(reader, last.line, 0) };
    // A comma at the end says that more keys follow.
    if (last.text.endsWith(',')) continue;
    const directives: Directive[] = [];
    while (reader.at < reader.lines.length) directives.push(readDirective(reader, 0));
    return { keys, directives };
  }
}

function refuseBraces(reader: Reader, words: readonly Word[]): void {
  const brace = words.find(({ text }) => text === '{' || text === '}');
  if (brace !== undefined) refuse(reader, brace.line, `Unexpected '${brace.text}'`);
}

function keyOf({ text, line }: Word): Word[] {
  return text
    .split(',')
    .filter((one) => one !== '')
    .map((one) => ({ text: one, line }));
}

/** Up to the brace that closes. */
function readLines(reader: Reader, from: number, depth: number): Directive[] {
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
      if (second !== undefined) refuse(reader, first.line, `Unexpected '${second.text}' after '}'`);
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
  if (words.length === 0) refuse(reader, last.line, "Unexpected '{'");
  if (depth >= MAX_DEPTH) refuse(reader, last.line, `blocks nested deeper than ${MAX_DEPTH}`);
  return { words, block: readLines(reader, last.line, depth + 1) };
}

/** The words of each line that has some. */
function wordsOf(text: string): { readonly lines: Word[][] } | { readonly error: CorefileError } {
  const lines: Word[][] = [];
  let current: Word[] = [];
  let line = 1;
  const pattern = /[^\S\n]+|\n|"(?:\\[\s\S]|[^"\\])*"|#[^\n]*|[^\s]+/gy;
  for (const [found] of text.replace(/^\uFEFF/, '').matchAll(pattern)) {
    if (found === '\n') {
      if (current.length > 0) lines.push(current);
      current = [];
      line++;
    } else if (found.startsWith('"')) {
      if (found.length < 2 || !found.endsWith('"'))
        return { error: { line, message: `a quoted word has no end: ${found.slice(0, 40)}` } };
      current.push({ text: found.slice(1, -1).replaceAll('\\"', '"'), line });
      line += found.split('\n').length - 1;
    } else if (!found.startsWith('#') && found.trim() !== '') current.push({ text: found, line });
  }
  if (current.length > 0) lines.push(current);
  return { lines };
}
