import { didYouMean } from '../did-you-mean.ts';
import { child, type Field, flag, invalid, text } from '../field.ts';
import type { KubeProxyConfig, ProxyMode } from '../objects.ts';
import { cidrList, seconds } from './kube-proxy-fields.ts';

/** The schedulers that Linux has (net/netfilter/ipvs), modelled or not. */
const SCHEDULERS = 'rr wrr lc wlc lblc lblcr sh mh dh sed nq fo ovf twos'.split(' ');

/** The field `ipvs`; in other modes kube-proxy reads it too, but does not look at its values. */
export function decodeIpvs(field: Field, mode: ProxyMode): KubeProxyConfig['ipvs'] {
  if (mode === 'ipvs') checkPeriods(field);
  return {
    scheduler: scheduler(child(field, 'scheduler'), mode),
    excludeCIDRs: cidrList(child(field, 'excludeCIDRs')),
    strictARP: flag(child(field, 'strictARP')) ?? false,
    tcpTimeout: seconds(child(field, 'tcpTimeout')),
    tcpFinTimeout: seconds(child(field, 'tcpFinTimeout')),
    udpTimeout: seconds(child(field, 'udpTimeout')),
  };
}

/** validateKubeProxyIPVSConfiguration; 0 is 30 s (SetDefaults_KubeProxyConfiguration). */
function checkPeriods(field: Field): void {
  const sync = child(field, 'syncPeriod');
  if (seconds(child(field, 'minSyncPeriod')) > (seconds(sync) || 30))
    invalid(sync, 'must be greater than or equal to ipvs.minSyncPeriod');
}

/**
 * NewProxier: "IPVS scheduler not specified, use rr by default". Any other word is tried on the kernel before kube-proxy
 * begins (CanUseIPVSProxier), which loads a module of that name.
 */
function scheduler(field: Field, mode: ProxyMode): string {
  const word = text(field) || 'rr';
  if (mode !== 'ipvs' || SCHEDULERS.includes(word)) return word;
  const meant = didYouMean(word, SCHEDULERS);
  invalid(
    field,
    "kube-proxy does not start: can't use the IPVS proxier: no such file or directory (the kernel has no such scheduler)",
    meant === undefined ? `one of ${SCHEDULERS.join(', ')}` : `did you mean "${meant}"?`,
  );
  return 'rr';
}
