import { formatHostPort } from '../../addr/index.ts';
import type { ForwardingMethod, Netns, SchedulerFlags, TransportName } from '../../kernel/index.ts';
import { entry, type LineError, misfit, parseEntries, type Reading } from '../lines.ts';
import {
  type ConnectionsOf,
  formatFlags,
  type IpvsServerEntry,
  type IpvsServiceEntry,
  ipvsEntries,
  parseFlags,
  readPlace,
} from './entries.ts';

const HEAD = /^IP Virtual Server version 1\.2\.1 \(size=(\d{1,10})\)$/;
const COLUMNS = [
  'Prot LocalAddress:Port Scheduler Flags',
  '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
] as const;
/** Linux' default of ip_vs_conn_tab_bits: 12. */
const TABLE_SIZE = 4096;

const NAMES: Readonly<Record<TransportName, string>> = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' };
const METHODS: Readonly<Record<ForwardingMethod, string>> = {
  masq: 'Masq',
  route: 'Route',
  tunnel: 'Tunnel',
};

function keyOf<K extends string>(
  names: Readonly<Record<K, string>>,
  name: string | undefined,
): K | undefined {
  return (Object.keys(names) as K[]).find((key) => names[key] === name);
}

/** `ipvsadm -Ln` (v1.31) in a namespace; without `connections` no real server has any. */
export function printIpvsadm(netns: Netns, connections?: ConnectionsOf): string {
  return formatIpvsadm(ipvsEntries(netns, connections));
}

/** `tableSize`: of the kernel's table of connections. */
export function formatIpvsadm(services: readonly IpvsServiceEntry[], tableSize: number = TABLE_SIZE): string {
  const lines = [`IP Virtual Server version 1.2.1 (size=${tableSize})`, ...COLUMNS];
  return `${lines.join('\n')}\n${services.map(formatService).join('')}`;
}

function formatService(service: IpvsServiceEntry): string {
  const { protocol, ip, port, scheduler, flags, persistent } = service;
  const switches = formatFlags(scheduler, flags);
  const line = [
    `${NAMES[protocol].padEnd(4)} ${formatHostPort(ip, port)} ${scheduler}`,
    ...(switches === '' ? [] : [`(${switches})`]),
    ...(persistent === undefined ? [] : [`persistent ${persistent}`]),
  ].join(' ');
  return `${line}\n${service.servers.map(formatServer).join('')}`;
}

function formatServer(server: IpvsServerEntry): string {
  const { ip, port, forward, weight, activeConnections, inactiveConnections } = server;
  const columns = [
    formatHostPort(ip, port).padEnd(28),
    METHODS[forward].padEnd(7),
    `${weight}`.padEnd(6),
    `${activeConnections}`.padEnd(10),
    `${inactiveConnections}`.padEnd(10),
  ];
  return `  -> ${columns.join(' ')}\n`;
}

export type IpvsadmResult =
  | { readonly ok: true; readonly services: readonly IpvsServiceEntry[]; readonly tableSize: number }
  | { readonly ok: false; readonly errors: readonly LineError[] };

/** Reads what `ipvsadm -Ln` printed. Virtual servers of a firewall mark are not modelled and do not fit. */
export function parseIpvsadm(text: string): IpvsadmResult {
  const lines = text.split('\n');
  const errors: LineError[] = [];
  const size = HEAD.exec(lines[0] ?? '')?.[1];
  if (size === undefined || size !== String(Number(size)))
    errors.push({ line: 1, message: 'expected "IP Virtual Server version 1.2.1 (size=N)"' });
  COLUMNS.forEach((columns: string, i) => {
    if (lines[i + 1] !== columns)
      errors.push({ line: i + 2, message: `expected ${JSON.stringify(columns)}` });
  });
  const rest = parseEntries(lines.slice(3).join('\n'), readService, formatService);
  if (!rest.ok) errors.push(...rest.errors.map(({ line, message }) => ({ line: line + 3, message })));
  else if (lines.length < 4) errors.push({ line: lines.length, message: 'the last line has no newline' });
  if (!rest.ok || errors.length > 0) return { ok: false, errors };
  return { ok: true, services: rest.entries, tableSize: Number(size) };
}

const SERVICE = /^(TCP|UDP|SCTP) +(\S+) (\S+)(?: \((\S+)\))?(?: persistent (\d{1,10}))?$/;
const SERVER = /^ {2}-> (\S+) +(Masq|Route|Tunnel) +(\d{1,10}) +(\d{1,10}) +(\d{1,10}) *$/;

function readService(lines: readonly string[], from: number): Reading<IpvsServiceEntry> {
  const [, name, where = '', scheduler = '', switches, timeout] = SERVICE.exec(lines[from] ?? '') ?? [];
  const protocol = keyOf(NAMES, name);
  const place = readPlace(where);
  if (protocol === undefined || place === undefined)
    return misfit('expected "PROTOCOL ADDRESS:PORT SCHEDULER [(FLAGS)] [persistent SECONDS]"');
  const flags: SchedulerFlags | string =
    switches === undefined ? { fallback: false, port: false } : parseFlags(scheduler, switches);
  if (typeof flags === 'string') return misfit(`"${flags}" is no flag of the scheduler ${scheduler}`);
  const servers: IpvsServerEntry[] = [];
  for (let at = from + 1; lines[at]?.startsWith('  -> ') === true; at++) {
    const server = readServer(lines[at] ?? '');
    if (server === undefined)
      return misfit('expected "  -> ADDRESS:PORT FORWARD WEIGHT ACTIVE INACTIVE"', at - from);
    servers.push(server);
  }
  const persistent = timeout === undefined ? {} : { persistent: Number(timeout) };
  return entry({ protocol, ...place, scheduler, flags, ...persistent, servers }, servers.length + 1);
}

function readServer(line: string): IpvsServerEntry | undefined {
  const [, where = '', method, weight, active, inactive] = SERVER.exec(line) ?? [];
  const place = readPlace(where);
  const forward = keyOf(METHODS, method);
  if (place === undefined || forward === undefined) return undefined;
  return {
    ...place,
    forward,
    weight: Number(weight),
    activeConnections: Number(active),
    inactiveConnections: Number(inactive),
  };
}
