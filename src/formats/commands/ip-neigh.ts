import type { Ip, Mac } from '../../addr/index.ts';
import type { Neighbour, NeighbourState, Operation } from '../../kernel/index.ts';
import { anyIpOf, type CommandPlace, deviceNamed, macOf, USER } from './place.ts';
import { abbreviated, argumentOf, CommandError, garbage, notModelled, take, type Words } from './words.ts';

const UNDERSTOOD =
  'ip neigh add|replace|change|del IP [lladdr MAC] dev DEV [nud STATE], ip neigh add|del proxy IP dev DEV, ip neigh flush [dev DEV] [nud STATE] | all';
const SUBCOMMANDS = ['add', 'change', 'replace', 'delete', 'get', 'show', 'list', 'flush'] as const;
const STATES: ReadonlyMap<string, NeighbourState> = new Map([
  ['permanent', 'PERMANENT'],
  ['noarp', 'NOARP'],
  ['reachable', 'REACHABLE'],
  ['stale', 'STALE'],
  ['delay', 'DELAY'],
  ['probe', 'PROBE'],
  ['incomplete', 'INCOMPLETE'],
  ['failed', 'FAILED'],
]);
const UNMODELLED: ReadonlySet<string> = new Set(['router', 'use', 'managed', 'extern_learn', 'protocol']);

/** `ip neigh add|replace|change|del|flush`. */
export function readIpNeigh(words: Words, place: CommandPlace): Operation[] {
  const word = take(words) ?? 'show';
  const command = abbreviated(word, SUBCOMMANDS);
  switch (command) {
    case 'add':
    case 'change':
    case 'replace':
    case 'delete':
      return changeNeighbour(words, place, command);
    case 'flush':
      return flushNeighbours(words, place);
    case 'get':
    case 'show':
    case 'list':
      throw new CommandError(`ip neigh ${command} changes nothing`, `understood: ${UNDERSTOOD}`);
    default:
      throw new CommandError(
        `Command "${word}" is unknown, try "ip neigh help".`,
        `understood: ${UNDERSTOOD}`,
      );
  }
}

function stateOf(text: string): NeighbourState {
  const state = STATES.get(text);
  if (state === undefined) throw new CommandError(`Error: argument "${text}" is wrong: nud state is bad`);
  return state;
}

function changeNeighbour(
  words: Words,
  place: CommandPlace,
  command: 'add' | 'change' | 'replace' | 'delete',
): Operation[] {
  let ip: Ip | undefined;
  let device: string | undefined;
  let mac: Mac | undefined;
  let state: NeighbourState = 'PERMANENT';
  let proxy = false;
  for (let word = take(words); word !== undefined; word = take(words)) {
    if (word === 'lladdr') mac = macOf(argumentOf(words));
    else if (word === 'nud') state = stateOf(argumentOf(words));
    else if (word === 'dev') device = argumentOf(words);
    else if (word === 'proxy') {
      proxy = true;
      ip = anyIpOf(argumentOf(words));
    } else if (UNMODELLED.has(word)) throw notModelled('ip neigh', word, UNDERSTOOD);
    else {
      const text = word === 'to' ? argumentOf(words) : word;
      if (ip !== undefined) throw garbage('to', word, UNDERSTOOD);
      ip = anyIpOf(text);
    }
  }
  if (device === undefined || ip === undefined)
    throw new CommandError('Device and destination are required arguments.');
  deviceNamed(place, device);
  const at = { netns: place.netns.id, device, ip };
  if (proxy)
    return [
      command === 'delete'
        ? { op: 'proxy-neighbour-delete', ...at }
        : { op: 'proxy-neighbour-add', ...at, origin: USER },
    ];
  if (command === 'delete') return [{ op: 'neighbour-delete', ...at }];
  if (mac === undefined) throw new CommandError('Error: No link layer address given.');
  return [{ op: `neighbour-${command}`, ...at, mac, state, origin: USER }];
}

/** Without `nud permanent` (or `all`) entries that are permanent, or need no ARP, stay. */
function flushNeighbours(words: Words, place: CommandPlace): Operation[] {
  let device: string | undefined;
  let state: NeighbourState | undefined;
  let any = false;
  let given = false;
  for (let word = take(words); word !== undefined; word = take(words)) {
    given = true;
    if (word === 'dev') device = argumentOf(words);
    else if (word === 'nud') {
      const text = argumentOf(words);
      if (text === 'all') any = true;
      else state = stateOf(text);
    } else if (word !== 'all') throw notModelled('ip neigh flush', word, UNDERSTOOD);
  }
  if (!given) throw new CommandError('Flush requires arguments.');
  if (device !== undefined) deviceNamed(place, device);
  const goes = (n: Neighbour): boolean =>
    any || (state === undefined ? n.state !== 'PERMANENT' && n.state !== 'NOARP' : n.state === state);
  const tables = [...place.netns.neighbours].filter(([name]) => device === undefined || name === device);
  return tables.flatMap(([name, known]) =>
    [...known.values()]
      .filter(goes)
      .map(({ ip }): Operation => ({ op: 'neighbour-delete', netns: place.netns.id, device: name, ip })),
  );
}
