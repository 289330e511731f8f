/**
 * # kube-proxy
 *
 * Models kube-proxy v1.30: from Services and EndpointSlices to what a node holds. `common` is what every mode shares,
 * `iptables` the iptables mode (the mode where none is configured), `ipvs` the IPVS mode.
 *
 * Guarantees: what `iptables-save`, `ip6tables-save`, `ipset save`, `ipvsadm -Ln` and `ip addr` show after a full sync is
 * what the real program leaves (golden tests hold it against captures of the real one); every rule, set entry, virtual
 * server and address carries the Service port, Service field, pod or setting that it comes from.
 *
 * Leaves out: the nftables mode; the order of services, which is random in the real program, is sorted here.
 */
import type { Family, Ip } from '../../addr/index.ts';
import type { KubeProxyConfig } from '../../k8s/index.ts';
import type { IpSet, IpvsTimeouts, Origin, RestoreTable, VirtualServer } from '../../kernel/index.ts';
import { configOrigin, type KubeProxyInput, servesLocalhost } from './common/index.ts';
import { iptablesTables } from './iptables/index.ts';
import { filledSets, ipvsState, ipvsTables } from './ipvs/index.ts';

export { type HealthCheckPort, healthCheckNodePorts, type KubeProxyInput } from './common/index.ts';

/** The dummy device that holds the addresses of Services in IPVS mode, so that the node takes their traffic as its own. */
export const IPVS_DEVICE = 'kube-ipvs0';

/**
 * The tables that kube-proxy writes on a node in one family, to be committed as `iptables-restore`. In IPVS mode their
 * rules name the sets of `ipvsSync`.
 */
export function kubeProxyTables(input: KubeProxyInput, family: Family): RestoreTable[] {
  switch (input.config.mode) {
    case 'ipvs':
      return ipvsTables(input, family, ipvsState(input, family));
    case 'iptables':
    case 'nftables':
      return iptablesTables(input, family);
  }
}

/** What kube-proxy in IPVS mode holds on a node besides rules. */
export interface IpvsSync {
  /** Of kube-ipvs0. */
  readonly addresses: readonly { readonly ip: Ip; readonly origin: Origin }[];
  readonly sets: readonly IpSet[];
  readonly services: readonly VirtualServer[];
}

/**
 * The addresses, sets and virtual servers of a node in IPVS mode. `nodeLocalAddresses` of the input must leave out those of
 * kube-ipvs0 itself.
 */
export function ipvsSync(input: KubeProxyInput, families: readonly Family[]): IpvsSync {
  const states = families.map((family) => ({ family, state: ipvsState(input, family) }));
  return {
    addresses: states.flatMap(({ state }) => Array.from(state.bound, ([ip, origin]) => ({ ip, origin }))),
    sets: states.flatMap(({ family, state }) => filledSets(state.sets, family)),
    services: states.flatMap(({ state }) => [...state.services.values()]),
  };
}

const serviceAddresses = new WeakMap<KubeProxyInput['services'], ReadonlySet<Ip>>();

/** Whether IPVS mode may give an address to kube-ipvs0 of some node: cheap, and never a false no. */
export function mayBindAddress(services: KubeProxyInput['services'], ip: Ip): boolean {
  let all = serviceAddresses.get(services);
  if (all === undefined) {
    all = new Set(
      services.flatMap(({ clusterIPs, externalIPs, loadBalancerIngress }) => [
        ...clusterIPs,
        ...externalIPs,
        ...loadBalancerIngress.flatMap(({ ip }) => (ip === undefined ? [] : [ip])),
      ]),
    );
    serviceAddresses.set(services, all);
  }
  return all.has(ip);
}

export interface SysctlSetting {
  readonly key: string;
  readonly value: string;
  readonly origin: Origin;
}

/**
 * The sysctls that kube-proxy sets on a node: those of conntrack (setupConntrack), and those of its mode (NewProxier). In
 * iptables mode that is route_localnet, so that 127.0.0.1 can serve NodePorts.
 */
export function kubeProxySysctls(config: KubeProxyConfig): SysctlSetting[] {
  const { tcpEstablishedTimeout, tcpCloseWaitTimeout, tcpBeLiberal, udpTimeout, udpStreamTimeout } =
    config.conntrack;
  const settings: [key: string, value: number, field: string][] = [
    ['nf_conntrack_tcp_timeout_established', tcpEstablishedTimeout, 'tcpEstablishedTimeout'],
    ['nf_conntrack_tcp_timeout_close_wait', tcpCloseWaitTimeout, 'tcpCloseWaitTimeout'],
    ['nf_conntrack_tcp_be_liberal', tcpBeLiberal ? 1 : 0, 'tcpBeLiberal'],
    ['nf_conntrack_udp_timeout', udpTimeout, 'udpTimeout'],
    ['nf_conntrack_udp_timeout_stream', udpStreamTimeout, 'udpStreamTimeout'],
  ];
  // int(Duration / time.Second)
  const conntrack = settings
    .map(([key, value, field]) => ({ key, value: Math.floor(value), field }))
    .filter(({ value }) => value > 0)
    .map(({ key, value, field }) => setting(`net.netfilter.${key}`, value, `conntrack.${field}`));
  return [...conntrack, ...modeSysctls(config)];
}

function modeSysctls(config: KubeProxyConfig): SysctlSetting[] {
  if (config.mode === 'ipvs') return ipvsSysctls(config);
  if (!servesLocalhost(config, 4)) return [];
  return [setting('net.ipv4.conf.all.route_localnet', 1, 'iptables.localhostNodePorts')];
}

/**
 * The timeouts that kube-proxy gives IPVS in IPVS mode, when it is told any (NewProxier, ConfigureTimeouts); 0 leaves one
 * as it is. Seconds.
 */
export function ipvsTimeouts({ mode, ipvs }: KubeProxyConfig): IpvsTimeouts | undefined {
  const timeouts = {
    tcp: Math.floor(ipvs.tcpTimeout),
    tcpFin: Math.floor(ipvs.tcpFinTimeout),
    udp: Math.floor(ipvs.udpTimeout),
  };
  const given = timeouts.tcp > 0 || timeouts.tcpFin > 0 || timeouts.udp > 0;
  return mode === 'ipvs' && given ? timeouts : undefined;
}

/** net.ipv4.vs.conn_reuse_mode stays as it is since Linux 5.9. */
function ipvsSysctls(config: KubeProxyConfig): SysctlSetting[] {
  const settings = [
    setting('net.ipv4.vs.conntrack', 1, 'mode'),
    setting('net.ipv4.vs.expire_nodest_conn', 1, 'mode'),
    setting('net.ipv4.vs.expire_quiescent_template', 1, 'mode'),
    setting('net.ipv4.ip_forward', 1, 'mode'),
  ];
  if (!config.ipvs.strictARP) return settings;
  return [
    ...settings,
    setting('net.ipv4.conf.all.arp_ignore', 1, 'ipvs.strictARP'),
    setting('net.ipv4.conf.all.arp_announce', 2, 'ipvs.strictARP'),
  ];
}

function setting(key: string, value: number, field: string): SysctlSetting {
  return { key, value: `${value}`, origin: configOrigin(field) };
}
