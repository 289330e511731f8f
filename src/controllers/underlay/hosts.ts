import { contains, familyOf, hostCidr, type Ip, stableMac, widthOf } from '../../addr/index.ts';
import type { TopologyNetwork } from '../../k8s/index.ts';
import type { NetnsSpec, Operation, Origin } from '../../kernel/index.ts';
import { deviceName, hostId, routerId, switchId } from './names.ts';
import { nextHops, type RouterPort, routerGroups } from './router-graph.ts';
import { cableOperations, defaultRoute, plainSysctls } from './switch.ts';

/** A host outside the cluster. */
export interface Host {
  readonly name: string;
  readonly ip: Ip;
  readonly origin: Origin;
}

export function hostNetns(name: string): NetnsSpec {
  return { id: hostId(name), kind: 'host', label: name, name };
}

/** A host that is plugged into a LAN's switch, with the LAN's gateway as its default route. */
export function lanHostOperations(host: Host, network: TopologyNetwork): Operation[] {
  const { name, ip, origin } = host;
  const netns = hostId(name);
  const inside = contains(network.cidr, ip);
  const length = inside ? network.cidr.length : widthOf(familyOf(ip));
  return [
    ...plainSysctls(netns, origin),
    ...cableOperations({
      netns,
      device: 'eth0',
      port: deviceName('uh-', name),
      switch: switchId(network.name),
      mtu: network.mtu,
      origin,
    }),
    { op: 'address-add', netns, device: 'eth0', ip, length, broadcast: inside, origin },
    { op: 'link-up', netns, name: 'eth0' },
    ...defaultOperations(netns, 'eth0', ip, network.gateway, !inside, origin),
  ];
}

/**
 * A host behind the gateway: a cable to the first router of each group of routers that reach each other. The router
 * has a link-scope route to the host, and the host its default route through any address of that router, onlink.
 * Other routers of the group learn the way, and the host learns which networks lie behind which router.
 */
export function behindRouterOperations(host: Host, ports: readonly RouterPort[]): Operation[] {
  const { name, ip, origin } = host;
  const netns = hostId(name);
  const operations = plainSysctls(netns, origin);
  const dst = hostCidr(ip);
  routerGroups(ports).forEach((group, i) => {
    const [first] = group;
    const own = ports.find((p) => p.router === first);
    if (first === undefined || own === undefined) return;
    const device = `eth${i}`;
    const router = routerId(first);
    const port = deviceName('to', name);
    operations.push(
      {
        op: 'veth-add',
        ends: [
          { netns, name: device, mac: stableMac(`${netns}/${device}`), mtu: own.network.mtu },
          { netns: router, name: port, mac: stableMac(`${router}/${port}`), mtu: own.network.mtu },
        ],
        origin,
      },
      { op: 'link-up', netns: router, name: port },
      { op: 'route-add', netns: router, route: { dst, device: port, scope: 'link' }, origin },
    );
    if (i === 0) {
      const length = widthOf(familyOf(ip));
      operations.push({ op: 'address-add', netns, device, ip, length, broadcast: false, origin });
    }
    operations.push({ op: 'link-up', netns, name: device });
    if (i === 0) operations.push(...defaultOperations(netns, device, ip, own.ip, true, origin));
    else {
      const behind = new Map(
        ports.filter((p) => group.includes(p.router)).map((p) => [p.network.name, p.network.cidr]),
      );
      for (const cidr of behind.values()) {
        if (typeof cidr.base !== typeof own.ip) continue;
        const route = { dst: cidr, via: own.ip, device, onlink: true, prefsrc: ip };
        operations.push({ op: 'route-add', netns, route, origin });
      }
    }
    for (const member of group.slice(1)) {
      const hop = nextHops(member, ports).get(first);
      if (hop === undefined || typeof hop.via !== typeof ip) continue;
      operations.push({ op: 'route-add', netns: routerId(member), route: { dst, ...hop }, origin });
    }
  });
  return operations;
}

function defaultOperations(
  netns: string,
  device: string,
  ip: Ip,
  gateway: Ip,
  onlink: boolean,
  origin: Origin,
): Operation[] {
  if (typeof gateway !== typeof ip) return [];
  const route = { dst: defaultRoute(gateway), via: gateway, device, ...(onlink ? { onlink } : {}) };
  return [{ op: 'route-add', netns, route, origin }];
}
