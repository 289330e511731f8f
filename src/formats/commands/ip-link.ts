import type { Mac } from '../../addr/index.ts';
import { localMac, parseIp } from '../../addr/index.ts';
import type { Operation, VethEnd } from '../../kernel/index.ts';
import { deviceNameOf, deviceWordOf, newDeviceName } from './names.ts';
import { type CommandPlace, deviceNamed, macOf, USER } from './place.ts';
import {
  abbreviated,
  argumentOf,
  CommandError,
  garbage,
  notModelled,
  numberIn,
  peek,
  take,
  type Words,
} from './words.ts';

const SET_WORDS = 'up, down, mtu N, address MAC, promisc on|off, master BRIDGE, nomaster';
const SET_UNMODELLED: ReadonlySet<string> = new Set(
  (
    'name netns txqueuelen qlen txqlen alias arp multicast allmulticast dynamic trailers broadcast brd peer ' +
    'group vf link-netns mode state type protodown protodown_reason addrgenmode carrier xdp xdpgeneric xdpdrv ' +
    'xdpoffload vrf gso_max_size gso_max_segs gro_max_size index numtxqueues numrxqueues'
  ).split(' '),
);
const ADD_WORDS =
  'NAME [address MAC] [mtu N] type bridge | veth peer name PEER [netns NETNS] | vxlan id N dev DEV local IP dstport N [nolearning]';
const SUBCOMMANDS = ['add', 'set', 'change', 'replace', 'delete', 'show', 'list'] as const;

/** `ip link add|set|delete`. */
export function readIpLink(words: Words, place: CommandPlace): Operation[] {
  const word = take(words) ?? 'show';
  switch (abbreviated(word, SUBCOMMANDS)) {
    case 'add':
      return addLink(words, place);
    case 'set':
    case 'change':
      return setLink(words, place);
    case 'delete': {
      const name = deviceWord(words);
      deviceNamed(place, name);
      return [{ op: 'link-delete', netns: place.netns.id, name }];
    }
    case 'show':
    case 'list':
      throw new CommandError('ip link show changes nothing', 'understood: ip link add, set, delete');
    case 'replace':
      throw notModelled('ip link', word, 'add, set, delete');
    default:
      throw new CommandError(
        `Command "${word}" is unknown, try "ip link help".`,
        'understood: ip link add, set, delete',
      );
  }
}

function deviceWord(words: Words): string {
  if (peek(words) === undefined)
    throw new CommandError('Not enough information: "dev" argument is required.');
  if (peek(words) === 'dev') words.next++;
  return deviceWordOf(argumentOf(words), '"dev"');
}

function setLink(words: Words, place: CommandPlace): Operation[] {
  const name = deviceWord(words);
  const netns = place.netns.id;
  const operations: Operation[] = [];
  for (let word = take(words); word !== undefined; word = take(words)) {
    switch (word) {
      case 'up':
        operations.push({ op: 'link-up', netns, name });
        break;
      case 'down':
        operations.push({ op: 'link-down', netns, name });
        break;
      case 'mtu':
        operations.push({ op: 'link-mtu', netns, name, mtu: mtuOf(argumentOf(words)) });
        break;
      case 'address':
        operations.push({ op: 'link-mac', netns, name, mac: macOf(argumentOf(words)) });
        break;
      case 'promisc': {
        const value = argumentOf(words);
        if (value !== 'on' && value !== 'off')
          throw new CommandError(`Error: argument of "promisc" must be one of "on", "off", not "${value}"`);
        operations.push({ op: 'link-promisc', netns, name, promisc: value === 'on' });
        break;
      }
      case 'master': {
        const bridge = argumentOf(words);
        if (!place.netns.links.has(bridge))
          throw new CommandError(`Error: argument "${bridge}" is wrong: Device does not exist`);
        operations.push({ op: 'link-master', netns, name, bridge });
        break;
      }
      case 'nomaster':
        operations.push({ op: 'link-nomaster', netns, name });
        break;
      default:
        throw SET_UNMODELLED.has(word)
          ? notModelled('ip link set', word, SET_WORDS)
          : garbage('dev', word, SET_WORDS);
    }
  }
  const link = deviceNamed(place, name);
  for (const operation of operations) {
    if (operation.op !== 'link-mtu') continue;
    if (operation.mtu > 65535 && link.kind !== 'loopback')
      throw new CommandError('Error: mtu greater than device maximum.');
    // vxlan_change_mtu: the lower device must be able to carry 50 bytes more.
    const lower = link.kind === 'vxlan' ? place.netns.links.get(link.device) : undefined;
    if (lower !== undefined && operation.mtu > lower.mtu - 50)
      throw new CommandError('RTNETLINK answers: Invalid argument');
  }
  // The flags change after everything else (do_setlink).
  const isFlag = ({ op }: Operation): boolean => op === 'link-up' || op === 'link-down';
  return [...operations.filter((o) => !isFlag(o)), ...operations.filter(isFlag).slice(-1)];
}

function mtuOf(text: string): number {
  const mtu = numberIn(text, 0, 0xffffffff);
  if (mtu === undefined) throw new CommandError(`Error: argument "${text}" is wrong: Invalid "mtu" value`);
  return mtu;
}

interface NewLink {
  name?: string;
  mac?: Mac;
  mtu?: number;
  type?: string;
}

