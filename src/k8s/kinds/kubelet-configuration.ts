import { ipField } from '../address-fields.ts';
import { child, type Field, isMapping, isPresent, items, text } from '../field.ts';
import { type KnownFields, known, warnMisspelt } from '../known-fields.ts';
import type { KubeletConfig } from '../objects.ts';
import { check, dns1123Subdomain } from '../syntax.ts';

export const KUBELET_API_VERSION = 'kubelet.config.k8s.io/v1beta1';

/** Those fields of KubeletConfiguration that have to do with names; a misspelt one of them is noticed. */
const NAME_FIELDS: KnownFields = known('clusterDNS clusterDomain resolvConf');

/** Decodes what a KubeletConfiguration says of names. kubelet has no default for the cluster's. */
export function decodeKubeletConfiguration(field: Field): KubeletConfig {
  isMapping(field);
  warnMisspelt(field, NAME_FIELDS);
  const clusterDNS = items(child(field, 'clusterDNS'))
    .map((item) => ipField(item))
    .filter((ip) => ip !== undefined);
  const domainField = child(field, 'clusterDomain');
  const clusterDomain = (text(domainField) ?? '').replace(/\.$/, '');
  if (isPresent(domainField) && clusterDomain !== '') check(domainField, clusterDomain, dns1123Subdomain);
  const resolvConf = text(child(field, 'resolvConf'));
  const { source } = field.report;
  return {
    clusterDNS,
    clusterDomain,
    ...(resolvConf === undefined ? {} : { resolvConf }),
    ...(source === undefined ? {} : { source }),
  };
}
