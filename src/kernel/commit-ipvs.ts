import { type CommitContext, Refusal, touch } from './commit-context.ts';
import {
  LINUX_SCHEDULERS,
  type RealServer,
  type VirtualServer,
  type VirtualServerSpec,
  type VirtualServers,
  virtualServerKey,
} from './ipvs/model.ts';
import type { Operation } from './transaction.ts';

type IpvsOperation = Extract<
  Operation,
  {
    op:
      | 'ipvs-service-add'
      | 'ipvs-restore'
      | 'ipvs-service-edit'
      | 'ipvs-service-delete'
      | 'ipvs-clear'
      | 'ipvs-timeouts'
      | 'ipvs-server-add'
      | 'ipvs-server-edit'
      | 'ipvs-server-delete';
  }
>;

/** net/netfilter/ipvs/ip_vs_ctl.c; refused in the words of ipvsadm(8) (ipvs_strerror). */
export function applyIpvsOperation(context: CommitContext, operation: IpvsOperation): void {
  const netns = touch(context, operation.netns);
  const { ipvs } = netns;
  if (operation.op === 'ipvs-timeouts') {
    const before = netns.ipvsTimeouts;
    // ip_vs_set_timeout.
    const { tcp, tcpFin, udp } = operation.timeouts;
    netns.ipvsTimeouts = {
      tcp: tcp || before.tcp,
      tcpFin: tcpFin || before.tcpFin,
      udp: udp || before.udp,
    };
    context.undo.push(() => {
      netns.ipvsTimeouts = before;
    });
    return;
  }
  if (operation.op === 'ipvs-clear') {
    const before = [...ipvs];
    ipvs.clear();
    context.undo.push(() => {
      for (const [key, service] of before) ipvs.set(key, service);
    });
    return;
  }
  if (operation.op === 'ipvs-restore') {
    for (const service of operation.services) {
      const key = virtualServerKey(service);
      if (ipvs.has(key)) throw new Refusal('Service already exists');
      ipvs.set(key, service);
      context.undo.push(() => ipvs.delete(key));
    }
    return;
  }
  const key = virtualServerKey(operation.service);
  const service = ipvs.get(key);
  switch (operation.op) {
    case 'ipvs-service-add': {
      if (service !== undefined) throw new Refusal('Service already exists');
      checkService(operation.service);
      ipvs.set(key, { ...operation.service, realServers: NO_SERVERS, origin: operation.origin });
      context.undo.push(() => ipvs.delete(key));
      return;
    }
    case 'ipvs-service-edit': {
      if (service === undefined) throw new Refusal('No such service');
      checkService(operation.service);
      const { realServers, origin } = service;
      return replace(context, ipvs, key, service, { ...operation.service, realServers, origin });
    }
    case 'ipvs-service-delete': {
      if (service === undefined) throw new Refusal('No such service');
      const before = [...ipvs];
      ipvs.delete(key);
      context.undo.push(() => {
        ipvs.clear();
        for (const [name, one] of before) ipvs.set(name, one);
      });
      return;
    }
    case 'ipvs-server-add': {
      if (service === undefined) throw new Refusal('Service not defined');
      const { server, origin } = operation;
      if (placeOf(service, server) >= 0) throw new Refusal('Destination already exists');
      checkServer(operation.server);
      const realServers = [...service.realServers, { ...server, origin }];
      return replace(context, ipvs, key, service, { ...service, realServers });
    }
    case 'ipvs-server-edit': {
      if (service === undefined) throw new Refusal('Service not defined');
      const { server } = operation;
      const at = placeOf(service, server);
      const known = service.realServers[at];
      if (known === undefined) throw new Refusal('No such destination');
      checkServer(server);
      const { weight, lastWeight = weight } = known;
      const edited = { ...server, ...(server.weight === 0 ? { lastWeight } : {}), origin: known.origin };
      const realServers = service.realServers.with(at, edited);
      return replace(context, ipvs, key, service, { ...service, realServers });
    }
    case 'ipvs-server-delete': {
      if (service === undefined) throw new Refusal('Service not defined');
      const at = placeOf(service, operation.server);
      if (at < 0) throw new Refusal('No such destination');
      const realServers = service.realServers.toSpliced(at, 1);
      return replace(context, ipvs, key, service, { ...service, realServers });
    }
  }
}

const NO_SERVERS: readonly RealServer[] = [];

function replace(
  context: CommitContext,
  ipvs: VirtualServers,
  key: string,
  before: VirtualServer,
  after: VirtualServer,
): void {
  ipvs.set(key, after);
  context.undo.push(() => ipvs.set(key, before));
}

function placeOf({ realServers }: VirtualServer, { ip, port }: Pick<RealServer, 'ip' | 'port'>): number {
  return realServers.findIndex((server) => server.ip === ip && server.port === port);
}

const INVALID = 'Invalid operation.  Possibly wrong module version, address not unicast, ...';

/** ip_vs_genl_parse_service, ip_vs_add_service: only a persistent virtual server may take every port. */
function checkService({ port, persistent, scheduler }: VirtualServerSpec): void {
  if (!LINUX_SCHEDULERS.has(scheduler)) throw new Refusal('Scheduler or persistence engine not found');
  if (port === 0 && persistent === undefined) throw new Refusal(INVALID);
}

/**
 * ip_vs_add_dest, ip_vs_edit_dest: a weight below 0 is out of range, and a server's address is some host's: of IPv4
 * unicast or this host's own (ip_vs_new_dest).
 */
function checkServer({ weight, ip }: Pick<RealServer, 'weight' | 'ip'>): void {
  if (weight < 0 || weight > MAX_WEIGHT) throw new Refusal('Numerical result out of range');
  if (typeof ip === 'number' && (ip === 0 || ip >>> 28 >= 14)) throw new Refusal(INVALID);
}

/** The kernel's weights are 32-bit integers; ipvsadm(8) speaks of 65535 and takes all of them. */
const MAX_WEIGHT = 2 ** 31 - 1;
