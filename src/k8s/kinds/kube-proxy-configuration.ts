import { type Cidr, cidrFamily } from '../../addr/index.ts';
import { cidrField } from '../address-fields.ts';
import { didYouMean } from '../did-you-mean.ts';
import {
  at,
  child,
  type Field,
  flag,
  integer,
  invalid,
  isMapping,
  isPresent,
  oneOf,
  required,
  tell,
  text,
} from '../field.ts';
import { type KnownFields, known, warnMisspelt } from '../known-fields.ts';
import type { KubeProxyConfig, LocalDetector } from '../objects.ts';
import { CIDR_DETAIL, cidrList, seconds } from './kube-proxy-fields.ts';
import { decodeIpvs } from './kube-proxy-ipvs.ts';

export const KUBE_PROXY_API_VERSION = 'kubeproxy.config.k8s.io/v1alpha1';

/** Every field of KubeProxyConfiguration, v1alpha1, Kubernetes 1.30 and the ones that later versions added. */
export const KUBE_PROXY_FIELDS: KnownFields = known(
  `apiVersion kind metadata featureGates bindAddress healthzBindAddress metricsBindAddress bindAddressHardFail
   enableProfiling clusterCIDR hostnameOverride mode portRange oomScoreAdj configSyncPeriod nodePortAddresses
   showHiddenMetricsForVersion detectLocalMode windowsRunAsService udpIdleTimeout`,
  {
    clientConnection: known('kubeconfig acceptContentTypes contentType qps burst'),
    logging: known('format flushFrequency verbosity vmodule options'),
    iptables: known('masqueradeBit masqueradeAll localhostNodePorts syncPeriod minSyncPeriod'),
    ipvs: known(
      'syncPeriod minSyncPeriod scheduler excludeCIDRs strictARP tcpTimeout tcpFinTimeout udpTimeout',
    ),
    nftables: known('masqueradeBit masqueradeAll syncPeriod minSyncPeriod'),
    conntrack: known(
      'maxPerCore min tcpEstablishedTimeout tcpCloseWaitTimeout tcpBeLiberal udpTimeout udpStreamTimeout',
    ),
    detectLocal: known('bridgeInterface interfaceNamePrefix'),
    winkernel: known('networkName sourceVip enableDSR rootHnsEndpointName forwardHealthCheckVip'),
  },
);

const DETECTORS: readonly LocalDetector[] = [
  'BridgeInterface',
  'ClusterCIDR',
  'InterfaceNamePrefix',
  'NodeCIDR',
];
/**
 * Decodes, defaults and validates the configuration as kube-proxy does (pkg/proxy/apis/config). An absent
 * clusterCIDR is `defaultClusterCIDR`: empty when a configuration was given, as kube-proxy leaves it.
 */
export function decodeKubeProxyConfiguration(
  field: Field,
  defaultClusterCIDR: readonly Cidr[],
): KubeProxyConfig {
  isMapping(field);
  warnMisspelt(field, KUBE_PROXY_FIELDS);
  const iptables = child(field, 'iptables');
  const ipvs = child(field, 'ipvs');
  isMapping(iptables);
  isMapping(ipvs);
  const conntrack = child(field, 'conntrack');
  isMapping(conntrack);
  const bitField = child(iptables, 'masqueradeBit');
  const masqueradeBit = integer(bitField) ?? 14;
  if (masqueradeBit < 0 || masqueradeBit > 31) invalid(bitField, 'must be within the range [0, 31]');
  const detectLocalMode = oneOf(child(field, 'detectLocalMode'), DETECTORS, 'ClusterCIDR');
  const { source } = field.report;
  const proxyMode = mode(child(field, 'mode'));
  return {
    mode: proxyMode,
    clusterCIDR: clusterCIDR(child(field, 'clusterCIDR')) ?? defaultClusterCIDR,
    detectLocalMode,
    bridgeInterface: interfaceName(
      at(field, 'detectLocal', 'bridgeInterface'),
      detectLocalMode === 'BridgeInterface',
    ),
    interfaceNamePrefix: interfaceName(
      at(field, 'detectLocal', 'interfaceNamePrefix'),
      detectLocalMode === 'InterfaceNamePrefix',
    ),
    nodePortAddresses: cidrList(child(field, 'nodePortAddresses')),
    iptables: {
      masqueradeAll: flag(child(iptables, 'masqueradeAll')) ?? false,
      masqueradeBit,
      localhostNodePorts: flag(child(iptables, 'localhostNodePorts')) ?? true,
    },
    ipvs: decodeIpvs(ipvs, proxyMode),
    conntrack: {
      // SetDefaults_KubeProxyConfiguration: 24 h and 1 h where nothing is said.
      tcpEstablishedTimeout: isPresent(child(conntrack, 'tcpEstablishedTimeout'))
        ? seconds(child(conntrack, 'tcpEstablishedTimeout'))
        : 86_400,
      tcpCloseWaitTimeout: isPresent(child(conntrack, 'tcpCloseWaitTimeout'))
        ? seconds(child(conntrack, 'tcpCloseWaitTimeout'))
        : 3_600,
      udpTimeout: seconds(child(conntrack, 'udpTimeout')),
      udpStreamTimeout: seconds(child(conntrack, 'udpStreamTimeout')),
      tcpBeLiberal: flag(child(conntrack, 'tcpBeLiberal')) ?? false,
    },
    hostnameOverride: text(child(field, 'hostnameOverride')) ?? '',
    ...(source === undefined ? {} : { source }),
  };
}

function mode(field: Field): KubeProxyConfig['mode'] {
  const word = text(field) ?? '';
  switch (word) {
    case '':
    case 'iptables':
      return 'iptables';
    case 'ipvs':
      return 'ipvs';
    case 'nftables':
      tell(
        field,
        'error',
        'PW220',
        'kube-proxy mode "nftables" is not modelled',
        'set mode: iptables or ipvs (or --set kube-proxy.mode=iptables)',
      );
      return 'iptables';
    default: {
      const meant = didYouMean(word, ['iptables', 'ipvs']);
      invalid(
        field,
        'must be iptables, ipvs, nftables or blank (blank means the best-available proxy [currently iptables])',
        meant === undefined ? undefined : `did you mean "${meant}"?`,
      );
      return 'iptables';
    }
  }
}

/** One CIDR, or two of different families joined by a comma. Undefined when absent or empty. */
function clusterCIDR(field: Field): readonly Cidr[] | undefined {
  const value = text(field) ?? '';
  if (value === '') return isPresent(field) ? [] : undefined;
  const parts = value.split(',');
  const dual = 'only one CIDR allowed or a valid DualStack CIDR (e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)';
  if (parts.length > 2) {
    invalid(field, dual);
    return [];
  }
  const cidrs = parts.map((part) => cidrField(field, part, parts.length === 2 ? dual : CIDR_DETAIL));
  const [a, b] = cidrs;
  if (a !== undefined && b !== undefined && cidrFamily(a) === cidrFamily(b)) invalid(field, dual);
  return cidrs.filter((cidr) => cidr !== undefined);
}

function interfaceName(field: Field, needed: boolean): string {
  const name = text(field) ?? '';
  if (needed && name === '') required(field, 'must not be empty');
  return name;
}
