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

/** The sysctls that kube-proxy sets on a node: route_localnet, so that 127.0.0.1 can serve NodePorts (NewProxier). */
export function kubeProxySysctls(config: KubeProxyConfig): SysctlSetting[] {
  if (!servesLocalhost(config, 4)) return [];
  return [
    {
      key: 'net.ipv4.conf.all.route_localnet',
      value: '1',
      origin: {
        program: 'kube-proxy',
        object: { kind: 'KubeProxyConfiguration', name: 'kube-proxy' },
        field: 'iptables.localhostNodePorts',
      },
    },
  ];
}
