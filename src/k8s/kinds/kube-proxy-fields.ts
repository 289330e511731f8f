import type { Cidr } from '../../addr/index.ts';
import { cidrField } from '../address-fields.ts';
import { type Field, invalid, items, tell, text } from '../field.ts';

/** Fields of KubeProxyConfiguration that come more than once. */

export const CIDR_DETAIL = 'must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)';

export function cidrList(field: Field): readonly Cidr[] {
  const cidrs: Cidr[] = [];
  for (const item of items(field)) {
    if (item.value === 'primary') {
      // Kubernetes 1.31 and later; v1.30 refuses it as no CIDR.
      tell(item, 'error', 'PW220', '"primary" is not modelled (kube-proxy v1.30)', 'name the CIDRs');
      continue;
    }
    const cidr = cidrField(item, text(item), CIDR_DETAIL);
    if (cidr !== undefined) cidrs.push(cidr);
  }
  return cidrs;
}

/** A duration as Go writes it (`15m0s`), in seconds. */
export function seconds(field: Field): number {
  const value = text(field) ?? '';
  if (value === '' || value === '0') return 0;
  const units: Readonly<Record<string, number>> = {
    h: 3600,
    m: 60,
    s: 1,
    ms: 1e-3,
    us: 1e-6,
    µs: 1e-6,
    ns: 1e-9,
  };
  const sign = value.startsWith('-') ? -1 : 1;
  const body = value.replace(/^[-+]/, '');
  if (body.length > 40 || !/^((\d+(\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns))+$/.test(body)) {
    invalid(field, 'must be a duration (e.g. 30s, 15m or 1h30m)');
    return 0;
  }
  let sum = 0;
  for (const [, number, unit] of body.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)) {
    sum += Number(number) * (units[unit ?? 's'] ?? 1);
  }
  if (sign < 0) invalid(field, 'must be greater than or equal to 0');
  return sign < 0 ? 0 : sum;
}
