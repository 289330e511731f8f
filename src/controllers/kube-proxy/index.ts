/**
 * # kube-proxy
 *
 * Models kube-proxy v1.30: from Services and EndpointSlices to the rules that a node holds. `common` is what every mode
 * shares, `iptables` the iptables mode.
 *
 * Guarantees: what `iptables-save` and `ip6tables-save` show after a full sync is what the real program leaves (golden
 * tests hold it against captures of the real one); every rule carries the Service port, Service field, pod or setting
 * that it comes from.
 *
 * Leaves out: the IPVS and nftables modes; the order of services, which is random in the real program, is sorted here.
 */
import type { Family } from '../../addr/index.ts';
import type { KubeProxyConfig } from '../../k8s/index.ts';
import type { Origin, RestoreTable } from '../../kernel/index.ts';
import { type KubeProxyInput, servesLocalhost } from './common/index.ts';
import { iptablesTables } from './iptables/index.ts';

export { type HealthCheckPort, healthCheckNodePorts, type KubeProxyInput } from './common/index.ts';

/**
 * The tables that kube-proxy in iptables mode writes on a node in one family, to be committed as `iptables-restore`. It
 * does not look at `config.mode`: other modes are not modelled, and whoever builds the cluster says so.
 */
export function kubeProxyTables(input: KubeProxyInput, family: Family): RestoreTable[] {
  return iptablesTables(input, family);
}

export interface SysctlSetting {
  readonly key: string;
  readonly value: string;
  readonly origin: Origin;
}

/**
 * The sysctls that kube-proxy sets on a node: those of conntrack (setupConntrack), and route_localnet, so that 127.0.0.1
 * can serve NodePorts (NewProxier).
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
  if (!servesLocalhost(config, 4)) return conntrack;
  return [...conntrack, setting('net.ipv4.conf.all.route_localnet', 1, 'iptables.localhostNodePorts')];
}

function setting(key: string, value: number, field: string): SysctlSetting {
  const object = { kind: 'KubeProxyConfiguration', name: 'kube-proxy' };
  return { key, value: `${value}`, origin: { program: 'kube-proxy', object, field } };
}
