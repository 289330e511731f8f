import { describe, expect, it } from 'vitest';
import { cidr, formatCidr, formatIp, formatMac } from '../../../src/addr/index.ts';
import {
  flannelOperations,
  flannelTables,
  leasesOf,
  peerOperations,
  podMtu,
  unreachablePeers,
} from '../../../src/controllers/flannel/index.ts';
import { printRule } from '../../../src/formats/index.ts';
import type { FlannelConfig, Node } from '../../../src/k8s/index.ts';
import type { Operation } from '../../../src/kernel/index.ts';
import { HOST_GW, LAN, labels, lan, meta, node, VXLAN } from './objects.ts';

const PREFIX = 'flannel.alpha.coreos.com/';

function annotated(
  name: string,
  address: string,
  subnet: string,
  data: Readonly<Record<string, string>>,
): Node {
  const annotations = labels(Object.fromEntries(Object.entries(data).map(([k, v]) => [PREFIX + k, v])));
  return node(name, [address], [subnet], { meta: meta(name, '', { annotations }) });
}

const NODES = [
  annotated('n1', '192.168.56.11', '10.244.1.0/24', {
    'backend-data': '{"VNI":1,"VtepMAC":"aa:bb:cc:00:00:01"}',
  }),
  annotated('n2', '192.168.56.12', '10.244.2.0/24', {
    'backend-data': '{"VNI":1,"VtepMAC":"aa:bb:cc:00:00:02"}',
  }),
  node('n3', ['192.168.60.13'], ['10.244.3.0/24']),
];
const TWO_LANS = {
  ...LAN,
  networks: [lan('a', '192.168.56.0/24', '192.168.56.1'), lan('b', '192.168.60.0/24', '192.168.60.1', 9000)],
};

/** Operations as the commands that they are named after. */
function commands(operations: readonly Operation[]): string[] {
  return operations.map((o) => {
    switch (o.op) {
      case 'link-add':
        return `link add ${o.link.name} ${formatMac(o.link.mac)} mtu ${o.link.mtu} qlen ${o.link.txQueueLength}`;
      case 'address-add':
        return `addr add ${formatIp(o.ip)}/${o.length} dev ${o.device}${o.broadcast ? ' brd +' : ''}`;
      case 'neighbour-replace':
        return `neigh replace ${formatIp(o.ip)} lladdr ${formatMac(o.mac)} dev ${o.device} ${o.state}`;
      case 'fdb-replace':
        return `fdb replace ${formatMac(o.mac)} dev ${o.device} dst ${formatIp(o.dst)}`;
      case 'route-replace': {
        const { dst, via, device, onlink } = o.route;
        return `route replace ${formatCidr(dst)} via ${formatIp(via ?? 0)} dev ${device}${onlink ? ' onlink' : ''}`;
      }
      default:
        return o.op;
    }
  });
}

function operationsOf(nodes: readonly Node[], name: string, config: FlannelConfig): string[] {
  const { leases } = leasesOf(nodes, config, TWO_LANS);
  const own = leases.get(name);
  if (own === undefined) throw new Error(`no lease of ${name}`);
  return commands([...flannelOperations(own, config), ...peerOperations(own, leases, config)]);
}

