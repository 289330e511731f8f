import { createHash } from 'node:crypto';
import {
  type Cidr,
  cidrOf,
  type Family,
  familyOf,
  hostCidr,
  type Ip,
  ip,
  stableHex,
} from '../../addr/index.ts';
import type { ContainerPort, Node, Pod, Protocol } from '../../k8s/index.ts';
import {
  type Match,
  type Operation,
  type Origin,
  PROTOCOL,
  type RestoreChain,
  type RestoreRule,
  type RestoreTable,
  type Rule,
} from '../../kernel/index.ts';
import { BRIDGE, hasOwnNetwork, rangeOf } from './pod-network.ts';

/** The `name` of flannel's conflist. */
const NETWORK = 'cbr0';
const DNAT = 'CNI-HOSTPORT-DNAT';
const SETMARK = 'CNI-HOSTPORT-SETMARK';
const MASQ = 'CNI-HOSTPORT-MASQ';
/** Bit 13: kube-proxy has 14. */
const MARK = 0x2000;
/** What `-m multiport` takes. */
const PORTS_OF_A_RULE = 15;
const LOCALHOST = ip('127.0.0.1');

/** A port of a pod that its node lends it. */
type HostPort = ContainerPort & { readonly hostPort: number };

const LOWER = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const satisfies Record<Protocol, string>;

/** The host ports of a pod, as containerd hands them to the plugin: those of a host-network pod need none. */
export function hostPorts(pod: Pod): readonly HostPort[] {
  return hasOwnNetwork(pod) ? pod.ports.filter((port) => port.hostPort > 0) : [];
}

/**
 * The id of the pod's sandbox, which the runtime draws at random: 64 hex digits that depend on namespace and name
 * alone. Not on the uid, which only a running cluster knows: a pod from git and the same from kubectl are one.
 */
export function containerId({ meta }: Pod): string {
  return stableHex(`sandbox/${meta.namespace}/${meta.name}`, 64);
}

/** The name of a container's chain: `CNI-DN-` and 21 hex digits of a digest (utils.FormatChainName). */
export function portmapChain(containerId: string): string {
  return `CNI-DN-${createHash('sha512').update(`${NETWORK}${containerId}`).digest('hex').slice(0, 21)}`;
}

/** What ADD sets beside its rules: packets from 127.0.0.1 may leave by the bridge. */
export function portmapOperations(pod: Pod, node: string): Operation[] {
  const [first] = hostPorts(pod);
  if (first === undefined || pod.podIPs.every((address) => familyOf(address) === 6)) return [];
  const key = `net.ipv4.conf.${BRIDGE}.route_localnet`;
  return [{ op: 'sysctl', netns: `node/${node}`, key, value: '1', origin: originOf(pod, first) }];
}

/** The rules of the portmap plugin 1.x with its iptables backend (plugins/meta/portmap), after ADD of every pod. */
export function cniTables(node: Node, pods: readonly Pod[], family: Family): RestoreTable[] {
  const chains: RestoreChain[] = [];
  const rules: RestoreRule[] = [];
  for (const pod of pods) {
    const address = pod.podIPs.find((candidate) => familyOf(candidate) === family);
    const ports = hostPorts(pod);
    const [first] = ports;
    if (address === undefined || first === undefined) continue;
    if (chains.length === 0) writeShared(chains, rules);
    const id = containerId(pod);
    const chain = portmapChain(id);
    chains.push({ name: chain, origin: originOf(pod, first) });
    const network = cidrOf(address, rangeOf(address, node).length);
    for (const port of ports) writePort(rules, chain, port, address, network, originOf(pod, port));
    writeEntries(rules, chain, ports, id, pod);
  }
  return chains.length === 0 ? [] : [{ table: 'nat', chains, rules }];
}

function originOf({ meta }: Pod, port: HostPort): Origin {
  const { namespace, name } = meta;
  const object = { kind: 'Pod', namespace, name };
  return { program: 'cni', object, field: `spec.containers{${port.container}}.ports.hostPort` };
}

