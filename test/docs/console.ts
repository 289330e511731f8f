import { main } from '../../src/cli/index.ts';

/**
 * Documentation that runs: each ```console block of a Markdown page is a session. Lines that begin with `$ ` are
 * commands, what follows is what they print (stdout and stderr, as a terminal would show them); a line `...`
 * stands for any number of lines. Commands are podwalk's (`podwalk ...`, `npx podwalk ...`), run in-process, with
 * `| head -n N`, `| tail -n N` and `| grep WORD` behind them; `echo $?` prints the last exit code.
 */
export interface Command {
  /** 1-based line of the page. */
  readonly line: number;
  readonly text: string;
  readonly expected: readonly string[];
}

export interface Block {
  /** 0-based index of the first line inside the fence, and of the closing fence. */
  readonly start: number;
  readonly end: number;
  readonly commands: readonly Command[];
}

/** The console blocks of a page. Throws on a block that is never closed or begins without a command. */
export function consoleBlocks(page: string): Block[] {
  const lines = page.split('\n');
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (!/^```console\s*$/.test(lines[i] ?? '')) continue;
    const start = i + 1;
    const length = lines.slice(start).findIndex((line) => /^```\s*$/.test(line));
    if (length < 0) throw new Error(`line ${i + 1}: a console block without an end`);
    blocks.push({
      start,
      end: start + length,
      commands: commandsOf(lines.slice(start, start + length), start),
    });
    i = start + length;
  }
  return blocks;
}

function commandsOf(lines: readonly string[], start: number): Command[] {
  const commands: { line: number; text: string; expected: string[] }[] = [];
  let continued = false;
  for (const [i, line] of lines.entries()) {
    const last = commands.at(-1);
    if (line.startsWith('$ ')) commands.push({ line: start + i + 1, text: line.slice(2), expected: [] });
    else if (last === undefined) throw new Error(`line ${start + i + 1}: a console block begins with "$ "`);
    else if (continued) last.text += `\n${line}`;
    else last.expected.push(line);
    continued = (line.startsWith('$ ') || continued) && line.endsWith('\\');
  }
  return commands;
}

/** Whether printed lines are the expected ones, `...` standing for any number of them. */
export function matches(expected: readonly string[], printed: readonly string[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return printed.length === 0;
  if (first === '...') {
    for (let skip = 0; skip <= printed.length; skip++) if (matches(rest, printed.slice(skip))) return true;
    return false;
  }
  return printed[0] === first && matches(rest, printed.slice(1));
}

/** Splits a command line into words at blanks and `|`, minding quotes and escaped line ends. */
export function words(text: string): string[] {
  const out: string[] = [];
  for (const match of text.replace(/\\\n\s*/g, ' ').matchAll(/(?:[^\s'"|]|'[^']*'|"[^"]*")+|\|/g))
    out.push(match[0].replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double));
  return out;
}

export interface Printed {
  readonly lines: readonly string[];
  readonly code: number;
}

/** Runs one command line of a block; `last` is the exit code of the one before it. */
export async function run(text: string, last: number): Promise<Printed> {
  if (text.trim() === 'echo $?') return { lines: [`${last}`], code: 0 };
  const all = words(text);
  const pipe = all.indexOf('|');
  const [first, ...rest] = pipe < 0 ? all : all.slice(0, pipe);
  const argv = first === 'npx' && rest[0] === 'podwalk' ? rest.slice(1) : rest;
  if (first !== 'podwalk' && argv === rest)
    throw new Error(`"${text}": only podwalk runs in a console block; write others in a sh block`);
  let stdout = '';
  let shown = '';
  const code = await main(argv, {
    stdout: (piece) => {
      stdout += piece;
      if (pipe < 0) shown += piece;
    },
    stdoutBytes: () => {
      throw new Error(`${text} writes bytes, which no page shows`);
    },
    stderr: (piece) => {
      shown += piece;
    },
    stdin: () => '',
    env: {},
    isTTY: false,
  });
  if (pipe < 0) return { lines: linesOf(shown), code };
  return { lines: [...linesOf(shown), ...filtered(linesOf(stdout), all.slice(pipe + 1))], code: 0 };
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function filtered(lines: readonly string[], filter: readonly string[]): readonly string[] {
  const pipe = filter.indexOf('|');
  const [name, ...args] = pipe < 0 ? filter : filter.slice(0, pipe);
  const count = Number(args.at(-1));
  let kept: readonly string[];
  if (name === 'head' && args[0] === '-n' && count > 0) kept = lines.slice(0, count);
  else if (name === 'tail' && args[0] === '-n' && count > 0) kept = lines.slice(-count);
  else if (name === 'grep' && args.length === 1) kept = lines.filter((line) => line.includes(args[0] ?? ''));
  else throw new Error(`"${filter.join(' ')}" is not a filter that console blocks know`);
  return pipe < 0 ? kept : filtered(kept, filter.slice(pipe + 1));
}

export interface Mismatch {
  readonly command: Command;
  readonly printed: readonly string[];
}

/** Runs every block of a page. Gives what differed, and the page as it would be right. */
export async function runPage(
  page: string,
): Promise<{ mismatches: Mismatch[]; commands: number; updated: string }> {
  const mismatches: Mismatch[] = [];
  const lines = page.split('\n');
  const out: string[] = [];
  let commands = 0;
  let from = 0;
  for (const block of consoleBlocks(page)) {
    out.push(...lines.slice(from, block.start));
    from = block.end;
    let code = 0;
    for (const command of block.commands) {
      commands++;
      const printed = await run(command.text, code);
      code = printed.code;
      const same = matches(command.expected, printed.lines);
      if (!same) mismatches.push({ command, printed: printed.lines });
      out.push(...`$ ${command.text}`.split('\n'), ...(same ? command.expected : printed.lines));
    }
  }
  out.push(...lines.slice(from));
  return { mismatches, commands, updated: out.join('\n') };
}
