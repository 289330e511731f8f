import { CommandError } from './words.ts';

/** What ipvsadm is asked to do (cmdnames of ipvsadm.c). */
export type Command =
  | 'add-service'
  | 'edit-service'
  | 'delete-service'
  | 'flush'
  | 'add-server'
  | 'edit-server'
  | 'delete-server'
  | 'list'
  | 'set'
  | 'start-daemon'
  | 'stop-daemon'
  | 'restore'
  | 'save'
  | 'zero';

/** What it is told besides (optnames of ipvsadm.c); `fwmark` and `tunnel` stand for what podwalk does not model. */
export type OptionName =
  | 'numeric'
  | 'connection'
  | 'service-address'
  | 'fwmark'
  | 'scheduler'
  | 'persistent'
  | 'netmask'
  | 'real-server'
  | 'forwarding-method'
  | 'weight'
  | 'u-threshold'
  | 'l-threshold'
  | 'ops'
  | 'persistence engine'
  | 'sched-flags'
  | 'tunnel';

interface Choice {
  readonly needs: readonly OptionName[];
  readonly takes: readonly OptionName[];
}

const NOTHING: Choice = { needs: [], takes: [] };
const SERVICE: Choice = {
  needs: ['service-address'],
  takes: ['scheduler', 'persistent', 'netmask', 'ops', 'persistence engine', 'sched-flags'],
};
const SERVER: Choice = {
  needs: ['service-address', 'real-server'],
  takes: ['forwarding-method', 'weight', 'u-threshold', 'l-threshold', 'tunnel'],
};

/** commands_v_options of ipvsadm.c. */
export const CHOICES: Readonly<Record<Command, Choice>> = {
  'add-service': SERVICE,
  'edit-service': SERVICE,
  'delete-service': { needs: ['service-address'], takes: [] },
  flush: NOTHING,
  'add-server': SERVER,
  'edit-server': SERVER,
  'delete-server': { needs: ['service-address', 'real-server'], takes: [] },
  list: NOTHING,
  set: NOTHING,
  'start-daemon': NOTHING,
  'stop-daemon': NOTHING,
  restore: NOTHING,
  save: NOTHING,
  zero: { needs: [], takes: ['service-address'] },
};

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ...(
    [
      ['A', 'add-service'],
      ['E', 'edit-service'],
      ['D', 'delete-service'],
      ['a', 'add-server'],
      ['e', 'edit-server'],
      ['d', 'delete-server'],
      ['L', 'list'],
      ['S', 'save'],
      ['R', 'restore'],
      ['Z', 'zero'],
    ] as const
  ).flatMap(([letter, name]): [string, Command][] => [
    [`-${letter}`, name],
    [`--${name}`, name],
  ]),
  ['-C', 'flush'],
  ['--clear', 'flush'],
  ['-l', 'list'],
  ['--set', 'set'],
  ['--start-daemon', 'start-daemon'],
  ['--stop-daemon', 'stop-daemon'],
] as const);

interface OptionShape {
  readonly name: OptionName;
  readonly argument: 'none' | 'needed' | 'optional';
  /** What stands before the argument: the protocol of a virtual server, the letter of a forwarding method. */
  readonly says?: string;
}

const shape = (
  name: OptionName,
  argument: OptionShape['argument'] = 'needed',
  says?: string,
): OptionShape => ({ name, argument, ...(says === undefined ? {} : { says }) });

const OPTIONS: ReadonlyMap<string, OptionShape> = new Map(
  (
    [
      [['-t', '--tcp-service'], shape('service-address', 'needed', 'tcp')],
      [['-u', '--udp-service'], shape('service-address', 'needed', 'udp')],
      [['--sctp-service'], shape('service-address', 'needed', 'sctp')],
      [['-f', '--fwmark-service'], shape('fwmark')],
      [['-s', '--scheduler'], shape('scheduler')],
      [['-p', '--persistent'], shape('persistent', 'optional')],
      [['-M', '--netmask'], shape('netmask')],
      [['-r', '--real-server'], shape('real-server')],
      [['-m', '--masquerading'], shape('forwarding-method', 'none', 'm')],
      [['-g', '--gatewaying'], shape('forwarding-method', 'none', 'g')],
      [['-i', '--ipip'], shape('forwarding-method', 'none', 'i')],
      [['-w', '--weight'], shape('weight')],
      [['-x', '--u-threshold'], shape('u-threshold')],
      [['-y', '--l-threshold'], shape('l-threshold')],
      [['-o', '--ops'], shape('ops', 'none')],
      [['--pe'], shape('persistence engine')],
      [['-b', '--sched-flags'], shape('sched-flags')],
      [['--tun-type', '--tun-port', '--tun-info'], shape('tunnel')],
      [['-n', '--numeric'], shape('numeric', 'none')],
      [['-c', '--connection'], shape('connection', 'none')],
    ] as const
  ).flatMap(([words, option]) => words.map((word): [string, OptionShape] => [word, option])),
);