/** Made by the first pod with a host port; every further ADD finds them there. */
function writeShared(chains: RestoreChain[], rules: RestoreRule[]): void {
  const origin: Origin = { program: 'cni' };
  chains.push(...[SETMARK, MASQ, DNAT].map((name): RestoreChain => ({ name, origin, ensure: true })));
  const add = (chain: string, matches: readonly Match[], target: Rule['target'], insert = false): void => {
    rules.push({ chain, insert, ensure: true, rule: { matches, target, origin } });
  };
  const comment = (text: string): Match => ({ kind: 'comment', text });
  const local: Match = { kind: 'addrtype', dst: { types: ['LOCAL'], not: false } };
  add(SETMARK, [comment('CNI portfwd masquerade mark')], { kind: 'MARK', value: MARK, mask: MARK });
  add(MASQ, [{ kind: 'mark', value: MARK, mask: MARK, not: false }], {
    kind: 'MASQUERADE',
    random: false,
    randomFully: false,
  });
  const masquerade = comment('CNI portfwd requiring masquerade');
  add('POSTROUTING', [masquerade], { kind: 'jump', chain: MASQ }, true);
  add('PREROUTING', [local], { kind: 'jump', chain: DNAT });
  add('OUTPUT', [local], { kind: 'jump', chain: DNAT });
}

/**
 * A port's rules in the pod's chain: what comes from the pods of this node and from 127.0.0.1 is marked, so that
 * the answer comes back this way; then everything is sent to the pod.
 */
function writePort(
  rules: RestoreRule[],
  chain: string,
  port: HostPort,
  address: Ip,
  network: Cidr,
  origin: Origin,
): void {
  const { hostIP, hostPort, containerPort } = port;
  if (hostIP !== undefined && familyOf(hostIP) !== familyOf(address)) return;
  const protocol = LOWER[port.protocol];
  const anywhere = hostIP === undefined || BigInt(hostIP) === 0n;
  const base = {
    ...(anywhere ? {} : { dst: { cidr: hostCidr(hostIP), not: false } }),
    protocol: { number: PROTOCOL[protocol], not: false },
    matches: [{ kind: protocol, dport: { from: hostPort, to: hostPort, not: false } }],
    origin,
  } as const;
  const mark = (cidr: Cidr): void => {
    const rule: Rule = { src: { cidr, not: false }, ...base, target: { kind: 'jump', chain: SETMARK } };
    rules.push({ chain, ensure: true, rule });
  };
  mark(network);
  if (typeof address === 'number') mark(hostCidr(LOCALHOST));
  const to = { ip: address, port: containerPort };
  const target = { kind: 'DNAT', to, random: false, randomFully: false, persistent: false } as const;
  rules.push({ chain, ensure: true, rule: { ...base, target } });
}

/** The rules that lead from the common chain to the pod's, one for each protocol and 15 ports. */
function writeEntries(
  rules: RestoreRule[],
  chain: string,
  ports: readonly HostPort[],
  id: string,
  pod: Pod,
): void {
  const text = `dnat name: "${NETWORK}" id: "${id}"`;
  for (const name of ['SCTP', 'TCP', 'UDP'] as const) {
    const own = ports.filter(({ protocol }) => protocol === name);
    for (let from = 0; from < own.length; from += PORTS_OF_A_RULE) {
      const some = own.slice(from, from + PORTS_OF_A_RULE);
      const [first] = some;
      if (first === undefined) continue;
      const rule: Rule = {
        protocol: { number: PROTOCOL[LOWER[name]], not: false },
        matches: [
          { kind: 'comment', text },
          {
            kind: 'multiport',
            side: 'dports',
            ports: some.map(({ hostPort }) => ({ from: hostPort, to: hostPort })),
            not: false,
          },
        ],
        target: { kind: 'jump', chain },
        origin: originOf(pod, first),
      };
      rules.push({ chain: DNAT, ensure: true, rule });
    }
  }
}
