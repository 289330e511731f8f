import type { Ip, Mac } from '../../addr/index.ts';
import { parseIp, parseMac } from '../../addr/index.ts';
import type { Operation } from '../../kernel/index.ts';
import { type CommandPlace, deviceNamed, USER } from './place.ts';
import { abbreviated, argumentOf, CommandError, garbage, notModelled, take, type Words } from './words.ts';

const FDB_WORDS =
  'bridge fdb add|append|replace MAC dev VXLAN dst IP, bridge fdb add|replace MAC dev PORT master [permanent|static], bridge fdb del MAC dev DEV [master]';
const LINK_WORDS = 'bridge link set dev PORT hairpin on|off';
const LINK_OPTIONS: ReadonlySet<string> = new Set(
  (
    'cost priority state guard fastleave root_block learning learning_sync flood mcast_router mcast_flood bcast_flood ' +
    'mcast_to_unicast neigh_suppress vlan_tunnel isolated locked hwmode backup_port nobackup_port self master'
  ).split(' '),
);

/** `bridge fdb` and `bridge link`. */
export function readBridge(words: Words, place: CommandPlace): Operation[] {
  const object = take(words) ?? '';
  switch (abbreviated(object, ['link', 'fdb', 'mdb', 'mst', 'vlan', 'vni', 'monitor'])) {
    case 'link':
      return readLink(words, place);
    case 'fdb':
      return readFdb(words, place);
    case undefined:
      throw new CommandError(
        `Object "${object}" is unknown, try "bridge help".`,
        'understood: bridge fdb, bridge link',
      );
    default:
      throw notModelled('bridge', object, 'bridge fdb, bridge link');
  }
}

function readLink(words: Words, place: CommandPlace): Operation[] {
  const word = take(words) ?? 'show';
  if (abbreviated(word, ['set', 'change']) === undefined) {
    if (abbreviated(word, ['show', 'lst', 'list']) !== undefined)
      throw new CommandError('bridge link show changes nothing', `understood: ${LINK_WORDS}`);
    throw new CommandError(
      `Command "${word}" is unknown, try "bridge link help".`,
      `understood: ${LINK_WORDS}`,
    );
  }
  let name: string | undefined;
  let hairpin: boolean | undefined;
  for (let option = take(words); option !== undefined; option = take(words)) {
    if (option === 'dev') name = argumentOf(words);
    else if (option === 'hairpin') {
      const value = argumentOf(words);
      if (value !== 'on' && value !== 'off')
        throw new CommandError(`Error: argument of "hairpin" must be one of "off", "on", not "${value}"`);
      hairpin = value === 'on';
    } else if (LINK_OPTIONS.has(option)) throw notModelled('bridge link set', option, LINK_WORDS);
    else
      throw new CommandError(
        'Usage: bridge link set dev DEV [ hairpin {on | off} ] ...',
        `understood: ${LINK_WORDS}`,
      );
  }
  if (name === undefined) throw new CommandError('Device is a required argument.');
  if (!place.netns.links.has(name)) throw new CommandError(`Cannot find bridge device "${name}"`);
  return hairpin === undefined ? [] : [{ op: 'bridge-port', netns: place.netns.id, name, hairpin }];
}

const FDB_UNMODELLED: ReadonlySet<string> = new Set([
  'via',
  'port',
  'vni',
  'src_vni',
  'nhid',
  'router',
  'extern_learn',
  'sticky',
  'vlan',
  'use',
  'dynamic',
  'activity_notify',
  'inactive',
  'norefresh',
]);

function readFdb(words: Words, place: CommandPlace): Operation[] {
  const word = take(words) ?? 'show';
  const command = abbreviated(word, [
    'add',
    'append',
    'change',
    'replace',
    'delete',
    'get',
    'show',
    'lst',
    'list',
    'flush',
  ]);
  switch (command) {
    case 'add':
    case 'append':
    case 'replace':
    case 'delete':
      return changeFdb(words, place, command);
    case 'flush':
      return flushFdb(words, place);
    case 'change':
      throw notModelled('bridge fdb', command, FDB_WORDS);
    case undefined:
      throw new CommandError(
        `Command "${word}" is unknown, try "bridge fdb help".`,
        `understood: ${FDB_WORDS}`,
      );
    default:
      throw new CommandError(`bridge fdb ${command} changes nothing`, `understood: ${FDB_WORDS}`);
  }
}

function changeFdb(
  words: Words,
  place: CommandPlace,
  command: 'add' | 'append' | 'replace' | 'delete',
): Operation[] {
  let address: string | undefined;
  let device: string | undefined;
  let dst: Ip | undefined;
  let master = false;
  let self = false;
  let state: 'permanent' | 'static' = 'permanent';
  for (let word = take(words); word !== undefined; word = take(words)) {
    if (word === 'dev') device = argumentOf(words);
    else if (word === 'dst') {
      const text = argumentOf(words);
      dst = parseIp(text);
      if (dst === undefined)
        throw new CommandError(`Error: any valid address is expected rather than "${text}".`);
    } else if (word === 'master') master = true;
    else if (word === 'self') self = true;
    else if (word === 'permanent' || word === 'local') state = 'permanent';
    else if (word === 'static' || word === 'temp') state = 'static';
    else if (FDB_UNMODELLED.has(word)) throw notModelled('bridge fdb', word, FDB_WORDS);
    else {
      const text = word === 'to' ? argumentOf(words) : word;
      if (address !== undefined) throw garbage('to', text, FDB_WORDS);
      address = text;
    }
  }
  if (device === undefined || address === undefined)
    throw new CommandError('Device and address are required arguments.');
  const mac: Mac | undefined = parseMac(address);
  if (mac === undefined) throw new CommandError(`Invalid mac address ${address}`);
  const link = deviceNamed(place, device);
  const netns = place.netns.id;
  if (master && !self) {
    if (command === 'delete') return [{ op: 'bridge-fdb-delete', netns, port: device, mac }];
    const op = command === 'add' ? 'bridge-fdb-add' : 'bridge-fdb-replace';
    return [{ op, netns, port: device, mac, state, origin: USER }];
  }
  if (link.kind !== 'vxlan') {
    // `self` of a plain device is its own list of addresses to receive, which decides nothing here.
    throw notModelled('bridge fdb', `self of ${device}, a ${link.kind} device`, FDB_WORDS);
  }
  if (command === 'delete') return [{ op: 'fdb-delete', netns, device, mac }];
  if (mac === 0) throw notModelled('bridge fdb', 'the default destination 00:00:00:00:00:00', FDB_WORDS);
  if (dst === undefined) throw new CommandError('RTNETLINK answers: Invalid argument');
  return [{ op: `fdb-${command}`, netns, device, mac, dst, origin: USER }];
}

function flushFdb(words: Words, place: CommandPlace): Operation[] {
  const first = take(words);
  const device = first === 'dev' ? argumentOf(words) : undefined;
  if (device === undefined) throw new CommandError('Device is a required argument.');
  const more = take(words);
  if (more !== undefined) throw notModelled('bridge fdb flush', more, 'bridge fdb flush dev VXLAN');
  const link = deviceNamed(place, device);
  if (link.kind !== 'vxlan') throw notModelled('bridge fdb flush', device, 'bridge fdb flush dev VXLAN');
  // vxlan_fdb_delete_bulk: permanent entries too, all of them.
  return [...link.fdb.keys()].map((mac) => ({ op: 'fdb-delete', netns: place.netns.id, device, mac }));
}