const TRY = "Try `ipvsadm -h' or 'ipvsadm --help' for more information.";

/** A command line of ipvsadm as popt splits it: the command first, then options, each at most once. */
export function readOptions(
  words: readonly string[],
  understood: string,
): {
  readonly command: Command;
  readonly options: ReadonlyMap<OptionName, string>;
  /** Words that no option took; more than `--set` has is refused. */
  readonly rest: readonly string[];
} {
  const parts = split(words);
  const [first] = parts;
  if (first === undefined) throw new CommandError('ipvsadm: nothing to do', `understood: ${understood}`);
  if (first.option === undefined) throw new CommandError(`unexpected argument ${first.text}`);
  const command = COMMANDS.get(first.option);
  if (command === undefined) throw new CommandError(TRY, `understood: ${understood}`);
  const options = new Map<OptionName, string>();
  const rest: string[] = [];
  for (const { option, text } of parts.slice(1)) {
    if (option === undefined) {
      rest.push(text);
      continue;
    }
    if (COMMANDS.has(option)) throw new CommandError(`invalid option \`${option}'`);
    const found = OPTIONS.get(option);
    if (found === undefined) throw new CommandError(`${option}: unknown option`, `understood: ${understood}`);
    const { name, says } = found;
    if (options.has(name)) throw new CommandError(`multiple '${name}' options specified`);
    options.set(name, [...(says === undefined ? [] : [says]), ...(text === '' ? [] : [text])].join(' '));
  }
  if (command !== 'set' && rest[0] !== undefined) throw new CommandError(`unexpected argument ${rest[0]}`);
  return { command, options, rest };
}

interface Part {
  /** Undefined: a word by itself. */
  readonly option: string | undefined;
  readonly text: string;
}

/** Options with their arguments: `-t X`, `-tX`, `-At X`, `--tcp-service X`, `--tcp-service=X`. */
function split(words: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (let i = 0; i < words.length; ) {
    const word = words[i++] ?? '';
    if (!word.startsWith('-') || word === '-') {
      parts.push({ option: undefined, text: word });
    } else if (word.startsWith('--')) {
      const equals = word.indexOf('=');
      const option = equals < 0 ? word : word.slice(0, equals);
      const glued = equals < 0 ? undefined : word.slice(equals + 1);
      i = push(parts, option, glued, words, i);
    } else {
      for (let at = 1; at < word.length; at++) {
        const option = `-${word.charAt(at)}`;
        const takes = OPTIONS.get(option)?.argument ?? 'none';
        if (takes === 'none') {
          parts.push({ option, text: '' });
          continue;
        }
        i = push(parts, option, word.slice(at + 1) || undefined, words, i);
        break;
      }
    }
  }
  return parts;
}

/** Adds an option with its argument, glued or the next word; returns where to go on. */
function push(
  parts: Part[],
  option: string,
  glued: string | undefined,
  words: readonly string[],
  at: number,
): number {
  const takes = OPTIONS.get(option)?.argument ?? 'none';
  if (takes === 'none' || glued !== undefined) {
    parts.push({ option, text: glued ?? '' });
    return at;
  }
  const next = words[at];
  if (next !== undefined && (takes === 'needed' || !next.startsWith('-'))) {
    parts.push({ option, text: next });
    return at + 1;
  }
  if (takes === 'needed') throw new CommandError(`${option}: missing argument`);
  parts.push({ option, text: '' });
  return at;
}
