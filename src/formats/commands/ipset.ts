import {
  type Family,
  type Ip,
  lastIp,
  parseCidr,
  parseInterfaceCidr,
  parseIp,
  parseMac,
} from '../../addr/index.ts';
import {
  dimensionsOf,
  entryKey,
  IPSET_TYPES,
  type IpSet,
  type IpSetEntry,
  type IpSetField,
  type IpSetOptions,
  type IpSetType,
  type Operation,
} from '../../kernel/index.ts';
import { protocolNumber, servicePort } from '../iptables/names.ts';
import { restorableName, setInterface, setName } from './names.ts';
import { type CommandPlace, USER } from './place.ts';
import { CommandError, numberIn, take, type Words } from './words.ts';

const UNDERSTOOD =
  'ipset [-exist] create NAME TYPE [OPTIONS], add NAME ENTRY [timeout N] [nomatch] [comment TEXT], del NAME ENTRY, flush [NAME], destroy [NAME]';
/** A prefix is written out into a set of single addresses up to this many. */
const MOST_ADDRESSES = 65536;

function complain(message: string, fix?: string): CommandError {
  return new CommandError(`ipset v7.17: ${message}`, fix);
}

function notModelled(what: string): CommandError {
  return new CommandError(`ipset: ${what} is not modelled`, `understood: ${UNDERSTOOD}`);
}

/** `ipset` 7.17, one call. */
export function readIpset(words: Words, place: CommandPlace): Operation[] {
  let exist = false;
  let command = take(words);
  while (command === '-exist' || command === '-!' || command === '-q' || command === '-quiet') {
    if (command === '-exist' || command === '-!') exist = true;
    command = take(words);
  }
  const rest = words.all.slice(words.next).filter((word) => {
    if (word === '-exist' || word === '-!') exist = true;
    return word !== '-exist' && word !== '-!';
  });
  switch (command) {
    case undefined:
      throw complain('No command specified.', `understood: ${UNDERSTOOD}`);
    case 'create':
    case 'n':
    case '-N':
      return create(rest, place, exist);
    case 'add':
    case '-A':
      return change('add', rest, place, exist);
    case 'del':
    case '-D':
      return change('del', rest, place, exist);
    case 'flush':
    case '-F':
    case 'destroy':
    case 'x':
    case '-X':
      return whole(command === 'flush' || command === '-F' ? 'ipset-flush' : 'ipset-destroy', rest, place);
    case 'list':
    case '-L':
    case 'save':
    case '-S':
    case 'test':
    case '-T':
      throw new CommandError(`ipset ${command} changes nothing`, `understood: ${UNDERSTOOD}`);
    case 'swap':
    case '-W':
    case 'rename':
    case '-E':
    case 'restore':
      throw notModelled(command);
    default:
      throw complain(`No command specified: unknown argument ${command}`, `understood: ${UNDERSTOOD}`);
  }
}

/** Without a name all sets; those that list others go first. */
function whole(
  op: 'ipset-flush' | 'ipset-destroy',
  rest: readonly string[],
  place: CommandPlace,
): Operation[] {
  const [given, more] = rest;
  const name = given === undefined ? undefined : setName(given);
  if (more !== undefined) throw complain(`Unknown argument ${more}`);
  const netns = place.netns.id;
  if (name !== undefined) return [{ op, netns, name }];
  const sets = [...place.netns.sets.values()];
  const lists = sets.filter((set) => set.type === 'list:set');
  return [...lists, ...sets.filter((set) => set.type !== 'list:set')].map((set) => ({
    op,
    netns,
    name: set.name,
  }));
}

type OptionsDraft = { -readonly [K in keyof IpSetOptions]: IpSetOptions[K] };
const FLAGS = ['counters', 'comment', 'skbinfo', 'forceadd'] as const;
const NUMBERS = ['hashsize', 'maxelem', 'bucketsize', 'size', 'markmask', 'timeout'] as const;

