import { formatIp, type Mac } from '../addr/index.ts';
import type { Bridge, Link, Netns, World } from '../kernel/index.ts';
import { type Attribute, attributesOf, formatAttributes, readAttributes } from './attributes.ts';
import { DEVICE_ATTRIBUTES, type DetailedKind, KIND_ATTRIBUTES, PORT_ATTRIBUTES } from './link-attributes.ts';
import { fitsIpv6 } from './link-local.ts';
import { masterOf, portForwards } from './link-state.ts';

/** What `-d` adds to a device of `ip link`. */
export interface LinkDetail {
  readonly promiscuity: number;
  readonly allmulti: number;
  readonly minMtu: number;
  readonly maxMtu: number;
  readonly kind?: { readonly name: DetailedKind; readonly attributes: readonly Attribute[] };
  /** The `bridge_slave` line of a bridge's port. */
  readonly port?: readonly Attribute[];
  readonly device: readonly Attribute[];
}

/** `8000.` and the bridge's MAC; ip prints its bytes without leading zeros. */
function bridgeId(mac: Mac): string {
  const bytes = mac.toString(16).padStart(12, '0').match(/../g) ?? [];
  return `8000.${bytes.map((byte) => Number.parseInt(byte, 16).toString(16)).join(':')}`;
}

export function linkDetailOf(link: Link, netns: Netns, world: World): LinkDetail {
  const bridge = masterOf(link, netns);
  const port = bridge === undefined ? undefined : portAttributes(link, bridge, netns, world);
  const queues = link.kind === 'veth' ? 2 : 1;
  return {
    promiscuity: (bridge === undefined ? 0 : 1) + (link.promisc === true ? 1 : 0),
    allmulti: bridge === undefined ? 0 : 1,
    minMtu: link.kind === 'loopback' || link.kind === 'dummy' ? 0 : 68,
    maxMtu: link.kind === 'loopback' || link.kind === 'dummy' ? 0 : 65535,
    ...(link.kind === 'loopback' ? {} : { kind: { name: link.kind, attributes: kindAttributes(link) } }),
    ...(port === undefined ? {} : { port }),
    device: attributesOf(DEVICE_ATTRIBUTES, {
      ...(fitsIpv6(link) ? { addrgenmode: 'eui64' } : {}),
      numtxqueues: queues,
      numrxqueues: queues,
      gso_max_size: 65536,
      gso_max_segs: 65535,
      // A bridge takes the least of its ports' limits (br_set_gso_limits); a tun has the default.
      tso_max_size:
        link.kind === 'tun' || (link.kind === 'bridge' && link.ports.length === 0) ? 65536 : 524280,
      tso_max_segs: 65535,
      gro_max_size: 65536,
    }),
  };
}

function kindAttributes(link: Exclude<Link, { kind: 'loopback' }>): Attribute[] {
  switch (link.kind) {
    case 'veth':
    case 'dummy':
      return [];
    case 'tun':
      return attributesOf(KIND_ATTRIBUTES.tun, { type: 'tun', pi: false, vnet_hdr: false, persist: false });
    case 'vxlan':
      return attributesOf(KIND_ATTRIBUTES.vxlan, {
        id: link.vni,
        local: formatIp(link.local),
        dev: link.device,
        srcport: '0 0',
        dstport: link.dstPort,
        nolearning: !link.learning,
        ttl: 'auto',
        ageing: 300,
        udpcsum: true,
        noudp6zerocsumtx: true,
        noudp6zerocsumrx: true,
      });
    case 'bridge':
      return attributesOf(KIND_ATTRIBUTES.bridge, {
        ...BRIDGE_DEFAULTS,
        bridge_id: bridgeId(link.mac),
        designated_root: bridgeId(link.mac),
        nf_call_iptables: link.nfCallIptables ? 1 : 0,
      });
  }
}

/** net/bridge/br_device.c, br_dev_setup; times in hundredths of a second, timers as if none ran. */
const BRIDGE_DEFAULTS: { readonly [name: string]: string | number } = {
  forward_delay: 1500,
  hello_time: 200,
  max_age: 2000,
  ageing_time: 30000,
  stp_state: 0,
  priority: 32768,
  vlan_filtering: 0,
  root_port: 0,
  root_path_cost: 0,
  topology_change: 0,
  topology_change_detected: 0,
  hello_timer: '0.00',
  tcn_timer: '0.00',
  topology_change_timer: '0.00',
  gc_timer: '0.00',
  group_fwd_mask: 0,
  group_address: '01:80:c2:00:00:00',
  mcast_snooping: 1,
  no_linklocal_learn: 0,
  mcast_vlan_snooping: 0,
  mcast_router: 1,
  mcast_query_use_ifaddr: 0,
  mcast_querier: 0,
  mcast_hash_elasticity: 16,
  mcast_hash_max: 4096,
  mcast_last_member_count: 2,
  mcast_startup_query_count: 2,
  mcast_last_member_interval: 100,
  mcast_membership_interval: 26000,
  mcast_querier_interval: 25500,
  mcast_query_interval: 12500,
  mcast_query_response_interval: 1000,
  mcast_startup_query_interval: 3124,
  mcast_stats_enabled: 0,
  mcast_igmp_version: 2,
  mcast_mld_version: 1,
  nf_call_ip6tables: 0,
  nf_call_arptables: 0,
};

