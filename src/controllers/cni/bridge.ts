import { type Cidr, familyOf, type Ip, type Mac, stableHex, stableMac, widthOf } from '../../addr/index.ts';
import type { CniConfig, Node, Pod } from '../../k8s/index.ts';
import type { NetnsSpec, Operation, Origin } from '../../kernel/index.ts';
import { hasOwnNetwork, rangeOf } from './pod-network.ts';
import { portmapOperations } from './portmap.ts';

export interface CniInput {
  readonly node: Node;
  /** The node's pods, in the order in which they start. */
  readonly pods: readonly Pod[];
  /** The whole pod networks, one a family (`ipam.routes` of the delegate). */
  readonly networks: readonly Cidr[];
  /** What flannel tells the plugins (FLANNEL_MTU); a configuration may say another. */
  readonly mtu: number;
  readonly config: CniConfig;
}

/** The namespaces of a node's pods, and what the plugins do for them. */
export interface CniPods {
  readonly netns: readonly NetnsSpec[];
  /** One list a pod: a pod whose set-up is refused leaves the others alone. */
  readonly operations: readonly { readonly pod: Pod; readonly operations: readonly Operation[] }[];
}

/** Runs ADD of the loopback, bridge and portmap plugins for every pod of a node that has a network of its own. */
export function cniOperations(input: CniInput): CniPods {
  const { node, config } = input;
  const netns: NetnsSpec[] = [];
  const operations: { pod: Pod; operations: Operation[] }[] = [];
  const veths = new Set<string>();
  const gateways = new Set<Ip>();
  for (const pod of input.pods) {
    if (!hasOwnNetwork(pod)) continue;
    const spec = podNetns(pod, node.meta.name);
    const veth = vethName(pod, veths);
    const list = operations.length === 0 ? bridgeOperations(input) : [];
    list.push(
      ...podOperations(input, pod, spec.id, veth, gateways),
      ...portmapOperations(pod, node.meta.name, config),
    );
    netns.push(spec);
    operations.push({ pod, operations: list });
  }
  return { netns, operations };
}

function podNetns(pod: Pod, node: string): NetnsSpec {
  const { name, namespace } = pod.meta;
  const hex = stableHex(`netns/${namespace}/${name}`, 32);
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  );
  const label = `${namespace}/${name}`;
  return { id: `pod/${label}`, kind: 'pod', label, name: `cni-${uuid}`, node };
}

