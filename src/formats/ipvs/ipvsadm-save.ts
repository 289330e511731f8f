import { formatHostPort } from '../../addr/index.ts';
import type { ForwardingMethod, Netns, TransportName } from '../../kernel/index.ts';
import { type EntriesResult, entry, misfit, parseEntries, type Reading } from '../lines.ts';
import {
  formatFlags,
  type IpvsServerEntry,
  type IpvsServiceEntry,
  ipvsEntries,
  parseFlags,
  readPlace,
} from './entries.ts';

/** The option that names a virtual server of a protocol. */
export const SERVICE_OPTIONS: Readonly<Record<TransportName, string>> = {
  tcp: '-t',
  udp: '-u',
  sctp: '--sctp-service',
};
const METHODS: Readonly<Record<ForwardingMethod, string>> = { masq: '-m', route: '-g', tunnel: '-i' };

/** `ipvsadm-save -n`, which is `ipvsadm -Sn` (v1.31), in a namespace. */
export function printIpvsadmSave(netns: Netns): string {
  return formatIpvsadmSave(ipvsEntries(netns));
}

export function formatIpvsadmSave(services: readonly IpvsServiceEntry[]): string {
  return services.map(formatService).join('');
}

/** `-t 10.0.0.1:80`. */
export function formatServiceName({
  protocol,
  ip,
  port,
}: Pick<IpvsServiceEntry, 'protocol' | 'ip' | 'port'>): string {
  return `${SERVICE_OPTIONS[protocol]} ${formatHostPort(ip, port)}`;
}

/** `-s rr -p 10800 -b mh-port`. */
export function formatScheduling({
  scheduler,
  flags,
  persistent,
}: Pick<IpvsServiceEntry, 'scheduler' | 'flags' | 'persistent'>): string {
  const switches = formatFlags(scheduler, flags);
  return [
    `-s ${scheduler}`,
    ...(persistent === undefined ? [] : [`-p ${persistent}`]),
    ...(switches === '' ? [] : [`-b ${switches}`]),
  ].join(' ');
}

/** `-r 10.0.0.2:80 -m -w 1`. */
export function formatRealServer({
  ip,
  port,
  forward,
  weight,
}: Pick<IpvsServerEntry, 'ip' | 'port' | 'forward' | 'weight'>): string {
  return `-r ${formatHostPort(ip, port)} ${METHODS[forward]} -w ${weight}`;
}

function formatService(service: IpvsServiceEntry): string {
  const name = formatServiceName(service);
  const servers = service.servers.map((server) => {
    const tunnel = server.forward === 'tunnel' ? ' --tun-type ipip' : '';
    return `-a ${name} ${formatRealServer(server)}${tunnel}\n`;
  });
  return `-A ${name} ${formatScheduling(service)}\n${servers.join('')}`;
}

/** Reads what `ipvsadm-save -n` printed. Virtual servers of a firewall mark are not modelled and do not fit. */
export function parseIpvsadmSave(text: string): EntriesResult<IpvsServiceEntry> {
  return parseEntries(text, readService, formatService);
}

const SERVICE = /^-A (-t|-u|--sctp-service) (\S+) -s (\S+)(?: -p (\d{1,10}))?(?: -b (\S+))?$/;
const SERVER = /^-a (?:-t|-u|--sctp-service) \S+ -r (\S+) (-m|-g|-i) -w (\d{1,10})(?: --tun-type ipip)?$/;

function readService(lines: readonly string[], from: number): Reading<IpvsServiceEntry> {
  const [, option, where = '', scheduler = '', timeout, switches] = SERVICE.exec(lines[from] ?? '') ?? [];
  const protocol = (Object.keys(SERVICE_OPTIONS) as TransportName[]).find(
    (name) => SERVICE_OPTIONS[name] === option,
  );
  const place = readPlace(where);
  if (protocol === undefined || place === undefined)
    return misfit('expected "-A -t ADDRESS:PORT -s SCHEDULER [-p SECONDS] [-b FLAGS]"');
  const flags = switches === undefined ? { fallback: false, port: false } : parseFlags(scheduler, switches);
  if (typeof flags === 'string') return misfit(`"${flags}" is no flag of the scheduler ${scheduler}`);
  const servers: IpvsServerEntry[] = [];
  for (let at = from + 1; lines[at]?.startsWith('-a ') === true; at++) {
    const server = readServer(lines[at] ?? '');
    if (server === undefined)
      return misfit('expected "-a -t ADDRESS:PORT -r ADDRESS:PORT -m -w WEIGHT"', at - from);
    servers.push(server);
  }
  const persistent = timeout === undefined ? {} : { persistent: Number(timeout) };
  return entry({ protocol, ...place, scheduler, flags, ...persistent, servers }, servers.length + 1);
}

function readServer(line: string): IpvsServerEntry | undefined {
  const [, where = '', option, weight] = SERVER.exec(line) ?? [];
  const forward = (Object.keys(METHODS) as ForwardingMethod[]).find((name) => METHODS[name] === option);
  const place = readPlace(where);
  if (place === undefined || forward === undefined) return undefined;
  return { ...place, forward, weight: Number(weight), activeConnections: 0, inactiveConnections: 0 };
}
