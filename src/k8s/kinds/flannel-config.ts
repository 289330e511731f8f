import {
  type Cidr,
  cidrFamily,
  contains,
  type Family,
  formatIp,
  type Ip,
  lastIp,
  maskIp,
  nthIp,
  widthOf,
} from '../../addr/index.ts';
import { cidrField, ipField } from '../address-fields.ts';
import { didYouMean } from '../did-you-mean.ts';
import {
  child,
  type Field,
  flag,
  integer,
  invalid,
  isMapping,
  isPresent,
  isRecord,
  required,
  tell,
  text,
} from '../field.ts';
import type { FlannelBackend, FlannelConfig } from '../objects.ts';

/** The fields of net-conf.json as flannel spells them (pkg/subnet/config.go); Go matches them without case. */
export const FLANNEL_FIELDS: readonly string[] = [
  'EnableIPv4',
  'EnableIPv6',
  'EnableNFTables',
  'Network',
  'IPv6Network',
  'SubnetMin',
  'SubnetMax',
  'IPv6SubnetMin',
  'IPv6SubnetMax',
  'SubnetLen',
  'IPv6SubnetLen',
  'Backend',
];

/** The options of the backends that are modelled, and of the others, so that a misspelt one is noticed. */
export const BACKEND_FIELDS: readonly string[] = [
  'Type',
  'VNI',
  'Port',
  'GBP',
  'Learning',
  'DirectRouting',
  'MTU',
  'Name',
  'MacPrefix',
  'PSK',
  'ListenPort',
  'ListenPortV6',
  'PersistentKeepaliveInterval',
  'Mode',
  'UDPEncap',
  'ESPProposal',
  'PreStartupCommand',
  'PostStartupCommand',
  'ShutdownCommand',
  'SubnetAddCommand',
  'SubnetRemoveCommand',
  'AccessKeyID',
  'AccessKeySecret',
];

const MODELLED = ['vxlan', 'host-gw'];
const NOT_MODELLED = [
  'udp',
  'wireguard',
  'ipip',
  'ipsec',
  'alloc',
  'extension',
  'tencent-vpc',
  'aws-vpc',
  'gce',
  'ali-vpc',
];

const DEFAULT_VXLAN: FlannelBackend = {
  type: 'vxlan',
  vni: 1,
  port: 0,
  directRouting: false,
  learning: false,
  gbp: false,
  mtu: 0,
};

/**
 * Gives every known key its canonical spelling, as Go's decoder matches without case. Unknown keys stay (flannel
 * ignores them). The value must be plain data.
 */
export function canonicalNetConf(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const out = canonicalKeys(value, FLANNEL_FIELDS);
  const backend = out['Backend'];
  if (isRecord(backend)) out['Backend'] = canonicalKeys(backend, BACKEND_FIELDS);
  return out;
}

export function canonicalKey(key: string, names: readonly string[]): string {
  return names.find((name) => name.toLowerCase() === key.toLowerCase()) ?? key;
}

function canonicalKeys(
  value: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  const out = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of Object.entries(value)) out[canonicalKey(key, names)] = inner;
  return out;
}

/**
 * Decodes net-conf.json with canonical keys. `subnetsServe` says whether some Node has no podCIDR: only then
 * do SubnetLen, SubnetMin and SubnetMax decide anything; otherwise they are noted as ignored.
 */
export function decodeFlannelConfig(
  field: Field,
  fallbackNetwork: Cidr,
  subnetsServe: boolean,
): FlannelConfig {
  isMapping(field);
  warnUnknown(field, FLANNEL_FIELDS);
  const enableIPv4 = flag(child(field, 'EnableIPv4')) ?? true;
  const enableIPv6 = flag(child(field, 'EnableIPv6')) ?? false;
  const network = networkField(child(field, 'Network'), 4, enableIPv4);
  const ipv6Network = networkField(child(field, 'IPv6Network'), 6, enableIPv6);
  const nft = child(field, 'EnableNFTables');
  const enableNFTables = flag(nft) ?? false;
  if (enableNFTables) {
    tell(nft, 'error', 'PW220', "flannel's nftables rules are not modelled", 'set EnableNFTables to false');
  }
  const subnets = subnetFields(field, network ?? fallbackNetwork, subnetsServe);
  const { source, object } = field.report;
  return {
    network: network ?? fallbackNetwork,
    ...(ipv6Network === undefined ? {} : { ipv6Network }),
    enableIPv4,
    enableIPv6,
    enableNFTables,
    ...subnets,
    backend: backend(child(field, 'Backend')),
    ...(object === undefined ? {} : { origin: object }),
    ...(source === undefined ? {} : { source }),
  };
}

function warnUnknown(field: Field, names: readonly string[]): void {
  if (!isRecord(field.value)) return;
  for (const key of Object.keys(field.value)) {
    if (names.includes(key)) continue;
    const meant = didYouMean(key, names);
    if (meant !== undefined) {
      tell(
        { ...child(field, key) },
        'warning',
        'PW210',
        'unknown field: flannel ignores it',
        `did you mean "${meant}"?`,
      );
    }
  }
}

