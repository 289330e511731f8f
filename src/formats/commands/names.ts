import { CommandError } from './words.ts';

/** IFNAMSIZ, with the end mark. */
const DEVICE_BYTES = 15;
/** isspace() of C. */
const BLANK = /[ \t\n\v\f\r]/;

/** What a text is long in a kernel's structure. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/**
 * The name of a device as iproute2 checks it (check_ifname in lib/utils.c): not empty, no slash, no blank. What else the kernel
 * refuses (`..`, a colon) it refuses when the device is made.
 *
 * @param keyword the word before it, which the complaint names
 */
export function deviceWordOf(name: string, keyword: string): string {
  if (name === '' || name.includes('/') || BLANK.test(name)) throw notValid(name, keyword);
  return name;
}

/** The same where the name must fit into the kernel's field (get_ifname). */
export function deviceNameOf(name: string, keyword: string): string {
  deviceWordOf(name, keyword);
  if (byteLength(name) > DEVICE_BYTES) throw notValid(name, keyword);
  return name;
}

function notValid(name: string, keyword: string): CommandError {
  return new CommandError(
    `Error: argument "${name}" is wrong: ${keyword} not a valid ifname`,
    'a device name has 1 to 15 bytes without blanks, slashes and colons',
  );
}

/** The name of a device that `ip link add` makes: `dev` may be a longer alternative name, which the kernel does not take here. */
export function newDeviceName(name: string, keyword: 'dev' | 'name'): string {
  if (keyword === 'name') return deviceNameOf(name, '"name"');
  deviceWordOf(name, '"dev"');
  if (byteLength(name) > DEVICE_BYTES) throw new CommandError('Error: Attribute failed policy validation.');
  return name;
}

/**
 * A name that the tool takes and its own `save` prints so that `restore` reads something else: refused, since every state
 * here can be printed and read.
 */
export function restorableName(what: string, name: string): string {
  if (name === '' || BLANK.test(name) || name.includes('"'))
    throw new CommandError(
      `${what} "${name}" is not modelled: what is saved of it cannot be restored`,
      'name it without blanks and quotes',
    );
  return name;
}

/** The name of a set: what fits into IPSET_MAXNAMELEN. */
export function setName(name: string): string {
  if (byteLength(name) > 31)
    throw new CommandError(`ipset v7.17: Syntax error: setname '${name}' is longer than 31 characters`);
  return name;
}

/** The name of a device in an element of a set. */
export function setInterface(name: string): string {
  if (byteLength(name) > DEVICE_BYTES)
    throw new CommandError(
      `ipset v7.17: Syntax error: interface name '${name}' is longer than 15 characters`,
    );
  return restorableName('ipset: the interface name', name);
}