function create(
  [given, typeName, ...rest]: readonly string[],
  place: CommandPlace,
  exist: boolean,
): Operation[] {
  if (given === undefined || typeName === undefined)
    throw complain('Missing second mandatory argument to command create', `understood: ${UNDERSTOOD}`);
  const name = restorableName('ipset: the set name', setName(given));
  const type: IpSetType | undefined = IPSET_TYPES.find((known) => known === typeName);
  if (type === undefined)
    throw complain(`Syntax error: typename '${typeName}' is unknown`, `modelled: ${IPSET_TYPES.join(', ')}`);
  const options: OptionsDraft = { counters: false, comment: false, skbinfo: false, forceadd: false };
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? '';
    const flag = FLAGS.find((known) => known === word);
    const number = NUMBERS.find((known) => known === word);
    if (flag !== undefined) options[flag] = true;
    else if (number !== undefined) options[number] = numberOption(word, rest[++i]);
    else if (word === 'family') options.family = familyOption(rest[++i]);
    else if (word === 'range') options.range = rangeOption(type, rest[++i] ?? '');
    else throw complain(`Unknown argument: \`${word}'`);
  }
  if (type.startsWith('bitmap:') && options.range === undefined)
    throw complain("Mandatory option `range' is missing");
  if (type.startsWith('hash:')) {
    if (type !== 'hash:mac') options.family ??= 4;
    options.hashsize ??= 1024;
    options.maxelem ??= 65536;
    options.bucketsize ??= 12;
  }
  if (type === 'list:set') options.size ??= 8;
  if (exist && place.netns.sets.get(name)?.type === type) return [];
  return [{ op: 'ipset-create', netns: place.netns.id, set: { name, type, options, origin: USER } }];
}

function numberOption(name: string, text: string | undefined): number {
  if (text === undefined) throw complain(`Missing mandatory argument of option \`${name}'`);
  const value = numberIn(text, 0, 0xffffffff);
  if (value === undefined) throw complain(`Syntax error: '${text}' is invalid as number`);
  return value;
}

function familyOption(text: string | undefined): Family {
  if (text === 'inet' || text === 'ipv4' || text === '-4') return 4;
  if (text === 'inet6' || text === 'ipv6' || text === '-6') return 6;
  throw complain(`Syntax error: unknown INET family ${text ?? ''}`);
}

function rangeOption(type: IpSetType, text: string): { readonly from: number; readonly to: number } {
  const [first = '', last = first] = text.split('-');
  if (type === 'bitmap:port') return { from: portOf(first), to: portOf(last) };
  const prefix = parseCidr(text);
  if (prefix.ok && typeof prefix.cidr.base === 'number')
    return { from: prefix.cidr.base, to: Number(lastIp(prefix.cidr)) };
  const from = parseIp(first);
  const to = parseIp(last);
  if (typeof from !== 'number' || typeof to !== 'number')
    throw complain(`Syntax error: cannot parse ${text}: resolving to IPv4 address failed`);
  return { from, to };
}

function change(
  verb: 'add' | 'del',
  [name, entry, ...rest]: readonly string[],
  place: CommandPlace,
  exist: boolean,
): Operation[] {
  if (name === undefined || entry === undefined)
    throw complain(`Missing second mandatory argument to command ${verb}`, `understood: ${UNDERSTOOD}`);
  const set = place.netns.sets.get(setName(name));
  if (set === undefined) throw complain('The set with the given name does not exist');
  const extra = entryOptions(set, rest);
  const entries = readEntries(set, entry, place);
  const netns = place.netns.id;
  return entries
    .filter((fields) => !exist || set.entries.has(entryKey(fields)) === (verb === 'del'))
    .map((fields) =>
      verb === 'del'
        ? { op: 'ipset-del', netns, name, fields }
        : { op: 'ipset-add', netns, name, entry: { fields, ...extra, origin: USER } },
    );
}

function entryOptions(set: IpSet, rest: readonly string[]): Omit<IpSetEntry, 'fields' | 'origin'> {
  let nomatch = false;
  let timeout: number | undefined;
  let comment: string | undefined;
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i];
    if (word === 'nomatch') nomatch = true;
    else if (word === 'timeout') {
      timeout = numberOption(word, rest[++i]);
      if (set.options.timeout === undefined)
        throw complain('Timeout cannot be used: set was created without timeout support');
    } else if (word === 'comment') {
      comment = rest[++i] ?? '';
      if (comment.includes('"')) throw complain('Syntax error: " character is not permitted in comments');
      if (!set.options.comment)
        throw complain('Comment cannot be used: set was created without comment support');
    } else throw notModelled(`entry option "${word}"`);
  }
  return {
    nomatch,
    ...(timeout === undefined ? {} : { timeout }),
    ...(comment === undefined ? {} : { comment }),
  };
}

