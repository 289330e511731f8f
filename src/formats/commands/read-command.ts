import type { Netns, Operation, World } from '../../kernel/index.ts';
import { readBridge } from './bridge.ts';
import { readIpAddress } from './ip-address.ts';
import { readIpLink } from './ip-link.ts';
import { readIpNeigh } from './ip-neigh.ts';
import { readIpRoute } from './ip-route.ts';
import { readIpRule } from './ip-rule.ts';
import { readIpset } from './ipset.ts';
import { readIptables } from './iptables.ts';
import { readIpvsadm } from './ipvsadm.ts';
import type { CommandPlace } from './place.ts';
import { readSysctlCommand } from './sysctl.ts';
import { abbreviated, CommandError, notModelled, shellWords, take, type Words } from './words.ts';

/** What a command line does to a namespace, or why it does nothing. */
export type CommandResult =
  | {
      readonly ok: true;
      readonly operations: readonly Operation[];
      /** Things that the person may not expect, one sentence each. */
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly message: string; readonly fix?: string };

const COMMANDS =
  'ip link|addr|route|rule|neigh, bridge fdb|link, iptables, ip6tables, ipset, ipvsadm, sysctl';

/**
 * Reads a command line of iproute2, bridge, iptables, ipset, ipvsadm or sysctl as the operations that it does in a namespace.
 * A mistake is told in the real tool's words (iproute2 6.1, iptables 1.8.9, ipset 7.17, ipvsadm 1.31, procps 4.0), and with what is
 * understood; what only the kernel can refuse is refused when the operations are committed. The namespace is read for
 * commands that mean what is there (`flush`), and must be complete.
 */
export function readCommand(text: string, world: World, netns: Netns): CommandResult {
  const notes: string[] = [];
  try {
    const words = shellWords(text);
    if (words.all[0] === 'sudo') words.next++;
    const operations = dispatch(words, { world, netns }, notes);
    checkLines(words);
    return { ok: true, operations, notes };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { message, fix } = error;
    return { ok: false, message, ...(fix === undefined ? {} : { fix }) };
  }
}

/** Some tools take line breaks (in comments, in sets' names) and save them so that nothing can read it back. */
function checkLines({ all }: Words): void {
  const word = all.find((one) => /[\n\r\0]/.test(one));
  if (word !== undefined)
    throw new CommandError(
      `"${word}" has a line break, which cannot be saved and restored`,
      'write it as one line',
    );
}

function dispatch(words: Words, place: CommandPlace, notes: string[]): Operation[] {
  const tool = take(words);
  // `/sbin/ip` is `ip`.
  switch (tool?.slice(tool.lastIndexOf('/') + 1)) {
    case 'ip':
      return readIp(words, place);
    case 'bridge':
      return readBridge(words, place);
    case 'iptables':
    case 'iptables-nft':
      return readIptables(words, place, 4);
    case 'ip6tables':
    case 'ip6tables-nft':
      return readIptables(words, place, 6);
    case 'ipset':
      return readIpset(words, place);
    case 'ipvsadm':
      return readIpvsadm(words, place);
    case 'sysctl':
      return readSysctlCommand(words, place, notes);
    case undefined:
      throw new CommandError('no command', `understood: ${COMMANDS}`);
    default:
      throw new CommandError(`"${tool}" is not understood`, `understood: ${COMMANDS}`);
  }
}

/** iproute2's objects, in the order in which an abbreviation finds them. */
const OBJECTS = [
  'address',
  'addrlabel',
  'maddress',
  'route',
  'rule',
  'neighbor',
  'neighbour',
  'ntable',
  'link',
] as const;

function readIp(words: Words, given: CommandPlace): Operation[] {
  let place = given;
  let word = take(words);
  for (; word?.startsWith('-') === true; word = take(words)) {
    const option = word === '-f' || word === '-family' ? take(words) : word;
    if (option === '-4' || option === 'inet') place = { ...place, family: 4 };
    else if (option === '-6' || option === 'inet6') place = { ...place, family: 6 };
    else throw notModelled('ip', word, COMMANDS);
  }
  switch (abbreviated(word ?? '', OBJECTS)) {
    case 'address':
      return readIpAddress(words, place);
    case 'route':
      return readIpRoute(words, place);
    case 'rule':
      return readIpRule(words, place);
    case 'neighbor':
    case 'neighbour':
      return readIpNeigh(words, place);
    case 'link':
      return readIpLink(words, place);
    case undefined:
      throw new CommandError(`Object "${word ?? ''}" is unknown, try "ip help".`, `understood: ${COMMANDS}`);
    default:
      throw notModelled('ip', word ?? '', COMMANDS);
  }
}
