import { cidr, hostCidr, ip, type Mac } from '../../src/addr/index.ts';
import { parseIpAddr } from '../../src/formats/index.ts';
import {
  addNetns,
  commit,
  createWorld,
  type LinkSpec,
  type NetnsKind,
  type Operation,
  type Origin,
  type RouteSpec,
  type World,
} from '../../src/kernel/index.ts';
import { type Backend, NODES, PODS, readCaptures } from './captures.ts';

/**
 * The captured three nodes, built by hand with the commands that built them in the real kernel (what flannel
 * and the CNI bridge plugin do, in their order), with the captured MACs and veth names.
 */

/** Ids of the namespaces by their key in the captures. */
export const CAPTURED_IDS: ReadonlyMap<string, string> = new Map([
  ...NODES.map((key): [string, string] => [key, `node/${key}`]),
  ...PODS.map((key): [string, string] => [key, `pod/default/${key}`]),
]);

const ORIGIN: Origin = { program: 'user' };
const POD_IPS = {
  p1a: '10.244.1.2',
  p1b: '10.244.1.3',
  p2a: '10.244.2.2',
  p2b: '10.244.2.3',
  p3a: '10.244.3.2',
};

export function buildThreeNodes(backend: Backend): World {
  const world = createWorld();
  const devices = capturedDevices(backend);
  const run = (...operations: Operation[]): void => {
    const error = commit(world, operations);
    if (error !== undefined) throw new Error(`${error.operation.op}: ${error.message}`);
  };
  const add = (id: string, kind: NetnsKind, name: string): string =>
    addNetns(world, { id, kind, label: name, name }).id;

  const under = add('switch/under', 'switch', 'flunder');
  const bridges = backend === 'direct' ? ['ul0', 'ul1'] : ['ul0'];
  bridges.forEach((name, n) => {
    run(linkAdd(under, { kind: 'bridge', name, mac: 0x020000000001 + n }), up(under, name));
    run(address(under, name, `192.168.${n === 0 ? 50 : 60}.1`, 24, false));
  });
  for (const [n, key] of NODES.entries()) buildNode(key, n + 1);
  for (const key of PODS) buildPod(key);
  return world;

  function buildNode(key: string, number: number): void {
    const node = add(`node/${key}`, 'node', `fl${key}`);
    const peer = `un${number}`;
    const own = nodeIp(backend, number);
    run(
      veth([node, 'eth0', macOf(key, 'eth0'), 1500], [under, peer, 0x020000000010 + number, 1500]),
      { op: 'link-master', netns: under, name: peer, bridge: own.startsWith('192.168.60') ? 'ul1' : 'ul0' },
      up(under, peer),
      address(node, 'eth0', own, 24, true),
      up(node, 'eth0'),
      route(node, '0.0.0.0/0', { via: own.replace(/\d+$/, '1'), device: 'eth0' }),
    );
    if (backend !== 'host-gw') {
      run(
        linkAdd(node, {
          kind: 'vxlan',
          name: 'flannel.1',
          mac: vtepMac(number),
          mtu: 1450,
          txQueueLength: 0,
          vni: 1,
          device: 'eth0',
          local: ip(own),
          dstPort: 8472,
          learning: false,
        }),
        address(node, 'flannel.1', `10.244.${number}.0`, 32, false),
        up(node, 'flannel.1'),
      );
    }
    for (const other of [1, 2, 3]) if (other !== number) run(...peerOperations(node, number, other));
  }

  /** flannel's ARP and FDB entries and route for another node. */
  function peerOperations(node: string, number: number, other: number): Operation[] {
    const subnet = `10.244.${other}.0/24`;
    const via = nodeIp(backend, other);
    const near = sameLan(via, nodeIp(backend, number));
    if (backend === 'host-gw' || (backend === 'direct' && near))
      return [route(node, subnet, { via, device: 'eth0' })];
    const gateway = `10.244.${other}.0`;
    return [
      {
        op: 'neighbour-replace',
        netns: node,
        device: 'flannel.1',
        ip: ip(gateway),
        mac: vtepMac(other),
        state: 'PERMANENT',
        origin: ORIGIN,
      },
      {
        op: 'fdb-replace',
        netns: node,
        device: 'flannel.1',
        mac: vtepMac(other),
        dst: ip(via),
        origin: ORIGIN,
      },
      route(node, subnet, { via: gateway, device: 'flannel.1', onlink: true }),
    ];
  }

  /** The CNI bridge plugin's ADD. */
  function buildPod(key: (typeof PODS)[number]): void {
    const number = Number(key[1]);
    const nodeKey = `n${number}`;
    const node = `node/${nodeKey}`;
    const pod = add(`pod/default/${key}`, 'pod', `fl${key}`);
    const mtu = backend === 'host-gw' ? 1500 : 1450;
    const gateway = `10.244.${number}.1`;
    const first = world.netns.get(node)?.links.has('cni0') !== true;
    if (first)
      run(
        linkAdd(node, { kind: 'bridge', name: 'cni0', mac: macOf(nodeKey, 'cni0'), mtu }),
        up(node, 'cni0'),
      );
    const host = devices.get(nodeKey)?.vethTo.get(`fl${key}`) ?? '';
    run(
      veth([pod, 'eth0', macOf(key, 'eth0'), mtu], [node, host, macOf(nodeKey, host), mtu]),
      up(node, host),
      { op: 'link-master', netns: node, name: host, bridge: 'cni0' },
      { op: 'bridge-port', netns: node, name: host, hairpin: true },
      address(pod, 'eth0', POD_IPS[key], 24, true),
      up(pod, 'eth0'),
      route(pod, '10.244.0.0/16', { via: gateway, device: 'eth0' }),
      route(pod, '0.0.0.0/0', { via: gateway, device: 'eth0' }),
    );
    if (first) run(address(node, 'cni0', gateway, 24, true));
  }

  function macOf(key: string, device: string): Mac {
    const mac = devices.get(key)?.macs.get(device);
    if (mac === undefined) throw new Error(`no MAC captured for ${device} of ${key}`);
    return mac;
  }
}