/** The elements that a text names: an address range or prefix in a set of addresses is every address of it. */
function readEntries(set: IpSet, text: string, place: CommandPlace): IpSetField[][] {
  const kinds = dimensionsOf(set.type);
  const parts = text.split(',');
  if (parts.length < kinds.length || (parts.length > 1 && parts[1] === ''))
    throw complain(`Syntax error: Second element is missing from ${text}.`);
  if (parts.length > kinds.length)
    throw complain(`Syntax error: Elem separator in ${text}, but settype ${set.type} supports none.`);
  let entries: IpSetField[][] = [[]];
  kinds.forEach((kind, i) => {
    const values = readField(set, kind, parts[i] ?? '', place);
    entries = entries.flatMap((before) => values.map((value) => [...before, value]));
  });
  return entries;
}

function readField(set: IpSet, kind: IpSetField['kind'], text: string, place: CommandPlace): IpSetField[] {
  switch (kind) {
    case 'ip':
      return addressesOf(set, text).map((ip) => ({ kind, ip }));
    case 'net': {
      const host = parseIp(text);
      if (host !== undefined) return [{ kind, ip: host, length: typeof host === 'number' ? 32 : 128 }];
      const parsed = parseInterfaceCidr(text);
      if (!parsed.ok) throw unresolved(set, text);
      if (parsed.cidr.length === 0 && set.type === 'hash:net')
        throw complain('The value of the CIDR parameter of the IP address is invalid');
      return [{ kind, ip: parsed.cidr.base, length: parsed.cidr.length }];
    }
    case 'port': {
      const colon = text.indexOf(':');
      if (set.type === 'bitmap:port') return [{ kind, port: portOf(text) }];
      const protocol = colon < 0 ? 6 : protocolNumber(text.slice(0, colon));
      if (protocol === undefined)
        throw complain(`Syntax error: cannot parse '${text.slice(0, colon)}' as a protocol`);
      return [{ kind, protocol, port: portOf(text.slice(colon + 1)) }];
    }
    case 'mark': {
      const mark = numberIn(text, 0, 0xffffffff);
      if (mark === undefined) throw complain(`Syntax error: '${text}' is invalid as number`);
      return [{ kind, mark }];
    }
    case 'iface':
      return [{ kind, name: setInterface(text) }];
    case 'mac': {
      const mac = parseMac(text);
      if (mac === undefined) throw complain(`Syntax error: cannot parse ${text} as a MAC address`);
      return [{ kind, mac }];
    }
    case 'set':
      if (!place.netns.sets.has(text))
        throw complain('Set to be added/deleted/tested as element does not exist.');
      return [{ kind, name: text }];
  }
}

function unresolved(set: IpSet, text: string): CommandError {
  return complain(
    `Syntax error: cannot parse ${text}: resolving to IPv${set.options.family ?? 4} address failed`,
  );
}

function addressesOf(set: IpSet, text: string): Ip[] {
  const host = parseIp(text);
  if (host !== undefined) return [host];
  const parsed = parseInterfaceCidr(text);
  const [first = '', last = ''] = text.split('-');
  const from = parsed.ok ? parsed.cidr.base : parseIp(first);
  const to = parsed.ok ? lastIp(parsed.cidr) : parseIp(last);
  if (typeof from !== 'number' || typeof to !== 'number' || to < from) throw unresolved(set, text);
  if (to - from >= MOST_ADDRESSES) throw notModelled(`a range of more than ${MOST_ADDRESSES} addresses`);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function portOf(text: string): number {
  const port = numberIn(text, 0, 65535) ?? servicePort(text);
  if (port === undefined) throw complain(`Syntax error: cannot parse '${text}' as a TCP port`);
  return port;
}
