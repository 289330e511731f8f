import { type Cidr, contains } from '../../addr/index.ts';
import { cidrField } from '../address-fields.ts';
import type { Draft } from '../draft.ts';
import {
  child,
  EMPTY_MAP,
  type Field,
  forbidden,
  integer,
  invalid,
  isMapping,
  isPresent,
  items,
  notSupported,
  pathOf,
  pathText,
  records,
  required,
  shown,
  tell,
  text,
} from '../field.ts';
import type {
  LabelSelector,
  NetworkPolicy,
  PolicyPeer,
  PolicyPort,
  PolicyRule,
  PolicyType,
  Protocol,
} from '../objects.ts';
import { check, checkPort, dns1123Subdomain, portName } from '../syntax.ts';
import { labelSelector } from './label-selector.ts';
import { decodeMeta } from './meta.ts';

const EVERYTHING: LabelSelector = { matchLabels: EMPTY_MAP, matchExpressions: [] };
const TYPES: readonly PolicyType[] = ['Ingress', 'Egress'];
const POLICY_PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/** Decodes, defaults (SetDefaults_NetworkPolicy) and validates (ValidateNetworkPolicySpec) a NetworkPolicy. */
export function decodeNetworkPolicy(field: Field, draft: Draft): void {
  const meta = decodeMeta(field, { namespaced: true, nameRule: dns1123Subdomain });
  const spec = child(field, 'spec');
  isMapping(spec);
  const ingress = rules(child(spec, 'ingress'), 'from');
  const egress = rules(child(spec, 'egress'), 'to');
  const object: NetworkPolicy = {
    kind: 'NetworkPolicy',
    meta,
    podSelector: labelSelector(child(spec, 'podSelector')) ?? EVERYTHING,
    policyTypes: policyTypes(child(spec, 'policyTypes'), egress.length > 0),
    ingress,
    egress,
  };
  draft.networkPolicies.push({ object, field });
}

function policyTypes(field: Field, hasEgress: boolean): readonly PolicyType[] {
  const given = items(field);
  if (given.length === 0) return hasEgress ? TYPES : ['Ingress'];
  if (given.length > TYPES.length) {
    invalid(field, 'may not specify more than two policyTypes');
    return TYPES;
  }
  const types = new Set<PolicyType>();
  for (const item of given) {
    const type = TYPES.find((one) => one === item.value);
    if (type === undefined) notSupported({ ...item, value: item.value ?? '' }, TYPES);
    else types.add(type);
  }
  return [...types];
}

function rules(field: Field, peersKey: 'from' | 'to'): readonly PolicyRule[] {
  return records(field).map((rule) => {
    warnOtherKey(rule, peersKey);
    return {
      ports: records(child(rule, 'ports')).map(policyPort),
      peers: records(child(rule, peersKey)).flatMap(policyPeer),
    };
  });
}

/** `from` in egress, `to` in ingress: the API server ignores it, and the rule is one without peers. */
function warnOtherKey(rule: Field, peersKey: 'from' | 'to'): void {
  const other = peersKey === 'from' ? 'to' : 'from';
  const wrong = child(rule, other);
  if (!isPresent(wrong)) return;
  const [direction, everybody] =
    peersKey === 'from' ? ['ingress', 'everybody is let in'] : ['egress', 'everybody may be called'];
  tell(
    wrong,
    'warning',
    'PW210',
    `unknown field "${pathText(pathOf(wrong))}": it is ignored`,
    `write "${peersKey}", which peers of ${direction} are; without it ${everybody}`,
    'sentence',
  );
}

/** ValidateNetworkPolicyPort. */
function policyPort(field: Field): PolicyPort {
  const protocolField = child(field, 'protocol');
  const word = text(protocolField);
  const protocol = POLICY_PROTOCOLS.find((one) => one === word);
  if (word !== undefined && protocol === undefined) notSupported(protocolField, POLICY_PROTOCOLS);
  const endField = child(field, 'endPort');
  const endPort = integer(endField);
  const portField = child(field, 'port');
  const port = numberOrName(portField);
  if (endPort !== undefined) checkEnd(endField, endPort, portField);
  return {
    protocol: protocol ?? 'TCP',
    ...(port === undefined ? {} : { port }),
    ...(endPort === undefined ? {} : { endPort }),
  };
}

function numberOrName(field: Field): number | string | undefined {
  const { value } = field;
  if (typeof value === 'string') {
    const digits = /^[1-9]\d{0,4}$/.test(value);
    check(
      field,
      value,
      portName,
      digits ? `write ${value} without quotes: text is a port's name` : undefined,
    );
    return value;
  }
  const number = integer(field);
  checkPort(field, number);
  return number;
}

function checkEnd(field: Field, end: number, { value: port }: Field): void {
  if (port === undefined) invalid(field, 'may not be specified when `port` is not specified');
  else if (typeof port === 'string') invalid(field, 'may not be specified when `port` is non-numeric');
  else {
    if (typeof port === 'number' && end < port) invalid(field, 'must be greater than or equal to `port`');
    checkPort(field, end);
  }
}

/** ValidateNetworkPolicyPeer. A null selector is an absent one, as in Go. */
function policyPeer(field: Field): readonly PolicyPeer[] {
  const block = child(field, 'ipBlock');
  const pods = labelSelector(child(field, 'podSelector'));
  const namespaces = labelSelector(child(field, 'namespaceSelector'));
  if (isPresent(block)) {
    const peer = ipBlock(block);
    if (pods !== undefined || namespaces !== undefined) {
      forbidden(field, 'may not specify both ipBlock and another peer', 'make two peers of them');
    }
    return peer;
  }
  if (pods === undefined && namespaces === undefined) {
    const given = ['podSelector', 'namespaceSelector'].filter((key) =>
      Object.hasOwn(Object(field.value), key),
    );
    required(
      field,
      'must specify a peer',
      given.length > 0
        ? `an empty ${given.join(' or ')} counts as none: write ${given[0]}: {} to select all`
        : 'to mean everybody leave the whole list out',
    );
    return [];
  }
  return [
    {
      kind: 'pods',
      ...(pods === undefined ? {} : { podSelector: pods }),
      ...(namespaces === undefined ? {} : { namespaceSelector: namespaces }),
    },
  ];
}

/** ValidateIPBlock. */
function ipBlock(field: Field): readonly PolicyPeer[] {
  if (!isMapping(field)) return [];
  const cidrText = child(field, 'cidr');
  if (!isPresent(cidrText) || cidrText.value === '') {
    required(cidrText);
    return [];
  }
  const cidr = cidrField(cidrText);
  if (cidr === undefined) return [];
  const except = items(child(field, 'except')).flatMap((item) => {
    const one = cidrField({ ...item, value: item.value ?? '' });
    return one === undefined ? [] : [strictSubset(item, one, cidr)];
  });
  return [{ kind: 'ipBlock', cidr, except }];
}

function strictSubset(field: Field, inner: Cidr, outer: Cidr): Cidr {
  if (!contains(outer, inner.base) || outer.length >= inner.length) {
    tell(
      field,
      'error',
      'PW202',
      `Invalid value: ${shown(field.value)}: must be a strict subset of \`cidr\``,
      'except cuts a smaller range out of its own cidr',
    );
  }
  return inner;
}