describe('flannel with vxlan', () => {
  it('makes its device and then for each peer ARP, FDB and route', () => {
    expect(operationsOf(NODES.slice(0, 2), 'n1', VXLAN)).toEqual([
      'link add flannel.1 aa:bb:cc:00:00:01 mtu 1450 qlen 0',
      'addr add 10.244.1.0/32 dev flannel.1',
      'link-up',
      'neigh replace 10.244.2.0 lladdr aa:bb:cc:00:00:02 dev flannel.1 PERMANENT',
      'fdb replace aa:bb:cc:00:00:02 dev flannel.1 dst 192.168.56.12',
      'route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink',
    ]);
  });

  it('names the device by its VNI and counts its own MTU from the one configured or the one of the LAN', () => {
    if (VXLAN.backend.type !== 'vxlan') throw new Error('not vxlan');
    const config: FlannelConfig = { ...VXLAN, backend: { ...VXLAN.backend, vni: 7, mtu: 1400 } };
    expect(operationsOf(NODES, 'n3', config)[0]).toMatch(/^link add flannel\.7 .* mtu 1350 /);
    const lease = leasesOf(NODES, VXLAN, TWO_LANS).leases.get('n3');
    expect(lease && podMtu(lease, VXLAN)).toBe(8950);
    expect(lease && podMtu(lease, HOST_GW)).toBe(9000);
  });

  it('with DirectRouting routes to peers on its LAN and tunnels to the others', () => {
    if (VXLAN.backend.type !== 'vxlan') throw new Error('not vxlan');
    const config: FlannelConfig = { ...VXLAN, backend: { ...VXLAN.backend, directRouting: true } };
    const routes = operationsOf(NODES, 'n1', config).filter((c) => c.startsWith('route'));
    expect(routes).toEqual([
      'route replace 10.244.2.0/24 via 192.168.56.12 dev eth0',
      'route replace 10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink',
    ]);
  });

  it('gives a node without annotation a MAC that is local, unicast and always the same', () => {
    const macOf = (): number | undefined =>
      leasesOf(NODES, VXLAN, TWO_LANS).leases.get('n3')?.families.get(4)?.vtepMac;
    expect(macOf()).toBe(macOf());
    expect(Math.floor((macOf() ?? 0) / 2 ** 40) & 3).toBe(2);
  });

  it('sends to the address of public-ip-overwrite, before public-ip', () => {
    const behindNat = annotated('n2', '192.168.56.12', '10.244.2.0/24', {
      'public-ip': '192.168.56.12',
      'public-ip-overwrite': '198.51.100.2',
    });
    const fdb = operationsOf([NODES[0] as Node, behindNat], 'n1', VXLAN).find((c) => c.startsWith('fdb'));
    expect(fdb).toMatch(/dst 198\.51\.100\.2$/);
  });

  it('writes the twin device and its peers for IPv6', () => {
    const dual: FlannelConfig = { ...VXLAN, enableIPv6: true, ipv6Network: cidr('fd00:244::/48') };
    const nodes = [1, 2].map((i) =>
      node(`n${i}`, [`192.168.56.1${i}`, `fd00:56::1${i}`], [`10.244.${i}.0/24`, `fd00:244:0:${i}::/64`]),
    );
    const six = operationsOf(nodes, 'n1', dual).filter(
      (c) => c.includes('flannel-v6.1') && !c.startsWith('link'),
    );
    expect(six.map((c) => c.replace(/[0-9a-f]{2}(:[0-9a-f]{2}){5}/, 'MAC'))).toEqual([
      'addr add fd00:244:0:1::/128 dev flannel-v6.1',
      'neigh replace fd00:244:0:2:: lladdr MAC dev flannel-v6.1 PERMANENT',
      'fdb replace MAC dev flannel-v6.1 dst fd00:56::12',
      'route replace fd00:244:0:2::/64 via fd00:244:0:2:: dev flannel-v6.1 onlink',
    ]);
  });
});

