import {
  type Cidr,
  cidrFamily,
  contains,
  type Family,
  formatIp,
  type Ip,
  lastIp,
  nthIp,
} from '../addr/index.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { Draft, LoadedService } from './draft.ts';
import { at, tell } from './field.ts';
import type { Protocol, Service } from './objects.ts';
import { stableHash } from './stable-hash.ts';

/**
 * What the API server allocates when a Service is created: cluster IPs, node ports and the health check node
 * port. Drawn from the Service's name instead of at random, and given in input order around what others hold,
 * so that the same input gets the same numbers and another Service seldom changes them.
 */
export function allocateServices(
  draft: Draft,
  ranges: ReadonlyMap<Family, Cidr>,
  dualStack: boolean,
  diagnostics: Diagnostic[],
): Service[] {
  const ips = new Set<Ip>();
  const ports = new Set<string>();
  const notes: Notes = { clusterIPs: [], nodePorts: [] };
  for (const { object } of draft.services) {
    for (const ip of object.clusterIPs) ips.add(ip);
    for (const port of object.ports) if (port.nodePort !== 0) ports.add(`${port.protocol}/${port.nodePort}`);
    if (object.healthCheckNodePort !== 0) ports.add(`TCP/${object.healthCheckNodePort}`);
  }
  const services = draft.services.map((loaded) => {
    const families = wantedFamilies(loaded, dualStack);
    const clusterIPs = clusterIPsOf(loaded, families, ranges, ips, notes);
    const withPorts = nodePortsOf(loaded, ports, notes);
    return { ...loaded.object, ipFamilies: families, clusterIPs, ...withPorts };
  });
  tellAllocated(diagnostics, 'cluster IPs', notes.clusterIPs);
  tellAllocated(diagnostics, 'node ports', notes.nodePorts);
  return services;
}

/** What was allocated, for one note about all of it. */
interface Notes {
  readonly clusterIPs: string[];
  readonly nodePorts: string[];
}

function tellAllocated(diagnostics: Diagnostic[], what: string, allocated: readonly string[]): void {
  if (allocated.length === 0) return;
  const more = allocated.length > 5 ? `, and ${allocated.length - 5} more` : '';
  diagnostics.push({
    severity: 'note',
    code: 'PW232',
    message: `${what} allocated, as the API server would: ${allocated.slice(0, 5).join(', ')}${more}`,
  });
}

/** ipFamilies as the API server's defaultOnRead/initIPFamilyFields leave them. */
function wantedFamilies({ object, allocate }: LoadedService, dualStack: boolean): readonly Family[] {
  if (object.type === 'ExternalName') return [];
  const given = allocate.families;
  const first = given[0] ?? 4;
  const second: Family = first === 4 ? 6 : 4;
  // A headless Service without selector may have backends of both families whatever the cluster.
  const policy =
    allocate.policy ?? (object.headless && object.selector === undefined ? 'PreferDualStack' : undefined);
  const both = policy === 'RequireDualStack' || (policy === 'PreferDualStack' && dualStack);
  if (given.length === 2 || !both) return given.length > 0 ? given : [first];
  return [first, second];
}

function clusterIPsOf(
  { object, field, allocate }: LoadedService,
  families: readonly Family[],
  ranges: ReadonlyMap<Family, Cidr>,
  taken: Set<Ip>,
  notes: Notes,
): readonly Ip[] {
  if (!allocate.clusterIPs || object.clusterIPs.length >= families.length) return object.clusterIPs;
  const ips = [...object.clusterIPs];
  for (const family of families.slice(ips.length)) {
    const range = ranges.get(family);
    const ip =
      range === undefined ? undefined : freeIp(range, `${object.meta.namespace}/${object.meta.name}`, taken);
    if (ip === undefined) {
      tell(
        at(field, 'spec', 'clusterIP'),
        'error',
        'PW231',
        'failed to allocate a serviceIP: range is full',
        'give it a clusterIP',
      );
      continue;
    }
    taken.add(ip);
    ips.push(ip);
    notes.clusterIPs.push(`${object.meta.namespace}/${object.meta.name} ${formatIp(ip)}`);
  }
  return ips;
}

