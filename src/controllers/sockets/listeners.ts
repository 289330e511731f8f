import {
  type Diagnostic,
  type EndpointSlice,
  type FlannelConfig,
  isFinished,
  type Node,
  type Pod,
  type Protocol,
  type Service,
  type Topology,
} from '../../k8s/index.ts';
import {
  ANY_PORT,
  type Operation,
  type Origin,
  type Socket,
  type SocketOwner,
  type TransportName,
} from '../../kernel/index.ts';
import { type AssumedPorts, assumedPorts } from './assumed-ports.ts';

const TRANSPORT: Readonly<Record<Protocol, TransportName>> = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' };
const KERNEL_VXLAN_PORT = 8472;
const LOOPBACK = 0x7f000001;

export interface SocketsInput {
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly flannel: FlannelConfig;
  readonly topology: Topology;
  /** `any`: every pod listens on every port. Undefined: where something says so. */
  readonly listeners?: 'any';
}

/** Sockets as `listen` operations, and notes about ports that two wanted. */
export interface Listeners {
  readonly operations: readonly Operation[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A socket that wants to be, and where a note about it would point. */
interface Wanted {
  readonly netns: string;
  readonly socket: Socket;
  readonly who: string;
  readonly at: Pick<Diagnostic, 'at'>;
  /** Only where nobody else listens: then there is nothing to note. */
  readonly yields?: boolean;
}

/** Everything that listens; see the folder's page for the rules. */
export function listeners(input: SocketsInput): Listeners {
  const assumed = assumedPorts(input.services, input.endpointSlices, input.pods);
  const nodes = new Set(input.nodes.map((n) => n.meta.name));
  const placed = input.pods.filter((pod) => nodes.has(pod.nodeName));
  const wanted: Wanted[] = [
    // What is declared comes before what is only assumed.
    ...placed
      .filter((pod) => pod.ports.length > 0)
      .flatMap((pod) => podSockets(pod, assumed, input.listeners === 'any')),
    ...placed
      .filter((pod) => pod.ports.length === 0)
      .flatMap((pod) => podSockets(pod, assumed, input.listeners === 'any')),
    ...input.nodes.flatMap((node) => nodeSockets(node, input)),
    ...nodeEndpoints(input),
    ...hostSockets(input.topology),
  ];
  const owners = new Map<string, string>();
  const operations: Operation[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { netns, socket, who, at, yields = false } of wanted) {
    const place = `${netns} ${socket.protocol}/${socket.port}`;
    const other = owners.get(place);
    if (other === undefined) {
      owners.set(place, who);
      operations.push({ op: 'listen', netns, socket });
    } else if (other !== who && !yields) {
      diagnostics.push({
        severity: 'note',
        code: 'PW415',
        message: `${who} cannot listen on ${socket.protocol}/${socket.port} of ${netns.replace('/', ' ')}: ${other} does already`,
        fix: 'give them different ports or nodes',
        ...at,
      });
    }
  }
  return { operations, diagnostics };
}

function podSockets(pod: Pod, assumed: AssumedPorts, any: boolean): Wanted[] {
  if (isFinished(pod) || pod.nodeName === '' || pod.podIPs.length === 0) return [];
  const { namespace, name, source } = pod.meta;
  const netns = pod.hostNetwork ? `node/${pod.nodeName}` : `pod/${namespace}/${name}`;
  const object = { kind: 'Pod', namespace, name };
  const who = `Pod ${namespace}/${name}`;
  const at = source === undefined ? {} : { at: { source, path: ['spec', 'containers'] } };
  const owner = (isAssumed: boolean): SocketOwner => ({
    kind: 'pod',
    namespace,
    name,
    node: pod.nodeName,
    assumed: isAssumed,
  });
  const wanted: Wanted[] = declaredSockets(pod, owner(false)).map((socket) => ({ netns, socket, who, at }));
  if (pod.ports.length === 0 && !isStated(pod)) {
    const guessed = owner(true);
    for (const p of assumed(pod)) {
      const origin: Origin = { program: 'kubelet', object: p.object, field: p.field };
      const socket = { protocol: TRANSPORT[p.protocol], port: p.port, owner: guessed, origin };
      if (!wanted.some((one) => one.socket.port === p.port && one.socket.protocol === socket.protocol))
        wanted.push({ netns, socket, who, at });
    }
  }
  if (any && !pod.hostNetwork) {
    const origin: Origin = { program: 'kubelet', object, field: 'spec.containers' };
    for (const protocol of Object.values(TRANSPORT))
      wanted.push({ netns, socket: { protocol, port: ANY_PORT, owner: owner(true), origin }, who, at });
  }
  return wanted;
}

/** Whether an annotation says on what it listens: then nothing is assumed. */
function isStated({ evidence = [] }: Pod): boolean {
  return evidence.some(({ stated }) => stated);
}

/** Declared ports, on every address unless it is stated that they are on 127.0.0.1 alone, and what else gives evidence. */
function declaredSockets(pod: Pod, owner: SocketOwner): Socket[] {
  const object = { kind: 'Pod', namespace: pod.meta.namespace, name: pod.meta.name };
  const sockets = new Map<string, Socket>();
  const { evidence = [] } = pod;
  for (const { protocol, port, loopback, field, stated } of evidence) {
    // Of a pod that declares nothing, more is assumed than its programs' words could narrow.
    if (!stated && (pod.hostNetwork || loopback) && pod.ports.length === 0) continue;
    const origin: Origin = { program: 'kubelet', object, field };
    const bound = loopback ? { ip: LOOPBACK } : {};
    sockets.set(`${protocol}/${port}`, { protocol: TRANSPORT[protocol], port, ...bound, owner, origin });
  }
  const only = new Set(
    evidence.filter(({ stated, loopback }) => stated && loopback).map((e) => `${e.protocol}/${e.port}`),
  );
  const declared: Socket[] = [];
  for (const p of pod.ports) {
    const key = `${p.protocol}/${p.containerPort}`;
    if (only.has(key)) continue;
    sockets.delete(key);
    const origin: Origin = { program: 'kubelet', object, field: `spec.containers{${p.container}}.ports` };
    declared.push({ protocol: TRANSPORT[p.protocol], port: p.containerPort, owner, origin });
  }
  return [...declared, ...sockets.values()];
}

function nodeSockets(node: Node, { services, flannel }: SocketsInput): Wanted[] {
  const { name } = node.meta;
  const netns = `node/${name}`;
  const wanted: Wanted[] = [];
  for (const service of services) {
    if (service.healthCheckNodePort === 0) continue;
    const what = `health check of Service ${service.meta.namespace}/${service.meta.name}`;
    const object = { kind: 'Service', namespace: service.meta.namespace, name: service.meta.name };
    const origin: Origin = { program: 'kube-proxy', object, field: 'spec.healthCheckNodePort' };
    const owner: SocketOwner = { kind: 'node', node: name, what };
    const socket: Socket = { protocol: 'tcp', port: service.healthCheckNodePort, owner, origin };
    wanted.push({ netns, socket, who: `the ${what}`, at: {} });
  }
  const { backend } = flannel;
  if (backend.type === 'vxlan' && node.internalIPs.length > 0) {
    const device = flannel.enableIPv4 ? `flannel.${backend.vni}` : `flannel-v6.${backend.vni}`;
    const port = backend.port === 0 ? KERNEL_VXLAN_PORT : backend.port;
    const origin: Origin = { program: 'flannel', object: { kind: 'Node', name } };
    const socket: Socket = { protocol: 'udp', port, owner: { kind: 'vxlan', device }, origin };
    wanted.push({ netns, socket, who: device, at: {} });
  }
  return wanted;
}

/**
 * Ports of EndpointSlices at a node's own address that name no pod: the API server's, as a rule. What listens there
 * is some program of the node, unless a pod on its network does.
 */
function nodeEndpoints({ nodes, endpointSlices }: SocketsInput): Wanted[] {
  const names = new Map(nodes.flatMap((node) => node.internalIPs.map((ip) => [ip, node.meta.name] as const)));
  return endpointSlices.flatMap((slice) => {
    const { namespace, name } = slice.meta;
    const object = { kind: 'EndpointSlice', namespace, name };
    const what = `endpoint of EndpointSlice ${namespace}/${name}`;
    return slice.endpoints.flatMap(({ addresses, targetRef }) => {
      const node = targetRef === undefined ? addresses.map((ip) => names.get(ip)).find(isName) : undefined;
      if (node === undefined) return [];
      return slice.ports.flatMap(({ protocol, port }, i): Wanted[] => {
        if (port === undefined) return [];
        const origin: Origin = { program: 'kubelet', object, field: `ports[${i}].port` };
        const owner: SocketOwner = { kind: 'node', node, what };
        const socket: Socket = { protocol: TRANSPORT[protocol], port, owner, origin };
        return [{ netns: `node/${node}`, socket, who: what, at: {}, yields: true }];
      });
    });
  });
}

function isName(name: string | undefined): name is string {
  return name !== undefined;
}

function hostSockets(topology: Topology): Wanted[] {
  const origin: Origin = { program: 'underlay', object: { kind: 'Topology', name: 'topology' } };
  return topology.hosts.flatMap((host) =>
    host.listens.map(({ protocol, port }) => {
      const owner: SocketOwner = { kind: 'host', name: host.name };
      const socket: Socket = { protocol: TRANSPORT[protocol], port, owner, origin };
      return { netns: `host/${host.name}`, socket, who: `host ${host.name}`, at: {} };
    }),
  );
}
