import { type Cidr, cidrFamily, formatCidr, type Ip } from '../../addr/index.ts';
import { cidrField, ipField } from '../address-fields.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { Draft } from '../draft.ts';
import {
  at,
  child,
  type Field,
  flag,
  invalid,
  isPresent,
  items,
  notSupported,
  records,
  required,
  tell,
  text,
} from '../field.ts';
import type { Taint } from '../objects.ts';
import { check, dns1123Subdomain, labelValue, qualifiedName } from '../syntax.ts';
import { decodeMeta } from './meta.ts';
import { TAINT_EFFECTS } from './scheduling.ts';

export function decodeNode(field: Field, draft: Draft): void {
  const spec = child(field, 'spec');
  const meta = decodeMeta(field, { namespaced: false, nameRule: dns1123Subdomain });
  draft.nodes.push({
    object: {
      kind: 'Node',
      meta,
      podCIDRs: podCIDRs(spec),
      internalIPs: internalIPs(field),
      unschedulable: flag(child(spec, 'unschedulable')) ?? false,
      taints: records(child(spec, 'taints')).map(taint),
      ready: isReady(field),
    },
    field,
  });
}

function podCIDRs(spec: Field): readonly Cidr[] {
  const single = child(spec, 'podCIDR');
  const list = child(spec, 'podCIDRs');
  const first = text(single) ?? '';
  const fields = items(list);
  // Conversion v1 -> internal: where both are set and differ, podCIDR is authoritative, for older clients.
  if (first !== '' && fields[0]?.value !== first) {
    if (isPresent(list) && fields.length > 0) {
      tell(
        single,
        'warning',
        'PW214',
        `Invalid value: "${first}": it differs from podCIDRs[0], which is ignored`,
        'make spec.podCIDR and spec.podCIDRs[0] the same',
      );
    }
    const cidr = cidrField(single, first);
    return cidr === undefined ? [] : [cidr];
  }
  const cidrs = fields.map((item) => cidrField(item)).filter((cidr) => cidr !== undefined);
  const families = new Set(cidrs.map(cidrFamily));
  if (families.size < cidrs.length) {
    invalid(
      { ...list, value: cidrs.map(formatCidr) },
      'may specify no more than one CIDR for each IP family',
    );
  }
  return cidrs;
}

const ADDRESS_TYPES: readonly string[] = [
  'Hostname',
  'InternalIP',
  'ExternalIP',
  'InternalDNS',
  'ExternalDNS',
];

function internalIPs(root: Field): readonly Ip[] {
  const ips: Ip[] = [];
  for (const address of records(at(root, 'status', 'addresses'))) {
    const type = text(child(address, 'type'));
    // The API server takes any type; one that nobody knows is nearly always a slip that loses the address.
    if (type !== undefined && !ADDRESS_TYPES.includes(type)) {
      const meant = didYouMean(type, ADDRESS_TYPES);
      tell(
        child(address, 'type'),
        'warning',
        'PW215',
        `Invalid value: "${type}": nothing reads addresses of this type`,
        meant === undefined ? undefined : `did you mean "${meant}"?`,
      );
    }
    if (type !== 'InternalIP') continue;
    const field = child(address, 'address');
    const ip = ipField(field);
    if (!isPresent(field)) required(field);
    if (ip !== undefined && !ips.includes(ip)) ips.push(ip);
  }
  return ips;
}

function taint(field: Field): Taint {
  const keyField = child(field, 'key');
  const key = text(keyField) ?? '';
  if (key === '') required(keyField);
  else check(keyField, key, qualifiedName);
  const valueField = child(field, 'value');
  const value = text(valueField) ?? '';
  if (value !== '') check(valueField, value, labelValue);
  const effectField = child(field, 'effect');
  const effect = TAINT_EFFECTS.find((known) => known === effectField.value);
  if (effect === undefined) {
    if (isPresent(effectField)) notSupported(effectField, TAINT_EFFECTS);
    else required(effectField);
  }
  return { key, value, effect: effect ?? 'NoSchedule' };
}

function isReady(root: Field): boolean {
  for (const condition of records(at(root, 'status', 'conditions'))) {
    if (text(child(condition, 'type')) === 'Ready') return child(condition, 'status').value === 'True';
  }
  return true;
}