/** The first free address after a place that the name chooses; the upper part of the range, as dynamic ones are. */
function freeIp(range: Cidr, name: string, taken: ReadonlySet<Ip>): Ip | undefined {
  const width = cidrFamily(range) === 4 ? 32 : 128;
  const size = 2 ** Math.min(24, width - range.length);
  // ServiceIPStaticSubrange: min(max(16, size/16), 256) addresses at the bottom are left to those chosen by hand.
  const reserved = size < 32 ? 1 : Math.min(Math.max(16, Math.floor(size / 16)), 256);
  const span = size - reserved - 1;
  const start = span > 0 ? stableHash(name) % span : 0;
  for (let i = 0; i < span; i++) {
    const ip = nthIp(range, reserved + ((start + i) % span));
    if (!taken.has(ip) && contains(range, ip) && ip !== lastIp(range)) return ip;
  }
  return undefined;
}

const FIRST_NODE_PORT = 30000;
const NODE_PORTS = 2768;
/** ServiceNodePortStaticSubrange: the first 86 ports are left to those chosen by hand. */
const RESERVED_NODE_PORTS = 86;

function nodePortsOf(
  loaded: LoadedService,
  taken: Set<string>,
  notes: Notes,
): Pick<Service, 'ports' | 'healthCheckNodePort'> {
  const { object, field, allocate } = loaded;
  const name = `${object.meta.namespace}/${object.meta.name}`;
  const chosen = new Map<number, { protocols: Set<Protocol>; nodePort: number }>();
  const free = (key: string, protocol: Protocol): number => {
    const port = freePort(key, protocol, taken);
    if (port === 0)
      tell(
        at(field, 'spec', 'ports'),
        'error',
        'PW231',
        'failed to allocate a nodePort: range is full',
        'give it a nodePort',
      );
    else notes.nodePorts.push(`${key} ${port}`);
    return port;
  };
  const ports = object.ports.map((port) => {
    if (!allocate.nodePorts) return port;
    // Ports that differ in protocol only share one node port (portAllocator.initNodePorts).
    const shared = chosen.get(port.port);
    let { nodePort } = port;
    if (
      nodePort === 0 &&
      shared !== undefined &&
      !shared.protocols.has(port.protocol) &&
      !taken.has(`${port.protocol}/${shared.nodePort}`)
    ) {
      nodePort = shared.nodePort;
    }
    if (nodePort === 0) nodePort = free(`${name} ${port.port}/${port.protocol}`, port.protocol);
    taken.add(`${port.protocol}/${nodePort}`);
    if (shared === undefined) chosen.set(port.port, { protocols: new Set([port.protocol]), nodePort });
    else shared.protocols.add(port.protocol);
    return nodePort === port.nodePort ? port : { ...port, nodePort };
  });
  const healthCheckNodePort = allocate.healthCheckNodePort
    ? free(`${name} health checks`, 'TCP')
    : object.healthCheckNodePort;
  if (healthCheckNodePort !== 0) taken.add(`TCP/${healthCheckNodePort}`);
  return { ports, healthCheckNodePort };
}

function freePort(key: string, protocol: Protocol, taken: ReadonlySet<string>): number {
  const span = NODE_PORTS - RESERVED_NODE_PORTS;
  const start = stableHash(key) % span;
  for (let i = 0; i < NODE_PORTS; i++) {
    // The upper part first, then what is left below.
    const offset = i < span ? RESERVED_NODE_PORTS + ((start + i) % span) : i - span;
    const port = FIRST_NODE_PORT + offset;
    if (!taken.has(`${protocol}/${port}`)) return port;
  }
  return 0;
}
