import { type Family, type Ip, stableMac } from '../addr/index.ts';
import {
  IPVS_DEVICE,
  type IpvsSync,
  ipvsSync,
  ipvsTimeouts,
  type KubeProxyInput,
  kubeProxySysctls,
  kubeProxyTables,
  mayBindAddress,
} from '../controllers/kube-proxy/index.ts';
import type { ClusterObjects, Node } from '../k8s/index.ts';
import {
  commit,
  type Link,
  localAddresses,
  type Netns,
  type Operation,
  type RestoreTable,
  type World,
} from '../kernel/index.ts';
import { onFirstRead, type Watched } from './first-read.ts';
import { nodeNetnsId } from './places.ts';

/** What kube-proxy does when it starts, before it knows of any Service: its sysctls, and in IPVS mode its device. */
export function proxyOperations(world: World, { kubeProxy }: ClusterObjects, node: Node): Operation[] {
  const { name } = node.meta;
  const netns = nodeNetnsId(name);
  const set = world.netns.get(netns)?.sysctls;
  // EnsureSysctl: what is as it should be is not written again.
  const sysctls = kubeProxySysctls(kubeProxy)
    .filter(({ key, value }) => set?.get(key)?.value !== value)
    .map((setting): Operation => ({ op: 'sysctl', netns, ...setting }));
  if (kubeProxy.mode !== 'ipvs') return sysctls;
  // EnsureDummyDevice: made and never set up, which addresses of the node do not need.
  const link = {
    kind: 'dummy',
    name: IPVS_DEVICE,
    txQueueLength: 0,
    mac: stableMac(`${name} ${IPVS_DEVICE}`),
  } as const;
  const timeouts = ipvsTimeouts(kubeProxy);
  return [
    ...sysctls,
    ...(timeouts === undefined ? [] : [{ op: 'ipvs-timeouts', netns, timeouts } satisfies Operation]),
    { op: 'link-add', netns, link, origin: { program: 'kube-proxy' } },
  ];
}

/**
 * kube-proxy on a node: the tables that it writes in a family. In IPVS mode it gives kube-ipvs0 its addresses once somebody
 * looks at these or at the node's routes, and sets and virtual servers are there once somebody looks at them.
 */
export function deferProxy(
  world: World,
  netns: Netns,
  objects: ClusterObjects,
  node: Node,
  families: readonly Family[],
  writesRules: boolean,
): (family: Family) => RestoreTable[] {
  const input: KubeProxyInput = {
    node,
    nodeLocalAddresses: (family) => localAddresses(netns, family, IPVS_DEVICE),
    services: objects.services,
    endpointSlices: objects.endpointSlices,
    config: objects.kubeProxy,
  };
  const device = netns.links.get(IPVS_DEVICE);
  if (objects.kubeProxy.mode === 'ipvs' && device !== undefined)
    deferIpvs(world, netns, device, input, families, writesRules);
  return (family) => kubeProxyTables(input, family);
}

function deferIpvs(
  world: World,
  netns: Netns,
  device: Link,
  input: KubeProxyInput,
  families: readonly Family[],
  writesRules: boolean,
): void {
  const { id, label } = netns;
  const sync = (): IpvsSync => ipvsSync(input, families);
  const mayBind = (ip: Ip): boolean => mayBindAddress(input.services, ip);
  netns.pendingAddresses.push(mayBind);
  const put = (watched: readonly Watched[], operation: () => Operation): void => {
    onFirstRead(watched, () => {
      const error = commit(world, [operation()]);
      // All of it is new on the node and follows from objects that were checked.
      if (error !== undefined) throw new Error(`kube-proxy on ${label}: ${error.message}`);
    });
  };
  put(
    [
      [netns, 'routes'],
      [device, 'addresses'],
    ],
    () => {
      netns.pendingAddresses.splice(netns.pendingAddresses.indexOf(mayBind), 1);
      return { op: 'host-addresses-add', netns: id, device: device.name, addresses: sync().addresses };
    },
  );
  if (!writesRules) return;
  put([[netns, 'sets']], () => ({ op: 'ipset-share', netns: id, sets: sync().sets }));
  put([[netns, 'ipvs']], () => ({ op: 'ipvs-restore', netns: id, services: sync().services }));
}