function portAttributes(link: Link, bridge: Bridge, netns: Netns, world: World): Attribute[] {
  const number = link.port?.number ?? 0;
  return attributesOf(PORT_ATTRIBUTES, {
    state: portForwards(link, netns, world) ? 'forwarding' : 'disabled',
    priority: 32,
    cost: 2,
    hairpin: link.port?.hairpin,
    guard: false,
    root_block: false,
    fastleave: false,
    learning: link.port?.learning,
    flood: link.port?.flood,
    port_id: `0x${(0x8000 + number).toString(16)}`,
    port_no: `0x${number.toString(16)}`,
    designated_port: 0x8000 + number,
    designated_cost: 0,
    designated_bridge: bridgeId(bridge.mac),
    designated_root: bridgeId(bridge.mac),
    hold_timer: '0.00',
    message_age_timer: '0.00',
    forward_delay_timer: '0.00',
    topology_change_ack: 0,
    config_pending: 0,
    proxy_arp: false,
    proxy_arp_wifi: false,
    mcast_router: 1,
    mcast_fast_leave: false,
    mcast_flood: true,
    bcast_flood: true,
    mcast_to_unicast: false,
    neigh_suppress: false,
    group_fwd_mask: 0,
    group_fwd_mask_str: '0x0',
    vlan_tunnel: false,
    isolated: false,
    locked: false,
  });
}

/** What follows the `link/...` line, up to the end of the device's last line. */
export function formatLinkDetail(detail: LinkDetail): string {
  const { kind, port } = detail;
  const device = formatAttributes(detail.device, DEVICE_ATTRIBUTES);
  const lines = [
    ` promiscuity ${detail.promiscuity}  allmulti ${detail.allmulti} minmtu ${detail.minMtu} maxmtu ${detail.maxMtu} `,
  ];
  if (kind !== undefined) {
    lines.push(`    ${kind.name} ${formatAttributes(kind.attributes, KIND_ATTRIBUTES[kind.name])}`);
  }
  if (port !== undefined) lines.push(`    bridge_slave ${formatAttributes(port, PORT_ATTRIBUTES)}`);
  return `${lines.join('\n')}${device}`;
}

const COUNTERS = /^ promiscuity (\d{1,9}) {2}allmulti (\d{1,9}) minmtu (\d{1,9}) maxmtu (\d{1,10}) /;
const KIND = /^ {4}(veth|bridge|vxlan|dummy|tun) /;

/** Reads the rest of the `link/...` line and the lines below it. */
export function readLinkDetail(
  rest: string,
  below: readonly string[],
):
  | { readonly ok: true; readonly detail: LinkDetail; readonly lines: number }
  | { readonly ok: false; at: number } {
  const counters = COUNTERS.exec(rest);
  if (counters === null) return { ok: false, at: 0 };
  const [all, promiscuity, allmulti, minMtu, maxMtu] = counters;
  let text = rest;
  let end = all.length;
  let lines = 0;
  let kind: LinkDetail['kind'];
  let port: readonly Attribute[] | undefined;
  const kindMatch = KIND.exec(below[0] ?? '');
  if (end === rest.length && kindMatch !== null) {
    const name = kindMatch[1] as DetailedKind;
    text = below[lines++] ?? '';
    const read = readAttributes(text, kindMatch[0].length, KIND_ATTRIBUTES[name]);
    kind = { name, attributes: read.attributes };
    end = read.end;
  }
  const slave = '    bridge_slave ';
  if (end === text.length && below[lines]?.startsWith(slave) === true) {
    text = below[lines++] ?? '';
    const read = readAttributes(text, slave.length, PORT_ATTRIBUTES);
    port = read.attributes;
    end = read.end;
  }
  const device = readAttributes(text, end, DEVICE_ATTRIBUTES);
  if (device.end !== text.length) return { ok: false, at: lines };
  const detail = {
    promiscuity: Number(promiscuity),
    allmulti: Number(allmulti),
    minMtu: Number(minMtu),
    maxMtu: Number(maxMtu),
    ...(kind === undefined ? {} : { kind }),
    ...(port === undefined ? {} : { port }),
    device: device.attributes,
  };
  return { ok: true, detail, lines };
}
