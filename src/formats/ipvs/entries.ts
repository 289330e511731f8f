import { type Ip, parseIp } from '../../addr/index.ts';
import {
  type ForwardingMethod,
  type Netns,
  type RealServer,
  type SchedulerFlags,
  type TransportName,
  type VirtualServer,
  virtualServersOf,
} from '../../kernel/index.ts';
import { compareServers, compareServices, mergeSort } from './order.ts';

/** A real server as ipvsadm lists it. */
export interface IpvsServerEntry {
  readonly ip: Ip;
  readonly port: number;
  readonly forward: ForwardingMethod;
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
}

/** A virtual server as ipvsadm lists it, with its real servers. */
export interface IpvsServiceEntry {
  readonly protocol: TransportName;
  readonly ip: Ip;
  readonly port: number;
  readonly scheduler: string;
  readonly flags: SchedulerFlags;
  /** Seconds. */
  readonly persistent?: number;
  readonly servers: readonly IpvsServerEntry[];
}

/** How many connections a real server has. */
export interface ServerConnections {
  readonly active: number;
  readonly inactive: number;
}

export type ConnectionsOf = (service: VirtualServer, server: RealServer) => ServerConnections;

const NONE: ServerConnections = { active: 0, inactive: 0 };

/** The virtual servers of a namespace in ipvsadm's order; without `connections` nobody has any. */
export function ipvsEntries(netns: Netns, connections: ConnectionsOf = () => NONE): IpvsServiceEntry[] {
  const services = mergeSort([...virtualServersOf(netns).values()], compareServices);
  return services.map((service): IpvsServiceEntry => {
    const { protocol, ip, port, scheduler, flags, persistent } = service;
    // The kernel's list has the newest first.
    const servers = mergeSort(service.realServers.toReversed(), compareServers);
    return {
      protocol,
      ip,
      port,
      scheduler,
      flags,
      ...(persistent === undefined ? {} : { persistent }),
      servers: servers.map((server) => {
        const { active, inactive } = connections(service, server);
        return {
          ip: server.ip,
          port: server.port,
          forward: server.forward,
          weight: server.weight,
          activeConnections: active,
          inactiveConnections: inactive,
        };
      }),
    };
  });
}

/** The names of the scheduler's switches: sh and mh have their own. */
function flagNames(scheduler: string): { readonly fallback: string; readonly port: string } {
  return scheduler === 'sh' || scheduler === 'mh'
    ? { fallback: `${scheduler}-fallback`, port: `${scheduler}-port` }
    : { fallback: 'flag-1', port: 'flag-2' };
}

/** `mh-fallback,mh-port`; empty where none is set. */
export function formatFlags(scheduler: string, flags: SchedulerFlags): string {
  const names = flagNames(scheduler);
  return [...(flags.fallback ? [names.fallback] : []), ...(flags.port ? [names.port] : [])].join(',');
}

/**
 * What `-b` is given: `flag-1` and `flag-2` are known to every scheduler, `mh-port` to mh alone. A string is the word that
 * does not fit.
 */
export function parseFlags(scheduler: string, text: string): SchedulerFlags | string {
  const names = flagNames(scheduler);
  const flags = { fallback: false, port: false };
  for (const word of text.split(',')) {
    if (word === names.fallback || word === 'flag-1') flags.fallback = true;
    else if (word === names.port || word === 'flag-2') flags.port = true;
    else return word;
  }
  return flags;
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function readPlace(text: string): { readonly ip: Ip; readonly port: number } | undefined {
  const [, v6, v4, digits = ''] = /^(?:\[([^\]]*)\]|([\d.]+)):(\d{1,5})$/.exec(text) ?? [];
  const ip = parseIp(v6 ?? v4 ?? '');
  const port = Number(digits);
  if (ip === undefined || port > 65535 || (typeof ip === 'number') !== (v4 !== undefined)) return undefined;
  return { ip, port };
}