describe('flannel with host-gw', () => {
  it('writes one route for each peer and no device', () => {
    expect(operationsOf(NODES.slice(0, 2), 'n1', HOST_GW)).toEqual([
      'route replace 10.244.2.0/24 via 192.168.56.12 dev eth0',
    ]);
  });

  it('tells once for each further LAN that the next hop is in another subnet', () => {
    const { leases } = leasesOf(NODES, HOST_GW, TWO_LANS);
    expect(unreachablePeers(leases, HOST_GW).map((d) => [d.severity, d.code, d.message, d.fix])).toEqual([
      [
        'error',
        'PW431',
        'host-gw: Node n1 (LAN 192.168.56.0/24) cannot route 10.244.3.0/24 via 192.168.60.13 of Node n3 (LAN 192.168.60.0/24): the next hop is in another subnet',
        'if n1 and n3 are on one LAN, state the networks in a Topology: networks: [{ name: lan, cidr: ... }]; if not, use "Backend": {"Type": "vxlan", "DirectRouting": true}',
      ],
    ]);
    expect(unreachablePeers(leases, VXLAN)).toEqual([]);
    expect(operationsOf(NODES, 'n3', HOST_GW)).toEqual([]);
  });

  it('refuses a public address that is not the interface address', () => {
    const nat = annotated('n2', '192.168.56.12', '10.244.2.0/24', { 'public-ip-overwrite': '198.51.100.2' });
    expect(leasesOf([nat], HOST_GW, LAN).diagnostics.map((d) => d.code)).toEqual(['PW432']);
    expect(leasesOf([nat], VXLAN, LAN).diagnostics).toEqual([]);
  });
});

describe('leases', () => {
  it('outside the Network are fatal, in the words of flannel', () => {
    const { diagnostics } = leasesOf([node('n', ['192.168.56.11'], ['10.245.1.0/24'])], VXLAN, LAN);
    expect(diagnostics.map((d) => [d.code, d.message])).toEqual([
      [
        'PW430',
        'subnet "10.244.0.0/16" specified in the flannel net config doesn\'t contain "10.245.1.0/24" PodCIDR of the "n" node',
      ],
    ]);
  });

  it('skip nodes that something else manages', () => {
    const other = annotated('n', '192.168.56.11', '10.244.1.0/24', { 'kube-subnet-manager': 'false' });
    expect([...leasesOf([other], VXLAN, LAN).leases.keys()]).toEqual([]);
  });

  it.each([
    ['not JSON', '{', 'PW435'],
    ['without VtepMAC', '{"VNI":1}', 'PW435'],
    ['with a group address', '{"VtepMAC":"01:00:5e:00:00:01"}', 'PW435'],
  ])('assume a MAC, with a warning, for backend-data %s', (_, data, code) => {
    const broken = annotated('n', '192.168.56.11', '10.244.1.0/24', { 'backend-data': data });
    expect(leasesOf([broken], VXLAN, LAN).diagnostics.map((d) => d.code)).toEqual([code]);
  });

  it('refuse an annotation that is no address', () => {
    const broken = annotated('n', '192.168.56.11', '10.244.1.0/24', { 'public-ip': 'eth0' });
    expect(leasesOf([broken], VXLAN, LAN).diagnostics.map((d) => [d.severity, d.code])).toEqual([
      ['error', 'PW434'],
    ]);
  });
});

describe('the rules of flannel', () => {
  it('are those that iptables -S prints on a real node', () => {
    const lease = leasesOf(NODES, VXLAN, TWO_LANS).leases.get('n1');
    if (lease === undefined) throw new Error('no lease');
    const text = flannelTables(lease, VXLAN, 4).flatMap((t) =>
      t.rules.map(({ chain, rule }) => `-A ${chain} ${printRule(rule, 4)}`),
    );
    const masq = '-m comment --comment "flanneld masq"';
    const forward = '-m comment --comment "flanneld forward"';
    expect(text).toEqual([
      `-A POSTROUTING ${masq} -j FLANNEL-POSTRTG`,
      `-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 ${masq} -j RETURN`,
      `-A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 ${masq} -j RETURN`,
      `-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 ${masq} -j RETURN`,
      `-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 ${masq} -j RETURN`,
      `-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 ${masq} -j MASQUERADE --random-fully`,
      `-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 ${masq} -j MASQUERADE --random-fully`,
      `-A FORWARD ${forward} -j FLANNEL-FWD`,
      `-A FLANNEL-FWD -s 10.244.0.0/16 ${forward} -j ACCEPT`,
      `-A FLANNEL-FWD -d 10.244.0.0/16 ${forward} -j ACCEPT`,
    ]);
    expect(flannelTables(lease, VXLAN, 6)).toEqual([]);
  });
});
