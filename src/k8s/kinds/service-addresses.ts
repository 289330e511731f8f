import { type Family, familyOf, type Ip } from '../../addr/index.ts';
import { ipField } from '../address-fields.ts';
import {
  child,
  duplicate,
  type Field,
  forbidden,
  invalid,
  isPresent,
  items,
  notSupported,
  oneOf,
  text,
} from '../field.ts';
import type { ServiceType } from '../objects.ts';

const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'] as const;

export interface ServiceAddresses {
  readonly headless: boolean;
  readonly clusterIPs: readonly Ip[];
  readonly ipFamilies: readonly Family[];
  readonly policy: (typeof POLICIES)[number] | undefined;
}

/** spec.clusterIP(s), ipFamilies and ipFamilyPolicy, as ValidateServiceClusterIPsRelatedFields checks them. */
export function serviceAddresses(spec: Field, type: ServiceType): ServiceAddresses {
  const policy = oneOf(child(spec, 'ipFamilyPolicy'), POLICIES, undefined);
  const ipFamilies = families(child(spec, 'ipFamilies'));
  const single = child(spec, 'clusterIP');
  const list = child(spec, 'clusterIPs');
  const first = text(single) ?? '';
  let fields = items(list);
  const texts = fields.map((field) => text(field) ?? '');
  if (type === 'ExternalName') {
    if (first !== '' && first !== 'None') forbidden(single, 'may not be set for ExternalName services');
    else if (fields.length > 0) forbidden(list, 'may not be set for ExternalName services');
    for (const name of ['ipFamilies', 'ipFamilyPolicy']) {
      const field = child(spec, name);
      if (isPresent(field)) forbidden(field, 'may not be set for ExternalName services');
    }
    return { headless: false, clusterIPs: [], ipFamilies: [], policy: undefined };
  }
  // Either may be given alone: the other is filled in (normalizeClusterIPs).
  if (fields.length === 0) {
    fields = first === '' ? [] : [single];
    if (first !== '') texts.push(first);
  } else if (first === '')
    invalid(
      { ...list, value: texts },
      'must be empty when `clusterIP` is not specified',
      `set clusterIP: ${texts[0]}`,
    );
  else if (texts[0] !== first) invalid({ ...list, value: texts }, 'first value must match `clusterIP`');

  if (texts[0] === 'None') {
    if (texts.length > 1) invalid({ ...list, value: texts }, "'None' must be the first and only value");
    if (type !== 'ClusterIP') invalid(fields[0] ?? list, `may not be set to 'None' for ${type} services`);
    return { headless: true, clusterIPs: [], ipFamilies, policy };
  }
  const clusterIPs = fields.map((field, i) => ipField(field, texts[i])).filter((ip) => ip !== undefined);
  if (clusterIPs.length < fields.length) return { headless: false, clusterIPs, ipFamilies, policy };
  if (texts.length > 2) invalid({ ...list, value: texts }, 'may only hold up to 2 values');
  if (new Set(clusterIPs.map(familyOf)).size < clusterIPs.length) {
    invalid({ ...list, value: texts }, 'may specify no more than one IP for each IP family');
  }
  for (const [i, family] of ipFamilies.entries()) {
    const ip = clusterIPs[i];
    const field = fields[i];
    if (ip === undefined || field === undefined || familyOf(ip) === family) continue;
    invalid(field, `expected an IPv${family} value as indicated by \`ipFamilies[${i}]\``);
  }
  const known = clusterIPs.map(familyOf);
  return {
    headless: false,
    clusterIPs,
    ipFamilies: known.length > ipFamilies.length ? known : ipFamilies,
    policy,
  };
}

function families(field: Field): readonly Family[] {
  const seen: Family[] = [];
  for (const item of items(field)) {
    const word = text(item);
    if (word !== 'IPv4' && word !== 'IPv6') {
      if (word !== undefined || !isPresent(item)) notSupported(item, ['IPv4', 'IPv6']);
      continue;
    }
    const family = word === 'IPv4' ? 4 : 6;
    if (seen.includes(family)) duplicate(item);
    else seen.push(family);
  }
  return seen;
}
