import type { Ip } from '../../addr/index.ts';
import type { ForwardingMethod, RealServer, VirtualServer } from './model.ts';
import { newSchedulerState, type SchedulerState, type ServerLoad } from './scheduler.ts';

/** Where a connection stands, as `ipvsadm -Lnc` prints it. */
export type IpvsState =
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'CLOSE'
  | 'UDP'
  | 'INIT1'
  | 'C-SENT'
  | 'C-REPLIED'
  | 'REJECTED'
  | 'CLOSED';

/** A connection of IPVS: client, virtual and real address (struct ip_vs_conn). */
export interface IpvsConnection {
  readonly protocol: number;
  readonly client: Ip;
  readonly clientPort: number;
  /** What was asked for: of a virtual server of port 0 the port that the client named. */
  readonly virtualPort: number;
  readonly service: VirtualServer;
  readonly server: RealServer;
  readonly serverPort: number;
  /** Of a persistent client: what it was made from (its control connection). */
  readonly template: IpvsTemplate | undefined;
  /** net.ipv4.vs.conntrack was on when it was made (IP_VS_CONN_F_NFCT): conntrack follows its packets. */
  readonly tracked: boolean;
  state: IpvsState;
}

/** A persistent client's server (a connection without a client port, IP_VS_CONN_F_TEMPLATE). */
export interface IpvsTemplate {
  readonly protocol: number;
  readonly client: Ip;
  readonly service: VirtualServer;
  readonly server: RealServer;
  /** A connection made from it was answered (IP_VS_CTPL_S_ASSURED). */
  assured: boolean;
}

/** What IPVS keeps of the flows of one session. */
export interface IpvsRuntime {
  /** By client and virtual address: requests. In the order of their first packets. */
  readonly requests: Map<string, IpvsConnection>;
  /** By client and real address: replies. */
  readonly replies: Map<string, IpvsConnection>;
  /** By client and virtual server. */
  readonly templates: Map<string, IpvsTemplate>;
  readonly schedulers: Map<VirtualServer, SchedulerState>;
}

export function newIpvsRuntime(): IpvsRuntime {
  return { requests: new Map(), replies: new Map(), templates: new Map(), schedulers: new Map() };
}

/** One side of a connection: the client, and the address that it names or that answers it. */
export function flowKey(
  protocol: number,
  client: Ip,
  clientPort: number,
  other: Ip,
  otherPort: number,
): string {
  return `${protocol}|${client}|${clientPort}|${other}|${otherPort}`;
}

export function schedulerOf(runtime: IpvsRuntime, service: VirtualServer): SchedulerState {
  let state = runtime.schedulers.get(service);
  if (state === undefined) {
    state = newSchedulerState();
    runtime.schedulers.set(service, state);
  }
  return state;
}

/** Enters a new connection (ip_vs_conn_new) and counts it with its server (ip_vs_bind_dest). */
export function remember(runtime: IpvsRuntime, connection: IpvsConnection): void {
  const { protocol, client, clientPort, virtualPort, service, server, serverPort } = connection;
  runtime.requests.set(flowKey(protocol, client, clientPort, service.ip, virtualPort), connection);
  runtime.replies.set(flowKey(protocol, client, clientPort, server.ip, serverPort), connection);
  const { loads } = schedulerOf(runtime, service);
  let load = loads.get(server);
  if (load === undefined) {
    load = { active: 0, inactive: 0 };
    loads.set(server, load);
  }
  count(load, connection.state, 1);
}

/** Takes a connection to another state; its server counts it as active or not accordingly. */
export function changeState(runtime: IpvsRuntime, connection: IpvsConnection, state: IpvsState): void {
  if (connection.state === state) return;
  const load = schedulerOf(runtime, connection.service).loads.get(connection.server);
  if (load !== undefined) {
    count(load, connection.state, -1);
    count(load, state, 1);
  }
  connection.state = state;
  if (state === 'ESTABLISHED') assure(connection);
}

/** ip_vs_control_assure_ct: the client is there. */
export function assure({ template }: IpvsConnection): void {
  if (template !== undefined) template.assured = true;
}

function count(load: ServerLoad, state: IpvsState, by: number): void {
  if (ACTIVE.has(state)) load.active += by;
  else load.inactive += by;
}

/** tcp_state_active_table, sctp's ESTABLISHED; datagrams are never active (ip_vs_bind_dest). */
const ACTIVE: ReadonlySet<IpvsState> = new Set(['SYN_RECV', 'ESTABLISHED']);

/** As ipvsadm and `-m ipvs` name it. */
export const METHOD_NAMES: Readonly<Record<ForwardingMethod, 'MASQ' | 'GATE' | 'IPIP'>> = {
  masq: 'MASQ',
  route: 'GATE',
  tunnel: 'IPIP',
};
