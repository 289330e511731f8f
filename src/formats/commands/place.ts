import {
  type Cidr,
  cidrOf,
  type Family,
  hostCidr,
  type Ip,
  type Mac,
  parseCidr,
  parseInterfaceCidr,
  parseIp,
  parseMac,
} from '../../addr/index.ts';
import type { Link, Netns, Origin, World } from '../../kernel/index.ts';
import { CommandError } from './words.ts';

/** Where a command is run. */
export interface CommandPlace {
  readonly world: World;
  readonly netns: Netns;
  /** `ip -4`, `ip -6`: undefined when not said. */
  readonly family?: Family;
}

/** Whatever a command writes was written by hand. */
export const USER: Origin = { program: 'user' };

export function deviceNamed({ netns }: CommandPlace, name: string): Link {
  const link = netns.links.get(name);
  if (link === undefined) throw new CommandError(`Cannot find device "${name}"`);
  return link;
}

/** A link address, or iproute2's complaint (ll_addr_a2n). */
export function macOf(text: string): Mac {
  const mac = parseMac(text);
  if (mac === undefined) throw new CommandError(`"${text}" is invalid lladdr.`);
  return mac;
}

export function ipOf(text: string, family: Family | undefined): Ip {
  const ip = parseIp(text);
  const wrong = ip !== undefined && family !== undefined && (typeof ip === 'number') !== (family === 4);
  if (ip === undefined || wrong)
    throw new CommandError(
      `Error: ${family === 6 ? 'inet6' : 'inet'} address is expected rather than "${text}".`,
    );
  return ip;
}

/** An address for which the family is open: `ip neigh`'s (get_addr). */
export function anyIpOf(text: string): Ip {
  const ip = parseIp(text);
  if (ip === undefined) throw new CommandError(`Error: any valid address is expected rather than "${text}".`);
  return ip;
}

/** A prefix without host bits; an address alone is a host, `default` and `all` everything. */
export function prefixOf(text: string, family: Family | undefined): Cidr {
  if (text === 'default' || text === 'all' || text === 'any')
    return family === 6 ? cidrOf(0n, 0) : cidrOf(0, 0);
  const host = parseIp(text);
  if (host !== undefined) return hostCidr(host);
  const parsed = parseCidr(text);
  if (parsed.ok) return parsed.cidr;
  if (parseInterfaceCidr(text).ok) throw new CommandError('Error: Invalid prefix for given prefix length.');
  throw new CommandError(`Error: any valid prefix is expected rather than "${text}".`);
}

/** An address with the length of its subnet: `ip addr`'s. */
export function interfaceAddressOf(text: string): { readonly ip: Ip; readonly length: number } {
  const host = parseIp(text);
  if (host !== undefined) return { ip: host, length: typeof host === 'number' ? 32 : 128 };
  const parsed = parseInterfaceCidr(text);
  if (!parsed.ok) throw new CommandError(`Error: any valid prefix is expected rather than "${text}".`);
  return { ip: parsed.ip, length: parsed.cidr.length };
}
