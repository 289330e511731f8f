import type { AttributeTable } from './attributes.ts';

/** What `ip -d link` (iproute2 6.1) prints of each device type, in its order. */

/** ip/ipaddress.c, print_linkinfo. */
export const DEVICE_ATTRIBUTES: AttributeTable = [
  ['addrgenmode', 'word'],
  ['numtxqueues', 'int'],
  ['numrxqueues', 'int'],
  ['gso_max_size', 'int'],
  ['gso_max_segs', 'int'],
  ['tso_max_size', 'int'],
  ['tso_max_segs', 'int'],
  ['gro_max_size', 'int'],
];

/** ip/iplink_bridge.c, bridge_print_opt. */
const BRIDGE: AttributeTable = [
  ['forward_delay', 'int'],
  ['hello_time', 'int'],
  ['max_age', 'int'],
  ['ageing_time', 'int'],
  ['stp_state', 'int'],
  ['priority', 'int'],
  ['vlan_filtering', 'int'],
  ['vlan_protocol', 'word'],
  ['bridge_id', 'bridge-id'],
  ['designated_root', 'bridge-id'],
  ['root_port', 'int'],
  ['root_path_cost', 'int'],
  ['topology_change', 'int'],
  ['topology_change_detected', 'int'],
  ['hello_timer', 'timer'],
  ['tcn_timer', 'timer'],
  ['topology_change_timer', 'timer'],
  ['gc_timer', 'timer'],
  ['vlan_default_pvid', 'int'],
  ['vlan_stats_enabled', 'int'],
  ['vlan_stats_per_port', 'int'],
  ['group_fwd_mask', 'int'],
  ['group_address', 'word'],
  ['mcast_snooping', 'int'],
  ['no_linklocal_learn', 'int'],
  ['mcast_vlan_snooping', 'int'],
  ['mcast_router', 'int'],
  ['mcast_query_use_ifaddr', 'int'],
  ['mcast_querier', 'int'],
  ['mcast_hash_elasticity', 'int'],
  ['mcast_hash_max', 'int'],
  ['mcast_last_member_count', 'int'],
  ['mcast_startup_query_count', 'int'],
  ['mcast_last_member_interval', 'int'],
  ['mcast_membership_interval', 'int'],
  ['mcast_querier_interval', 'int'],
  ['mcast_query_interval', 'int'],
  ['mcast_query_response_interval', 'int'],
  ['mcast_startup_query_interval', 'int'],
  ['mcast_stats_enabled', 'int'],
  ['mcast_igmp_version', 'int'],
  ['mcast_mld_version', 'int'],
  ['nf_call_iptables', 'int'],
  ['nf_call_ip6tables', 'int'],
  ['nf_call_arptables', 'int'],
];

/** ip/iplink_vxlan.c, vxlan_print_opt. */
const VXLAN: AttributeTable = [
  ['id', 'int'],
  ['group', 'word'],
  ['remote', 'word'],
  ['local', 'word'],
  ['dev', 'word'],
  ['srcport', 'pair'],
  ['dstport', 'int'],
  ['nolearning', 'alone'],
  ['proxy', 'alone'],
  ['rsc', 'alone'],
  ['l2miss', 'alone'],
  ['l3miss', 'alone'],
  ['tos', 'word'],
  ['ttl', 'word'],
  ['ageing', 'word'],
  ['udpcsum', 'alone'],
  ['noudpcsum', 'alone'],
  ['udp6zerocsumtx', 'alone'],
  ['noudp6zerocsumtx', 'alone'],
  ['udp6zerocsumrx', 'alone'],
  ['noudp6zerocsumrx', 'alone'],
  ['gbp', 'alone'],
];

/** ip/iptuntap.c (print_type and flags), as iplink_tun.c prints them. */
const TUN: AttributeTable = [
  ['type', 'word'],
  ['pi', 'switch'],
  ['vnet_hdr', 'switch'],
  ['multi_queue', 'alone'],
  ['persist', 'switch'],
];

export type DetailedKind = 'veth' | 'bridge' | 'vxlan' | 'dummy' | 'tun';

export const KIND_ATTRIBUTES: { readonly [K in DetailedKind]: AttributeTable } = {
  veth: [],
  dummy: [],
  bridge: BRIDGE,
  vxlan: VXLAN,
  tun: TUN,
};

/** ip/iplink_bridge_slave.c, bridge_slave_print_opt. */
export const PORT_ATTRIBUTES: AttributeTable = [
  ['state', 'word'],
  ['priority', 'int'],
  ['cost', 'int'],
  ['hairpin', 'switch'],
  ['guard', 'switch'],
  ['root_block', 'switch'],
  ['fastleave', 'switch'],
  ['learning', 'switch'],
  ['flood', 'switch'],
  ['port_id', 'hex'],
  ['port_no', 'hex'],
  ['designated_port', 'int'],
  ['designated_cost', 'int'],
  ['designated_bridge', 'bridge-id'],
  ['designated_root', 'bridge-id'],
  ['hold_timer', 'timer'],
  ['message_age_timer', 'timer'],
  ['forward_delay_timer', 'timer'],
  ['topology_change_ack', 'int'],
  ['config_pending', 'int'],
  ['proxy_arp', 'switch'],
  ['proxy_arp_wifi', 'switch'],
  ['mcast_router', 'int'],
  ['mcast_fast_leave', 'switch'],
  ['mcast_flood', 'switch'],
  ['bcast_flood', 'switch'],
  ['mcast_to_unicast', 'switch'],
  ['neigh_suppress', 'switch'],
  ['group_fwd_mask', 'int'],
  ['group_fwd_mask_str', 'word'],
  ['vlan_tunnel', 'switch'],
  ['isolated', 'switch'],
  ['locked', 'switch'],
];

/** bridge/link.c, print_protinfo: the second line of `bridge -d link`. */
export const BRIDGE_LINK_ATTRIBUTES: AttributeTable = [
  ['hairpin', 'switch'],
  ['guard', 'switch'],
  ['root_block', 'switch'],
  ['fastleave', 'switch'],
  ['learning', 'switch'],
  ['flood', 'switch'],
  ['mcast_flood', 'switch'],
  ['bcast_flood', 'switch'],
  ['mcast_router', 'int'],
  ['mcast_to_unicast', 'switch'],
  ['neigh_suppress', 'switch'],
  ['vlan_tunnel', 'switch'],
  ['isolated', 'switch'],
  ['locked', 'switch'],
];
