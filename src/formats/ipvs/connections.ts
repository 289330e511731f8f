import { formatHostPort, type Ip } from '../../addr/index.ts';
import {
  type IpvsConnection,
  type IpvsTemplate,
  ipvsTimeoutOf,
  type Netns,
  type TransportName,
  templateTimeoutOf,
} from '../../kernel/index.ts';
import { type EntriesResult, entry, type LineError, misfit, parseEntries, type Reading } from '../lines.ts';
import { type ConnectionsOf, readPlace } from './entries.ts';

/** An address with its port; 0 for every port, and for the client of a template. */
export interface IpvsPlace {
  readonly ip: Ip;
  readonly port: number;
}

/** One line of `ipvsadm -Lnc`: a connection, or the template of a persistent client (port 0). */
export interface IpvsConnectionEntry {
  readonly protocol: TransportName;
  /** Seconds left. */
  readonly expires: number;
  /** Of a template `NONE` or, once a connection made from it was answered, `ASSURED`. */
  readonly state: string;
  readonly source: IpvsPlace;
  readonly virtual: IpvsPlace;
  readonly destination: IpvsPlace;
}

const HEAD = [
  'IPVS connection entries',
  'pro expire state       source             virtual            destination',
] as const;

/**
 * `ipvsadm -Lnc` (v1.31) in a namespace that has these connections, in the order of their first packets, each template
 * ahead of the first connection made from it; the kernel has them in that of its hash. No time has passed since the
 * latest packet.
 */
export function printIpvsConnections(netns: Netns, connections: readonly IpvsConnection[]): string {
  return formatIpvsConnections(ipvsConnectionEntries(netns, connections));
}

export function ipvsConnectionEntries(
  netns: Netns,
  connections: readonly IpvsConnection[],
): IpvsConnectionEntry[] {
  const told = new Set<IpvsTemplate>();
  return connections.flatMap((connection): IpvsConnectionEntry[] => {
    const { client, clientPort, virtualPort, service, server, serverPort, state, template } = connection;
    const made: IpvsConnectionEntry = {
      protocol: service.protocol,
      expires: ipvsTimeoutOf(netns.ipvsTimeouts, connection),
      state,
      source: { ip: client, port: clientPort },
      virtual: { ip: service.ip, port: virtualPort },
      destination: { ip: server.ip, port: serverPort },
    };
    if (template === undefined || told.has(template)) return [made];
    told.add(template);
    return [templateEntry(template), made];
  });
}

function templateEntry(template: IpvsTemplate): IpvsConnectionEntry {
  const { client, service, server, assured } = template;
  return {
    protocol: service.protocol,
    expires: templateTimeoutOf(template),
    state: assured ? 'ASSURED' : 'NONE',
    source: { ip: client, port: 0 },
    virtual: { ip: service.ip, port: service.port },
    // A virtual server of every port leaves the client's (ip_vs_sched_persist).
    destination: { ip: server.ip, port: service.port === 0 ? 0 : server.port },
  };
}

/** How many of these connections each real server has, as the kernel counts: templates do not. */
export function countConnections(connections: readonly IpvsConnection[]): ConnectionsOf {
  return (service, server) => {
    const own = connections.filter((one) => one.service === service && one.server === server);
    const active = own.filter(({ state }) => state === 'ESTABLISHED' || state === 'SYN_RECV').length;
    return { active, inactive: own.length - active };
  };
}

export function formatIpvsConnections(entries: readonly IpvsConnectionEntry[]): string {
  return `${[...HEAD, ...entries.map(formatEntry)].join('\n')}\n`;
}

function formatEntry(one: IpvsConnectionEntry): string {
  const { protocol, expires, state, source, virtual, destination } = one;
  const columns = [
    protocol.toUpperCase().padEnd(3),
    `${twoDigits(Math.floor(expires / 60))}:${twoDigits(expires % 60)}`.padEnd(6),
    state.padEnd(11),
    formatHostPort(source.ip, source.port).padEnd(18),
    formatHostPort(virtual.ip, virtual.port).padEnd(18),
    formatHostPort(destination.ip, destination.port),
  ];
  return columns.join(' ');
}

function twoDigits(value: number): string {
  return `${value}`.padStart(2, '0');
}

const LINE =
  /^(TCP|UDP|SCTP) +(\d{2,8}):([0-5]\d) +([A-Z0-9_-]+) +([[\]\da-f.:]+) +([[\]\da-f.:]+) +([[\]\da-f.:]+)$/;

const PROTOCOLS: readonly TransportName[] = ['tcp', 'udp', 'sctp'];

/** Reads what `ipvsadm -Lnc` printed. */
export function parseIpvsConnections(text: string): EntriesResult<IpvsConnectionEntry> {
  const lines = text.split('\n');
  const errors: LineError[] = HEAD.flatMap((head: string, i) =>
    lines[i] === head ? [] : [{ line: i + 1, message: `expected ${JSON.stringify(head)}` }],
  );
  if (errors.length === 0 && lines.length < HEAD.length + 1)
    errors.push({ line: lines.length, message: 'the last line has no newline' });
  const rest = parseEntries(
    lines.slice(HEAD.length).join('\n'),
    (entries, from) => readEntry(entries[from] ?? ''),
    formatEntry,
  );
  if (rest.ok && errors.length === 0) return rest;
  const more = rest.ok ? [] : rest.errors.map(({ line, message }) => ({ line: line + HEAD.length, message }));
  return { ok: false, errors: [...errors, ...more] };
}

function readEntry(line: string): Reading<IpvsConnectionEntry> {
  const [, name = '', minutes, seconds, state = '', ...places] = LINE.exec(line) ?? [];
  const protocol = PROTOCOLS.find((one) => one.toUpperCase() === name);
  const [source, virtual, destination] = places.map(readPlace);
  if (protocol === undefined || source === undefined || virtual === undefined || destination === undefined)
    return misfit('expected "PROTOCOL MINUTES:SECONDS STATE CLIENT VIRTUAL-SERVER REAL-SERVER"');
  return entry({
    protocol,
    expires: Number(minutes) * 60 + Number(seconds),
    state,
    source,
    virtual,
    destination,
  });
}
