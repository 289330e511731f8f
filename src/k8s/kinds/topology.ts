import { cidrFamily, contains, type Ip, nthIp } from '../../addr/index.ts';
import { cidrField, ipField } from '../address-fields.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { Draft } from '../draft.ts';
import {
  child,
  duplicate,
  type Field,
  integer,
  invalid,
  isPresent,
  items,
  records,
  required,
  text,
} from '../field.ts';
import type { Protocol, TopologyHost, TopologyNetwork, TopologyRouter } from '../objects.ts';
import { check, dns1123Label, dns1123Subdomain, requiredText } from '../syntax.ts';

export const TOPOLOGY_API_VERSION = 'podwalk/v1';

/** Ethernet's; RFC 791 asks every link to carry 68 bytes. */
const DEFAULT_MTU = 1500;
const MIN_MTU = 68;

/** Decodes `kind: Topology`: LANs, the routers between them, hosts outside the cluster, and what is broken by hand. */
export function decodeTopology(field: Field, draft: Draft): void {
  const names = new Set<string>();
  const networks = records(child(field, 'networks'))
    .map((item) => network(item, names))
    .filter((one) => one !== undefined);
  const routers = records(child(field, 'routers')).map((item) => router(item, names, networks));
  const hosts = records(child(field, 'hosts'))
    .map((item) => host(item, names, networks))
    .filter((one) => one !== undefined);
  const breaks = records(child(field, 'breaks')).map((item) => ({
    on: requiredText(item, 'on'),
    run: requiredText(item, 'run'),
  }));
  const resolvConf = text(child(field, 'resolvConf'));
  const { source } = field.report;
  draft.topologies.push({
    object: {
      networks,
      routers,
      hosts,
      ...(resolvConf === undefined ? {} : { resolvConf }),
      ...(breaks.length === 0 ? {} : { breaks }),
      ...(source === undefined ? {} : { source }),
    },
    field,
  });
}

/** A name that is there, well formed, and used once in the whole Topology. */
function uniqueName(field: Field, names: Set<string>, rule: typeof dns1123Label): string {
  const name = requiredText(field, 'name');
  if (name === '') return name;
  check(child(field, 'name'), name, rule);
  if (names.has(name)) duplicate(child(field, 'name'));
  names.add(name);
  return name;
}

function network(field: Field, names: Set<string>): TopologyNetwork | undefined {
  const name = uniqueName(field, names, dns1123Label);
  const cidrText = child(field, 'cidr');
  if (!isPresent(cidrText)) required(cidrText);
  const cidr = cidrField(cidrText);
  const mtuField = child(field, 'mtu');
  const mtu = integer(mtuField) ?? DEFAULT_MTU;
  if (mtu < MIN_MTU || mtu > 65535) invalid(mtuField, `must be between ${MIN_MTU} and 65535, inclusive`);
  const gatewayField = child(field, 'gateway');
  const gateway = ipField(gatewayField);
  if (cidr === undefined) return undefined;
  if (gateway !== undefined && !contains(cidr, gateway))
    invalid(gatewayField, 'must be an address of the network');
  return { name, cidr, gateway: gateway ?? nthIp(cidr, 1), mtu };
}

function router(field: Field, names: Set<string>, networks: readonly TopologyNetwork[]): TopologyRouter {
  const name = uniqueName(field, names, dns1123Label);
  const list = child(field, 'networks');
  if (!isPresent(list)) required(list);
  const joined: string[] = [];
  for (const item of items(list)) {
    const joins = networkName(item, networks);
    if (joins === undefined) continue;
    if (joined.includes(joins)) duplicate(item);
    else joined.push(joins);
  }
  return { name, networks: joined };
}

function networkName(field: Field, networks: readonly TopologyNetwork[]): string | undefined {
  const name = text(field);
  if (name === undefined || networks.some((known) => known.name === name)) return name;
  const known = networks.map((one) => one.name);
  const meant = didYouMean(name, known);
  invalid(
    field,
    'there is no network of this name',
    meant === undefined ? `networks are: ${known.join(', ') || 'none'}` : `did you mean "${meant}"?`,
  );
  return undefined;
}

function host(
  field: Field,
  names: Set<string>,
  networks: readonly TopologyNetwork[],
): TopologyHost | undefined {
  const name = uniqueName(field, names, dns1123Subdomain);
  const ipText = child(field, 'ip');
  if (!isPresent(ipText)) required(ipText);
  const ip = ipField(ipText);
  const networkField = child(field, 'network');
  const joined = networkName(networkField, networks);
  const listens = items(child(field, 'listens'))
    .map(listener)
    .filter((one) => one !== undefined);
  if (ip === undefined) return undefined;
  const stated = networks.find((one) => one.name === joined);
  if (stated !== undefined && !contains(stated.cidr, ip))
    invalid(ipText, `must be an address of the network "${stated.name}"`);
  const at = joined ?? holder(ip, networks)?.name;
  return { name, ip, listens, ...(at === undefined ? {} : { network: at }) };
}

function holder(ip: Ip, networks: readonly TopologyNetwork[]): TopologyNetwork | undefined {
  return networks.find(
    (one) => cidrFamily(one.cidr) === (typeof ip === 'number' ? 4 : 6) && contains(one.cidr, ip),
  );
}

const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

function listener(field: Field): { protocol: Protocol; port: number } | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  const match = /^([A-Za-z]+)\/(\d{1,5})$/.exec(value);
  const protocol = PROTOCOLS.find((known) => known === match?.[1]?.toUpperCase());
  const port = Number(match?.[2]);
  if (protocol === undefined || port < 1 || port > 65535) {
    invalid(field, 'must be a protocol and a port, as in tcp/5432');
    return undefined;
  }
  return { protocol, port };
}
