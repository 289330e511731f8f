import type { LinkAddress, Operation } from '../../kernel/index.ts';
import { type CommandPlace, deviceNamed, interfaceAddressOf, USER } from './place.ts';
import { abbreviated, argumentOf, CommandError, garbage, notModelled, take, type Words } from './words.ts';

const UNDERSTOOD = 'ip addr add|del ADDRESS/LENGTH [brd +] dev DEV, ip addr flush dev DEV';
const SUBCOMMANDS = ['add', 'change', 'replace', 'delete', 'show', 'list', 'flush'] as const;
const UNMODELLED: ReadonlySet<string> = new Set(
  'peer remote anycast label metric priority scope valid_lft preferred_lft home nodad mngtmpaddr noprefixroute autojoin to up'.split(
    ' ',
  ),
);

/** `ip addr add|del|flush`. */
export function readIpAddress(words: Words, place: CommandPlace): Operation[] {
  const word = take(words) ?? 'show';
  const command = abbreviated(word, SUBCOMMANDS);
  switch (command) {
    case 'add':
    case 'change':
    case 'replace':
    case 'delete':
      return changeAddress(words, place, command);
    case 'flush':
      return flushAddresses(words, place);
    case 'show':
    case 'list':
      throw new CommandError('ip addr show changes nothing', `understood: ${UNDERSTOOD}`);
    default:
      throw new CommandError(
        `Command "${word}" is unknown, try "ip address help".`,
        `understood: ${UNDERSTOOD}`,
      );
  }
}

function changeAddress(
  words: Words,
  place: CommandPlace,
  command: 'add' | 'change' | 'replace' | 'delete',
): Operation[] {
  let local: { readonly text: string; readonly ip: LinkAddress['ip']; readonly length: number } | undefined;
  let device: string | undefined;
  let broadcast = false;
  for (let word = take(words); word !== undefined; word = take(words)) {
    if (word === 'dev') device = argumentOf(words);
    else if (word === 'brd' || word === 'broadcast') {
      const text = argumentOf(words);
      if (text !== '+') throw notModelled('ip addr add', `brd ${text}`, UNDERSTOOD);
      broadcast = true;
    } else if (UNMODELLED.has(word)) throw notModelled('ip addr', word, UNDERSTOOD);
    else {
      const text = word === 'local' ? argumentOf(words) : word;
      if (local !== undefined) throw garbage('local', word, UNDERSTOOD);
      local = { text, ...interfaceAddressOf(text) };
    }
  }
  if (device === undefined) throw new CommandError('Not enough information: "dev" argument is required.');
  const link = deviceNamed(place, device);
  const netns = place.netns.id;
  if (local === undefined) throw notModelled('ip addr', `${command} without an address`, UNDERSTOOD);
  const { ip, length, text } = local;
  if (command === 'delete') {
    // Without a length any address that equals it: "wildcard deletion to stay compatible with old scripts".
    const old = text.includes('/') ? undefined : link.addresses.find((a) => a.ip === ip);
    return [{ op: 'address-delete', netns, device, ip, length: old?.length ?? length }];
  }
  if (typeof ip === 'bigint') refuseIpv6(ip);
  const there = link.addresses.some((a) => a.ip === ip && a.length === length);
  if (command !== 'add' && there) return [];
  return [{ op: 'address-add', netns, device, ip, length, broadcast, origin: USER }];
}

/** Addresses that inet6_addr_add refuses. */
function refuseIpv6(ip: bigint): void {
  if (ip === 0n) throw new CommandError('Error: ipv6: Invalid address.');
  if (ip >> 120n === 0xffn)
    throw new CommandError('Error: ipv6: Cannot assign multicast address without "IFA_F_MCAUTOJOIN" flag.');
}

function flushAddresses(words: Words, place: CommandPlace): Operation[] {
  const first = take(words);
  if (first === undefined) throw new CommandError('Flush requires arguments.');
  const device = first === 'dev' ? argumentOf(words) : first;
  const more = take(words);
  if (more !== undefined) throw notModelled('ip addr flush', more, UNDERSTOOD);
  const link = place.netns.links.get(device);
  if (link === undefined) throw new CommandError(`Device "${device}" does not exist.`);
  const { family } = place;
  // A primary address takes its secondary ones along.
  return link.addresses
    .filter((a) => a.secondaryOf === undefined)
    .filter((a) => family === undefined || (typeof a.ip === 'number') === (family === 4))
    .map(({ ip, length }) => ({ op: 'address-delete', netns: place.netns.id, device, ip, length }));
}