/** `veth` and 8 hex digits, like the plugin's four random bytes; drawn again when the node has the name. */
function vethName(pod: Pod, taken: Set<string>): string {
  for (let round = 0; ; round++) {
    const again = round === 0 ? '' : `/${round}`;
    const name = `veth${stableHex(`${pod.meta.namespace}/${pod.meta.name}${again}`, 8)}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

function bridgeOperations({ node, mtu: flannelMtu, config }: CniInput): Operation[] {
  const netns = `node/${node.meta.name}`;
  const name = config.bridge;
  const origin: Origin = { program: 'cni', object: { kind: 'Node', name: node.meta.name } };
  const mac = bridgeMac(node);
  const mtu = config.mtu || flannelMtu;
  return [
    { op: 'link-add', netns, link: { name, kind: 'bridge', mac, mtu }, origin },
    ...(config.promisc ? [{ op: 'link-promisc', netns, name, promisc: true } as const] : []),
    { op: 'link-up', netns, name },
  ];
}

/** Drawn at random by the kernel when the bridge is made, whatever its name. */
function bridgeMac(node: Node): Mac {
  return stableMac(`cni0/${node.meta.name}`);
}

/** The configuration as the cause of something; undefined where none was given. */
function configured({ origin }: CniConfig, field: string): Origin | undefined {
  return origin === undefined ? undefined : { program: 'cni', object: origin, field };
}

function podOperations(
  { node, networks, mtu: flannelMtu, config }: CniInput,
  pod: Pod,
  podNetns: string,
  veth: string,
  gateways: Set<Ip>,
): Operation[] {
  const nodeNetns = `node/${node.meta.name}`;
  const { bridge, hairpin } = config;
  const mtu = config.mtu || flannelMtu;
  const hairpinOrigin = configured(config, 'hairpinMode');
  const { namespace, name } = pod.meta;
  const origin: Origin = { program: 'cni', object: { kind: 'Pod', namespace, name } };
  const addressed: Origin = { ...origin, field: 'status.podIPs' };
  const operations: Operation[] = [
    {
      op: 'veth-add',
      ends: [
        { netns: podNetns, name: 'eth0', mac: stableMac(`pod/${namespace}/${name}`), mtu },
        { netns: nodeNetns, name: veth, mac: stableMac(`${veth}/${node.meta.name}`), mtu },
      ],
      origin,
    },
    { op: 'link-up', netns: nodeNetns, name: veth },
    { op: 'link-master', netns: nodeNetns, name: veth, bridge },
    ...(hairpin || hairpinOrigin !== undefined
      ? [
          {
            op: 'bridge-port',
            netns: nodeNetns,
            name: veth,
            hairpin,
            ...(hairpinOrigin === undefined ? {} : { origin: hairpinOrigin }),
          } as const,
        ]
      : []),
    { op: 'sysctl', netns: podNetns, key: 'net.ipv4.conf.eth0.arp_notify', value: '1', origin },
  ];
  const ranges = pod.podIPs.map((ip) => ({ ip, ...rangeOf(ip, node) }));
  for (const { ip, length, stray } of ranges) {
    const broadcast = !stray && typeof ip === 'number';
    operations.push({
      op: 'address-add',
      netns: podNetns,
      device: 'eth0',
      ip,
      length,
      broadcast,
      origin: addressed,
    });
  }
  operations.push({ op: 'link-up', netns: podNetns, name: 'eth0' });
  const routed = ranges.filter((r) => r.gateway !== undefined);
  const destinations = [
    ...networks.map((dst) => dst),
    ...(config.isDefaultGateway
      ? routed.map(({ ip }): Cidr => ({ base: typeof ip === 'number' ? 0 : 0n, length: 0 }))
      : []),
  ];
  for (const dst of destinations) {
    const range = routed.find(({ ip }) => typeof ip === typeof dst.base);
    if (range?.gateway === undefined) continue;
    const onlink = range.stray ? { onlink: true } : {};
    const route = { dst, via: range.gateway, device: 'eth0', ...onlink };
    operations.push({ op: 'route-add', netns: podNetns, route, origin });
  }
  for (const { ip, gateway, range, stray } of ranges) {
    if (gateway === undefined || range === undefined || !config.isGateway) continue;
    if (!gateways.has(gateway)) {
      gateways.add(gateway);
      operations.push(...gatewayOperations(node, config, gateway, range));
    }
    if (!stray) continue;
    // An address outside the node's range is not on the bridge's subnet: the node needs a route of its own to it.
    const dst: Cidr = { base: ip, length: widthOf(familyOf(ip)) };
    const route = { dst, device: bridge, scope: 'link' } as const;
    operations.push({ op: 'route-replace', netns: nodeNetns, route, origin: addressed });
  }
  return operations;
}

/** After the first pod: the gateway address, the bridge's MAC pinned to the one it was made with, forwarding on. */
function gatewayOperations(node: Node, { bridge }: CniConfig, gateway: Ip, { length }: Cidr): Operation[] {
  const netns = `node/${node.meta.name}`;
  const origin: Origin = {
    program: 'cni',
    object: { kind: 'Node', name: node.meta.name },
    field: 'spec.podCIDR',
  };
  const v4 = typeof gateway === 'number';
  const key = v4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding';
  return [
    { op: 'address-add', netns, device: bridge, ip: gateway, length, broadcast: v4, origin },
    { op: 'link-mac', netns, name: bridge, mac: bridgeMac(node) },
    { op: 'sysctl', netns, key, value: '1', origin },
  ];
}
