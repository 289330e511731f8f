import { isSysctlRead, type Operation } from '../../kernel/index.ts';
import { sysctlExists } from './known-sysctls.ts';
import { type CommandPlace, USER } from './place.ts';
import { CommandError, take, type Words } from './words.ts';

const UNDERSTOOD = 'sysctl [-w] KEY=VALUE...';

/** `sysctl -w KEY=VALUE...` of procps; a key that exists and that the emulated kernel does not read is noted. */
export function readSysctlCommand(words: Words, place: CommandPlace, notes: string[]): Operation[] {
  const operations: Operation[] = [];
  let given = false;
  for (let word = take(words); word !== undefined; word = take(words)) {
    if (['-w', '--write', '-q', '--quiet', '-n', '--values', '-e', '--ignore'].includes(word)) continue;
    if (word.startsWith('-'))
      throw new CommandError(`sysctl: ${word} is not modelled`, `understood: ${UNDERSTOOD}`);
    given = true;
    const equals = word.indexOf('=');
    if (equals < 1)
      throw new CommandError(
        'sysctl: command line(0): invalid syntax, continuing...',
        `understood: ${UNDERSTOOD}`,
      );
    operations.push(...setting(word.slice(0, equals), word.slice(equals + 1), place, notes));
  }
  if (!given) throw new CommandError('sysctl: no variables specified', `understood: ${UNDERSTOOD}`);
  return operations;
}

/** The way to a key below /proc/sys: of `.` and `/` the one that comes first separates, the other is part of a name. */
function pathOf(key: string): string[] {
  const separator = /[./]/.exec(key)?.[0] ?? '.';
  const other = separator === '.' ? '/' : '.';
  return key.split(separator).map((part) => (separator === '.' ? part.replaceAll(other, '.') : part));
}

function setting(key: string, value: string, place: CommandPlace, notes: string[]): Operation[] {
  const path = pathOf(key);
  if (!sysctlExists(path, place.netns))
    throw new CommandError(`sysctl: cannot stat /proc/sys/${path.join('/')}: No such file or directory`);
  const name = path.join('.');
  // conf/all/forwarding and ip_forward are one switch (devinet_sysctl_forward).
  const dotted = name === 'net.ipv4.conf.all.forwarding' ? 'net.ipv4.ip_forward' : name;
  if (!isSysctlRead(dotted)) notes.push(`${name}: nothing in the emulated kernel reads it`);
  else if (!valueFits(dotted, value))
    throw new CommandError(`sysctl: setting key "${key}": Invalid argument`);
  return [
    {
      op: 'sysctl',
      netns: place.netns.id,
      key: dotted,
      value: value.trim().replace(/\s+/g, '\t'),
      origin: USER,
    },
  ];
}

/** Every key that is read holds one number, but for the range of local ports. */
function valueFits(key: string, value: string): boolean {
  const numbers = value.trim().split(/\s+/);
  if (numbers.length !== (key === 'net.ipv4.ip_local_port_range' ? 2 : 1)) return false;
  return numbers.every((number) => /^-?(0[xX][0-9a-fA-F]+|\d+)$/.test(number));
}