/** `ip link add [name] NAME [address MAC] [mtu N] type TYPE ARGUMENTS`. */
function addLink(words: Words, place: CommandPlace): Operation[] {
  const link = commonOptions(words);
  if (link.type === undefined) throw new CommandError('Not enough information: "type" argument is required');
  const { name } = link;
  if (name === undefined) throw notModelled('ip link add', 'a link without a name', ADD_WORDS);
  const base = {
    name,
    mac: link.mac ?? drawnMac(place, name),
    ...(link.mtu === undefined ? {} : { mtu: link.mtu }),
  };
  const netns = place.netns.id;
  switch (link.type) {
    case 'bridge':
    case 'dummy':
      if (peek(words) !== undefined)
        throw notModelled(`ip link add type ${link.type}`, peek(words) ?? '', ADD_WORDS);
      return [{ op: 'link-add', netns, link: { ...base, kind: link.type }, origin: USER }];
    case 'veth':
      return [{ op: 'veth-add', ends: [{ ...base, netns }, peerOf(words, place, name)], origin: USER }];
    case 'vxlan':
      return [{ op: 'link-add', netns, link: { ...base, ...vxlanOptions(words, place) }, origin: USER }];
    default:
      throw new CommandError('Error: Unknown device type.', `understood: ${ADD_WORDS}`);
  }
}

/** What stands before `type`, which is the last of it. */
function commonOptions(words: Words): NewLink {
  const link: NewLink = {};
  for (let word = take(words); word !== undefined; word = take(words)) {
    if (word === 'type') {
      link.type = argumentOf(words);
      return link;
    }
    if (word === 'address') link.mac = macOf(argumentOf(words));
    else if (word === 'mtu') link.mtu = mtuOf(argumentOf(words));
    else if (word === 'name' || word === 'dev') link.name = newDeviceName(argumentOf(words), word);
    else if (SET_UNMODELLED.has(word) || word === 'link') throw notModelled('ip link add', word, ADD_WORDS);
    else if (link.name !== undefined) throw garbage('dev', word, ADD_WORDS);
    else link.name = newDeviceName(word, 'dev');
  }
  return link;
}

/** A random address in the real kernel; here it follows from the name, so that two runs agree. */
function drawnMac({ netns }: CommandPlace, name: string): Mac {
  let bits = 0;
  for (const c of `${netns.id}/${name}`) bits = (Math.imul(bits, 31) + (c.codePointAt(0) ?? 0)) >>> 0;
  return localMac(bits);
}

function peerOf(words: Words, place: CommandPlace, name: string): VethEnd {
  let netns = place.netns;
  let peer: string | undefined;
  let mac: Mac | undefined;
  let mtu: number | undefined;
  if (take(words) !== 'peer') throw notModelled('ip link add type veth', 'a peer without a name', ADD_WORDS);
  for (let word = take(words); word !== undefined; word = take(words)) {
    if (word === 'name') peer = deviceNameOf(argumentOf(words), '"name"');
    else if (word === 'address') mac = macOf(argumentOf(words));
    else if (word === 'mtu') mtu = mtuOf(argumentOf(words));
    else if (word === 'netns') {
      const text = argumentOf(words);
      const found = [...place.world.netns.values()].find((n) => n.name === text || n.id === text);
      if (found === undefined)
        throw new CommandError(`Error: argument "${text}" is wrong: Invalid "netns" value`);
      netns = found;
    } else throw garbage('dev', word, ADD_WORDS);
  }
  if (peer === undefined) throw notModelled('ip link add type veth', 'a peer without a name', ADD_WORDS);
  return {
    netns: netns.id,
    name: peer,
    mac: mac ?? drawnMac({ ...place, netns }, `${name}/${peer}`),
    ...(mtu === undefined ? {} : { mtu }),
  };
}

function vxlanOptions(
  words: Words,
  place: CommandPlace,
): {
  readonly kind: 'vxlan';
  readonly vni: number;
  readonly device: string;
  readonly local: number;
  readonly dstPort: number;
  readonly learning: boolean;
} {
  let vni: number | undefined;
  let device: string | undefined;
  let local: number | undefined;
  // The kernel's own default is 8472, before IANA gave VXLAN 4789.
  let dstPort = 8472;
  let learning = true;
  for (let word = take(words); word !== undefined; word = take(words)) {
    switch (word) {
      case 'id':
      case 'vni': {
        const text = argumentOf(words);
        vni = numberIn(text, 0, 0xffffff);
        if (vni === undefined) throw new CommandError(`Error: argument "${text}" is wrong: invalid id`);
        break;
      }
      case 'dev':
        device = deviceNamed(place, argumentOf(words)).name;
        break;
      case 'local': {
        const text = argumentOf(words);
        const ip = parseIp(text);
        if (typeof ip !== 'number')
          throw new CommandError(`Error: argument "${text}" is wrong: invalid local address`);
        local = ip;
        break;
      }
      case 'dstport': {
        const text = argumentOf(words);
        const port = numberIn(text, 0, 65535);
        if (port === undefined) throw new CommandError(`Error: argument "${text}" is wrong: dst port`);
        dstPort = port;
        break;
      }
      case 'nolearning':
        learning = false;
        break;
      case 'learning':
        learning = true;
        break;
      default:
        throw notModelled('ip link add type vxlan', word, ADD_WORDS);
    }
  }
  if (vni === undefined) throw new CommandError('vxlan: missing virtual network identifier');
  if (device === undefined || local === undefined)
    throw notModelled('ip link add type vxlan', 'a device without dev and local', ADD_WORDS);
  return { kind: 'vxlan', vni, device, local, dstPort, learning };
}
