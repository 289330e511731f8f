import { type Ip, isLoopback } from '../../addr/index.ts';
import { lookupRoute, sourceFor } from '../fib.ts';
import type { Route } from '../model.ts';
import type { Stack } from '../session.ts';
import { deviceConf } from '../sysctl.ts';

/** Why a route could not be had for a packet of our own, as connect() or send() would say. */
export type OutputError = 'ENETUNREACH' | 'EHOSTUNREACH' | 'EACCES' | 'EINVAL';

export type OutputRoute =
  | { readonly kind: 'route'; readonly route: Route; readonly source: Ip }
  | { readonly kind: 'error'; readonly errno: OutputError; readonly route: Route | undefined };

/** ip_route_output: the route of a packet that is made here, and its source address when it has none yet. */
export function routeOutput(
  stack: Stack,
  key: { readonly dst: Ip; readonly src?: Ip; readonly mark: number },
): OutputRoute {
  const { netns } = stack;
  const route = lookupRoute(netns, key);
  if (route === undefined) return { kind: 'error', errno: 'ENETUNREACH', route };
  switch (route.type) {
    case 'blackhole':
      return { kind: 'error', errno: 'EINVAL', route };
    case 'unreachable':
      return { kind: 'error', errno: 'EHOSTUNREACH', route };
    case 'prohibit':
      return { kind: 'error', errno: 'EACCES', route };
    default: {
      const source = key.src ?? sourceFor(netns, route, key.dst);
      if (source === undefined) return { kind: 'error', errno: 'ENETUNREACH', route };
      const device = netns.links.get(outputDevice(route));
      // __mkroute_output: 127.0.0.0/8 may leave a real device only with route_localnet.
      if (
        isLoopback(source) &&
        device !== undefined &&
        device.kind !== 'loopback' &&
        !deviceConf(netns, device).routeLocalnet
      ) {
        return { kind: 'error', errno: 'EINVAL', route };
      }
      return { kind: 'route', route, source };
    }
  }
}

/** The device that a packet of our own leaves by: for a local address `lo`, whichever device has the address. */
export function outputDevice(route: Route): string {
  return route.type === 'local' ? 'lo' : (route.device ?? 'lo');
}