function networkField(field: Field, family: Family, needed: boolean): Cidr | undefined {
  const name = family === 4 ? 'Network' : 'IPv6Network';
  if (!isPresent(field) || field.value === '') {
    if (needed) required(field, `please define a correct ${name} parameter in the flannel config`);
    return undefined;
  }
  const cidr = cidrField(field);
  if (cidr === undefined || cidrFamily(cidr) === family) return cidr;
  invalid(field, `must be an IPv${family} CIDR`);
  return undefined;
}

/** SubnetLen, SubnetMin, SubnetMax with the checks of CheckNetworkConfig. */
function subnetFields(
  field: Field,
  network: Cidr,
  serve: boolean,
): Pick<FlannelConfig, 'subnetLen' | 'subnetMin' | 'subnetMax'> {
  // With a podCIDR on every Node flannel never looks at them, so that a mistake in them does no harm.
  const complain = (at: Field, detail: string): void => {
    if (serve) invalid(at, detail);
    else tell(at, 'warning', 'PW221', `Invalid value: ${String(at.value)}: ${detail}`);
  };
  const lengthField = child(field, 'SubnetLen');
  const minField = child(field, 'SubnetMin');
  const maxField = child(field, 'SubnetMax');
  const given = integer(lengthField) ?? 0;
  let subnetLen = network.length <= 22 ? 24 : Math.min(30, network.length + 2);
  if (given !== 0) {
    if (given > 30 || given < 0) complain(lengthField, 'SubnetLen must be less than /31');
    else if (given < network.length + 2)
      complain(lengthField, 'network must be able to accommodate at least four subnets');
    else subnetLen = given;
  } else if (network.length > 28) {
    complain(child(field, 'Network'), 'network is too small. Minimum useful network prefix is /28');
  }
  const bound = (at: Field, name: string): Ip | undefined => {
    const ip = ipField(at);
    if (ip === undefined || ip === 0) return undefined;
    if (!contains(network, ip)) complain(at, `${name} is not in the range of the Network`);
    else if (maskIp(ip, subnetLen) !== ip)
      complain(at, `${name} is not on a SubnetLen boundary: ${formatIp(ip)}`);
    return ip;
  };
  const min = bound(minField, 'SubnetMin');
  const max = bound(maxField, 'SubnetMax');
  const ignored = [
    'SubnetLen',
    'SubnetMin',
    'SubnetMax',
    'IPv6SubnetLen',
    'IPv6SubnetMin',
    'IPv6SubnetMax',
  ].find((name) => isPresent(child(field, name)));
  if (ignored !== undefined && !serve) {
    tell(
      child(field, ignored),
      'note',
      'PW221',
      "ignored: flannel's kube subnet manager takes each Node's spec.podCIDR",
    );
  }
  const size = 2 ** (widthOf(4) - subnetLen);
  const last = lastIp(network);
  return {
    subnetLen,
    subnetMin: min ?? nthIp(network, size),
    subnetMax: max ?? maskIp(last, subnetLen),
  };
}

function backend(field: Field): FlannelBackend {
  if (!isPresent(field)) {
    tell(
      field,
      'error',
      'PW220',
      'Required value: without a Backend flannel uses its udp backend, which is not modelled',
      'add "Backend": {"Type": "vxlan"}',
    );
    return DEFAULT_VXLAN;
  }
  if (!isMapping(field)) return DEFAULT_VXLAN;
  warnUnknown(field, BACKEND_FIELDS);
  const typeField = child(field, 'Type');
  const type = (text(typeField) ?? '').toLowerCase();
  if (type === 'host-gw') return { type: 'host-gw' };
  if (type !== 'vxlan') {
    if (NOT_MODELLED.includes(type)) {
      tell(typeField, 'error', 'PW220', `flannel's ${type} backend is not modelled`, 'use vxlan or host-gw');
    } else if (typeField.value === undefined || typeof typeField.value === 'string') {
      const meant = didYouMean(type, MODELLED);
      const fix = meant === undefined ? 'use vxlan or host-gw' : `did you mean "${meant}"?`;
      invalid({ ...typeField, value: type }, 'unknown backend type', fix);
    }
    return DEFAULT_VXLAN;
  }
  return {
    type: 'vxlan',
    // 24 bits in the VXLAN header (RFC 7348 section 5); the kernel refuses more.
    vni: bounded(child(field, 'VNI'), 1, 0xffffff),
    port: bounded(child(field, 'Port'), 0, 65535),
    directRouting: flag(child(field, 'DirectRouting')) ?? false,
    learning: flag(child(field, 'Learning')) ?? false,
    gbp: flag(child(field, 'GBP')) ?? false,
    mtu: bounded(child(field, 'MTU'), 0, 65535),
  };
}

function bounded(field: Field, fallback: number, most: number): number {
  const value = integer(field) ?? fallback;
  if (value >= 0 && value <= most) return value;
  invalid(field, `must be between 0 and ${most}, inclusive`);
  return fallback;
}
