import { ip, parseMac } from '../../src/addr/index.ts';
import type { Operation, RealServerSpec, VirtualServerSpec, World } from '../../src/kernel/index.ts';
import { must, restore, twoNodeWorld } from './two-node-world.ts';

const PROXY = { program: 'kube-proxy' } as const;

/** What kube-proxy writes beside the virtual servers, as far as one ClusterIP and one NodePort need it. */
const RULES = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN
-A KUBE-SERVICES ! -s 10.244.0.0/16 -d 10.96.0.0/12 -j KUBE-MARK-MASQ
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
-A KUBE-NODE-PORT -p tcp -m tcp --dport 30080 -j KUBE-MARK-MASQ
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -s 10.244.1.2/32 -d 10.244.1.2/32 -j MASQUERADE
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
`;

export interface IpvsWorldOptions {
  readonly servers?: readonly (readonly [ip: string, port: number, weight?: number])[];
  readonly scheduler?: string;
  readonly persistent?: number;
  readonly conntrack?: '0' | '1';
  readonly backend?: 'vxlan' | 'host-gw';
  readonly protocol?: 'tcp' | 'udp';
  readonly flags?: VirtualServerSpec['flags'];
}

export function realServer(address: string, port: number, weight = 1): RealServerSpec {
  return { ip: ip(address), port, forward: 'masq', weight };
}

/**
 * The two nodes of `twoNodeWorld` with 10.96.0.10 on kube-ipvs0 and virtual servers for it and for each node's port
 * 30080 (TCP).
 */
export function ipvsWorld(options: IpvsWorldOptions = {}): World {
  const {
    servers = [
      ['10.244.1.2', 8080],
      ['10.244.2.2', 8080],
    ] as const,
    conntrack = '1',
  } = options;
  const { scheduler = 'rr', persistent, protocol = 'tcp', backend = 'vxlan' } = options;
  const { flags = { fallback: false, port: false } } = options;
  const world = twoNodeWorld(backend);
  for (const n of [1, 2]) {
    const netns = `node/node${n}`;
    const mac = parseMac('00:00:00:00:00:01') ?? 0;
    const virtual = (address: string, port: number): Operation[] => {
      const service: VirtualServerSpec = {
        protocol,
        ip: ip(address),
        port,
        scheduler,
        flags,
        ...(persistent === undefined ? {} : { persistent }),
      };
      return [
        { op: 'ipvs-service-add', netns, service, origin: PROXY },
        ...servers.map(([to, at, weight]): Operation => {
          const server = realServer(to, at, weight);
          return { op: 'ipvs-server-add', netns, service, server, origin: PROXY };
        }),
      ];
    };
    must(world, [
      { op: 'sysctl', netns, key: 'net.ipv4.vs.conntrack', value: conntrack, origin: PROXY },
      { op: 'link-add', netns, link: { kind: 'dummy', name: 'kube-ipvs0', mac }, origin: PROXY },
      {
        op: 'address-add',
        netns,
        device: 'kube-ipvs0',
        ip: ip('10.96.0.10'),
        length: 32,
        broadcast: false,
        origin: PROXY,
      },
      ...virtual('10.96.0.10', 80),
      ...virtual(`192.168.56.${10 + n}`, 30080),
    ]);
    restore(world, netns, RULES);
  }
  return world;
}
