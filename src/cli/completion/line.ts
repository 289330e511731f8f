import type { Argument, Command, Option } from 'commander';

/** What stands on a line that is being typed, and what may stand at its end. */
export interface Line {
  /** The command that is named so far; the program itself before that. */
  readonly command: Command;
  /** Words that are no options, behind the command's name. */
  readonly operands: readonly string[];
  /** Values of options, by their long names without dashes. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Long names of the options that are given. */
  readonly given: ReadonlySet<string>;
  /** What is being typed, without the `--option=` before it. */
  readonly current: string;
  /** What of the word stands before `current`. */
  readonly before: string;
  /** What the end of the line is. */
  readonly place:
    | { readonly kind: 'command' }
    | { readonly kind: 'option' }
    | { readonly kind: 'value'; readonly option: Option }
    | { readonly kind: 'operand'; readonly argument: Argument | undefined };
}

/** Reads the words behind `podwalk`, the last of which is being typed, as commander would. */
export function readLine(program: Command, words: readonly string[]): Line {
  let command = program;
  let waiting: Option | undefined;
  const operands: string[] = [];
  const values = new Map<string, string[]>();
  const given = new Set<string>();
  const take = (option: Option, value: string): void => {
    values.set(nameOf(option), [...(values.get(nameOf(option)) ?? []), value]);
  };
  for (const word of words.slice(0, -1)) {
    if (waiting !== undefined) {
      take(waiting, word);
      waiting = undefined;
      continue;
    }
    const { option, value } = readOption(command, program, word);
    if (option !== undefined) {
      given.add(nameOf(option));
      if (value !== undefined) take(option, value);
      else if (takesValue(option)) waiting = option;
    } else if (word.startsWith('-') && word !== '-') {
      // An option that there is not: what follows it may be anything.
    } else if (command === program) {
      command =
        program.commands.find((one) => one.name() === word || one.aliases().includes(word)) ?? command;
    } else operands.push(word);
  }
  const typed = words.at(-1) ?? '';
  const at = { command, operands, values, given };
  if (waiting !== undefined) {
    return { ...at, current: typed, before: '', place: { kind: 'value', option: waiting } };
  }
  const { option, value } = readOption(command, program, typed);
  if (option !== undefined && value !== undefined && takesValue(option)) {
    const before = typed.slice(0, typed.length - value.length);
    return { ...at, current: value, before, place: { kind: 'value', option } };
  }
  const rest = { ...at, current: typed, before: '' };
  if (typed.startsWith('-') && typed !== '-') return { ...rest, place: { kind: 'option' } };
  if (command === program) return { ...rest, place: { kind: 'command' } };
  const declared = command.registeredArguments;
  const last = declared.at(-1);
  const argument = declared[operands.length] ?? (last?.variadic === true ? last : undefined);
  return { ...rest, place: { kind: 'operand', argument } };
}

/** `--node`, `--node=x`, `-f`, `-fx`. */
function readOption(command: Command, program: Command, word: string): { option?: Option; value?: string } {
  const options = optionsOf(command, program);
  const equals = word.startsWith('--') ? word.indexOf('=') : -1;
  const name = equals < 0 ? word : word.slice(0, equals);
  const option = options.find(({ long, short }) => long === name || short === name);
  if (option !== undefined) return equals < 0 ? { option } : { option, value: word.slice(equals + 1) };
  if (!/^-[^-]./.test(word)) return {};
  const glued = options.find(({ short }) => short === word.slice(0, 2));
  return glued === undefined ? {} : { option: glued, value: word.slice(2) };
}

/** A command's own options and those that every command takes. */
export function optionsOf(command: Command, program: Command): readonly Option[] {
  const own = command === program ? [] : command.createHelp().visibleOptions(command);
  const names = new Set(own.map(({ long }) => long));
  return [
    ...own,
    ...program
      .createHelp()
      .visibleOptions(program)
      .filter(({ long }) => !names.has(long)),
  ];
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** `node` of `--node`. */
export function nameOf({ long, short }: Option): string {
  return (long ?? short ?? '').replace(/^-+/, '');
}
