import type { Link, Netns } from './model.ts';

/**
 * Kernel defaults of the keys that the pipeline reads; a fresh network namespace has them. `conf.*` keys of a
 * device fall back to `conf.default`, then to these.
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  'net.ipv4.ip_forward': '0',
  'net.ipv4.ip_default_ttl': '64',
  'net.ipv4.ip_local_port_range': '32768\t60999',
  'net.ipv6.conf.all.forwarding': '0',
  'net.bridge.bridge-nf-call-iptables': '1',
  'net.bridge.bridge-nf-call-ip6tables': '1',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  'net.ipv4.conf.all.route_localnet': '0',
  'net.ipv4.conf.default.route_localnet': '0',
  'net.ipv4.conf.all.arp_ignore': '0',
  'net.ipv4.conf.default.arp_ignore': '0',
  'net.ipv4.conf.all.accept_local': '0',
  'net.ipv4.conf.default.accept_local': '0',
  'net.ipv4.conf.all.proxy_arp': '0',
  'net.ipv4.conf.default.proxy_arp': '0',
  'net.netfilter.nf_conntrack_tcp_be_liberal': '0',
};

/** Keys that are there once IPVS is (net/netfilter/ipvs/ip_vs_ctl.c). */
const IPVS_DEFAULTS: Readonly<Record<string, string>> = {
  'net.ipv4.vs.conntrack': '0',
  'net.ipv4.vs.expire_quiescent_template': '0',
  'net.ipv4.vs.snat_reroute': '1',
};

/** The value of a key as `sysctl -n` prints it; keys that nothing set have the kernel's default, or "0". */
export function sysctl(netns: Netns, key: string): string {
  const set = netns.sysctls.get(key);
  if (set !== undefined) return set.value;
  const known = DEFAULTS[key] ?? IPVS_DEFAULTS[key];
  if (known !== undefined) return known;
  const conf = /^(net\.ipv[46]\.conf\.)(.+)(\.[^.]+)$/.exec(key);
  return conf === null || conf[2] === 'default' ? '0' : sysctl(netns, `${conf[1]}default${conf[3]}`);
}

export function sysctlNumber(netns: Netns, key: string): number {
  return Number.parseInt(sysctl(netns, key), 10) || 0;
}

/** The larger of conf.all and conf.DEVICE, as IN_DEV_MAXCONF reads rp_filter, arp_ignore and others. */
export function maxConf(netns: Netns, device: string, name: string): number {
  return Math.max(
    sysctlNumber(netns, `net.ipv4.conf.all.${name}`),
    sysctlNumber(netns, `net.ipv4.conf.${device}.${name}`),
  );
}

/** The per-device settings that a packet meets, as the kernel combines conf.all and conf.DEVICE. */
export interface DeviceConf {
  readonly routeLocalnet: boolean;
  readonly rpFilter: number;
  readonly acceptLocal: boolean;
  readonly forwarding: boolean;
}

const confs = new WeakMap<Link, { readonly generation: number; readonly conf: DeviceConf }>();

/** Read for every packet, so kept until the namespace changes. */
export function deviceConf(netns: Netns, link: Link): DeviceConf {
  const known = confs.get(link);
  if (known !== undefined && known.generation === netns.generation) return known.conf;
  const own = netns.sysctls.get(`net.ipv4.conf.${link.name}.forwarding`);
  const conf: DeviceConf = {
    routeLocalnet: maxConf(netns, link.name, 'route_localnet') > 0,
    rpFilter: maxConf(netns, link.name, 'rp_filter'),
    acceptLocal: maxConf(netns, link.name, 'accept_local') > 0,
    // net.ipv4.ip_forward sets every device's switch.
    forwarding: own === undefined ? sysctlNumber(netns, 'net.ipv4.ip_forward') > 0 : own.value !== '0',
  };
  confs.set(link, { generation: netns.generation, conf });
  return conf;
}

/** Whether anything of the emulated kernel depends on a key. */
export function isSysctlRead(key: string): boolean {
  if (Object.hasOwn(DEFAULTS, key) || Object.hasOwn(IPVS_DEFAULTS, key)) return true;
  const conf = /^net\.ipv4\.conf\.(.+)\.([^.]+)$/.exec(key);
  if (conf === null) return false;
  return conf[2] === 'forwarding'
    ? conf[1] !== 'default'
    : Object.hasOwn(DEFAULTS, `net.ipv4.conf.all.${conf[2]}`);
}

/** Keys with their values, those that were set and the defaults, sorted by name. */
export function sysctls(netns: Netns): { readonly key: string; readonly value: string }[] {
  const keys = new Set([...Object.keys(DEFAULTS), ...netns.sysctls.keys()]);
  if (netns.ipvs.size > 0) for (const key of Object.keys(IPVS_DEFAULTS)) keys.add(key);
  return [...keys].sort().map((key) => ({ key, value: sysctl(netns, key) }));
}
