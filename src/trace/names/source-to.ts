import type { Ip } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { type Link, lookupRoute } from '../../kernel/index.ts';
import type { Source } from '../resolve-source.ts';

/**
 * The address that the kernel of a source would send from to a destination, with the length of its prefix: what
 * getaddrinfo sorts by. Undefined: no route leads there.
 */
export function sourceTo(
  { world }: Cluster,
  { netnsId, ip }: Source,
  destination: Ip,
): { readonly ip: Ip; readonly length: number } | undefined {
  const netns = world.netns.get(netnsId);
  if (netns === undefined) return undefined;
  const own = (link: Link | undefined) => link?.addresses.find((a) => typeof a.ip === typeof destination);
  for (const link of netns.links.values()) {
    const itself = link.addresses.find((a) => a.ip === destination);
    if (itself !== undefined) return { ip: itself.ip, length: itself.length };
  }
  const route = lookupRoute(netns, { dst: destination, mark: 0 });
  const address = route?.device === undefined ? undefined : own(netns.links.get(route.device));
  if (route === undefined) return undefined;
  const from = ip ?? route.prefsrc ?? address?.ip;
  return from === undefined ? undefined : { ip: from, length: address?.length ?? 32 };
}
