import type { Family } from '../../addr/index.ts';

/**
 * Names that iptables takes from the system: protocols (its own list, then /etc/protocols) and services
 * (/etc/services), as Debian ships them, and the extensions that iptables 1.8.9 installs.
 */

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  3: 'ggp',
  4: 'ipencap',
  5: 'st',
  6: 'tcp',
  8: 'egp',
  9: 'igp',
  12: 'pup',
  17: 'udp',
  20: 'hmp',
  22: 'xns-idp',
  27: 'rdp',
  29: 'iso-tp4',
  33: 'dccp',
  36: 'xtp',
  37: 'ddp',
  38: 'idpr-cmtp',
  41: 'ipv6',
  43: 'ipv6-route',
  44: 'ipv6-frag',
  45: 'idrp',
  46: 'rsvp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  57: 'skip',
  58: 'ipv6-icmp',
  59: 'ipv6-nonxt',
  60: 'ipv6-opts',
  73: 'rspf',
  81: 'vmtp',
  88: 'eigrp',
  89: 'ospf',
  93: 'ax.25',
  94: 'ipip',
  97: 'etherip',
  98: 'encap',
  103: 'pim',
  108: 'ipcomp',
  112: 'vrrp',
  115: 'l2tp',
  124: 'isis',
  132: 'sctp',
  133: 'fc',
  135: 'mobility-header',
  136: 'udplite',
  137: 'mpls-in-ip',
  138: 'manet',
  139: 'hip',
  140: 'shim6',
  141: 'wesp',
  142: 'rohc',
  143: 'ethernet',
};

const PROTOCOL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ...Object.entries(PROTOCOL_NAMES).map(([number, name]) => [name, Number(number)] as const),
  ['all', 0],
  ['icmpv6', 58],
  ['mh', 135],
]);

/** The protocol as a rule prints it: its name, or its number when it has none. */
export function protocolName(number: number): string {
  return PROTOCOL_NAMES[number] ?? String(number);
}

/** The number of a protocol given by name (any case) or number; 0 is "all"; undefined when there is none. */
export function protocolNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) <= 255 ? Number(text) : undefined;
  return PROTOCOL_NUMBERS.get(text.toLowerCase());
}

const SERVICES: ReadonlyMap<string, number> = new Map([
  ['ftp-data', 20],
  ['ftp', 21],
  ['ssh', 22],
  ['telnet', 23],
  ['smtp', 25],
  ['domain', 53],
  ['bootps', 67],
  ['bootpc', 68],
  ['tftp', 69],
  ['http', 80],
  ['www', 80],
  ['kerberos', 88],
  ['pop3', 110],
  ['sunrpc', 111],
  ['ntp', 123],
  ['imap2', 143],
  ['snmp', 161],
  ['bgp', 179],
  ['ldap', 389],
  ['https', 443],
  ['microsoft-ds', 445],
  ['isakmp', 500],
  ['syslog', 514],
  ['ldaps', 636],
  ['imaps', 993],
  ['pop3s', 995],
  ['openvpn', 1194],
  ['nfs', 2049],
  ['mysql', 3306],
  ['postgresql', 5432],
  ['redis', 6379],
  ['http-alt', 8080],
]);

/** The port of a well-known service name; undefined when it is not in the list. */
export function servicePort(name: string): number | undefined {
  return SERVICES.get(name);
}

/** Matches of iptables 1.8.9 (libxt_*, libipt_*, libip6t_*); a name outside is a mistake, not an extension. */
export const KNOWN_MATCHES: ReadonlySet<string> = new Set(
  (
    'addrtype ah bpf cgroup cluster comment connbytes connlabel connlimit connmark conntrack cpu dccp devgroup ' +
    'dscp dst ecn esp eui64 frag hashlimit hbh helper hl icmp icmp6 ipcomp iprange ipv6header ipvs length limit ' +
    'mac mark mh multiport nfacct osf owner physdev pkttype policy quota rateest realm recent rpfilter rt sctp ' +
    'set socket srh state statistic string tcp tcpmss time tos ttl u32 udp'
  ).split(' '),
);

/** Targets of iptables 1.8.9. */
export const KNOWN_TARGETS: ReadonlySet<string> = new Set(
  (
    'AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNMARK CONNSECMARK CT DNAT DNPT DSCP ECN HL HMARK IDLETIMER LED LOG MARK ' +
    'MASQUERADE NAT NETMAP NFLOG NFQUEUE NOTRACK QUEUE RATEEST REDIRECT REJECT SECMARK SET SNAT SNPT SYNPROXY ' +
    'TCPMSS TCPOPTSTRIP TEE TOS TPROXY TRACE TTL ULOG'
  ).split(' '),
);

/** Targets of one family alone; `NAT` is only a part of others. */
const ONLY_4: ReadonlySet<string> = new Set(['CLUSTERIP', 'ECN', 'TTL', 'ULOG']);
const ONLY_6: ReadonlySet<string> = new Set(['DNPT', 'HL', 'SNPT']);
const VERDICTS: ReadonlySet<string> = new Set(['ACCEPT', 'DROP', 'QUEUE', 'RETURN']);

/** Whether `-j NAME` is a target of iptables or ip6tables, so that no chain may have the name. */
export function isTargetName(name: string, family: Family): boolean {
  if (VERDICTS.has(name)) return true;
  return KNOWN_TARGETS.has(name) && name !== 'NAT' && !(family === 4 ? ONLY_6 : ONLY_4).has(name);
}