interface CapturedDevices {
  readonly macs: Map<string, Mac>;
  /** The veth that leads to a namespace of that name. */
  readonly vethTo: Map<string, string>;
}

function capturedDevices(backend: Backend): Map<string, CapturedDevices> {
  const devices = new Map<string, CapturedDevices>();
  for (const [key, { addr = '' }] of readCaptures(backend)) {
    const parsed = parseIpAddr(addr);
    const found: CapturedDevices = { macs: new Map(), vethTo: new Map() };
    devices.set(key, found);
    for (const { header, layer } of parsed.ok ? parsed.entries : []) {
      if (layer.type === 'ether') found.macs.set(header.name, layer.mac);
      if (layer.peerNetns !== undefined && 'name' in layer.peerNetns) {
        found.vethTo.set(layer.peerNetns.name, header.name);
      }
    }
  }
  return devices;
}

function vtepMac(number: number): Mac {
  return 0xaabbcc000000 + number;
}

function nodeIp(backend: Backend, number: number): string {
  return backend === 'direct' && number === 3 ? '192.168.60.13' : `192.168.50.1${number}`;
}

function sameLan(a: string, b: string): boolean {
  return a.split('.')[2] === b.split('.')[2];
}

export function linkAdd(netns: string, link: LinkSpec): Operation {
  return { op: 'link-add', netns, link, origin: ORIGIN };
}

export function up(netns: string, name: string): Operation {
  return { op: 'link-up', netns, name };
}

type End = readonly [netns: string, name: string, mac: Mac, mtu: number];

export function veth(a: End, b: End): Operation {
  const end = ([netns, name, mac, mtu]: End) => ({ netns, name, mac, mtu });
  return { op: 'veth-add', ends: [end(a), end(b)], origin: ORIGIN };
}

export function address(
  netns: string,
  device: string,
  text: string,
  length: number,
  broadcast: boolean,
): Operation {
  return { op: 'address-add', netns, device, ip: ip(text), length, broadcast, origin: ORIGIN };
}

type RouteOptions = Omit<RouteSpec, 'dst' | 'via' | 'prefsrc'> & {
  readonly via?: string;
  readonly prefsrc?: string;
};

export function route(netns: string, dst: string, options: RouteOptions): Operation {
  const { via, prefsrc, ...rest } = options;
  return {
    op: 'route-add',
    netns,
    route: {
      ...rest,
      dst: dst.includes('/') ? cidr(dst) : hostCidr(ip(dst)),
      ...(via === undefined ? {} : { via: ip(via) }),
      ...(prefsrc === undefined ? {} : { prefsrc: ip(prefsrc) }),
    },
    origin: ORIGIN,
  };
}
