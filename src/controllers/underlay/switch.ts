import { type Cidr, type Ip, stableMac } from '../../addr/index.ts';
import type { TopologyNetwork } from '../../k8s/index.ts';
import type { NetnsSpec, Operation, Origin } from '../../kernel/index.ts';
import { switchId } from './names.ts';

export const BRIDGE = 'br0';
export const DEFAULT_ROUTE4: Cidr = { base: 0, length: 0 };
export const DEFAULT_ROUTE6: Cidr = { base: 0n, length: 0 };

export function defaultRoute(via: Ip): Cidr {
  return typeof via === 'number' ? DEFAULT_ROUTE4 : DEFAULT_ROUTE6;
}

/** Namespaces around the cluster bridge frames without showing them to iptables. */
export function plainSysctls(netns: string, origin: Origin): Operation[] {
  return [
    { op: 'sysctl', netns, key: 'net.bridge.bridge-nf-call-iptables', value: '0', origin },
    { op: 'sysctl', netns, key: 'net.bridge.bridge-nf-call-ip6tables', value: '0', origin },
  ];
}

/** A LAN: a bridge without addresses whose ports are the cables. */
export function switchNetns(network: TopologyNetwork): NetnsSpec {
  return {
    id: switchId(network.name),
    kind: 'switch',
    label: network.name,
    name: `switch-${network.name}`,
  };
}

export function switchOperations(network: TopologyNetwork, origin: Origin): Operation[] {
  const netns = switchId(network.name);
  return [
    ...plainSysctls(netns, origin),
    {
      op: 'link-add',
      netns,
      link: { name: BRIDGE, kind: 'bridge', mac: stableMac(`bridge/${netns}`), mtu: network.mtu },
      origin,
    },
    { op: 'link-up', netns, name: BRIDGE },
  ];
}

/** A cable from a device of a namespace to a new port of a switch; both ends up. */
export interface Cable {
  readonly netns: string;
  readonly device: string;
  readonly port: string;
  /** The id of the switch's namespace. */
  readonly switch: string;
  readonly mtu: number;
  readonly origin: Origin;
}

export function cableOperations(cable: Cable): Operation[] {
  const { netns, device, port, mtu, origin } = cable;
  return [
    {
      op: 'veth-add',
      ends: [
        { netns, name: device, mac: stableMac(`${netns}/${device}`), mtu },
        { netns: cable.switch, name: port, mac: stableMac(`${cable.switch}/${port}`), mtu },
      ],
      origin,
    },
    { op: 'link-master', netns: cable.switch, name: port, bridge: BRIDGE },
    { op: 'link-up', netns: cable.switch, name: port },
  ];
}
