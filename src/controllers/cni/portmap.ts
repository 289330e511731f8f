import { createHash } from 'node:crypto';
import { type Cidr, cidrOf, type Family, familyOf, hostCidr, type Ip, ip } from '../../addr/index.ts';
import type {
  CniConfig,
  ContainerPort,
  Node,
  Pod,
  PortmapCondition,
  PortmapConfig,
  Protocol,
} from '../../k8s/index.ts';
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
import { writeMasquerade } from './masquerade.ts';
import { commentOf, containerId, hasOwnNetwork, rangeOf } from './pod-network.ts';

const DNAT = 'CNI-HOSTPORT-DNAT';
const SETMARK = 'CNI-HOSTPORT-SETMARK';
const MASQ = 'CNI-HOSTPORT-MASQ';
/** The device that leads out of the node. */
const EXTERNAL_DEVICE = 'eth0';
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

/** The name of a container's chain: `CNI-DN-` and 21 hex digits of a digest (utils.FormatChainName). */
export function portmapChain(containerId: string, network: string): string {
  return `CNI-DN-${createHash('sha512').update(`${network}${containerId}`).digest('hex').slice(0, 21)}`;
}

/**
 * What ADD sets beside its rules where it masquerades: packets from 127.0.0.1 may leave by the device that leads to the
 * pod, which is the bridge unless that has no address (getRoutableHostIF).
 */
export function portmapOperations(pod: Pod, node: string, config: CniConfig): Operation[] {
  const [first] = hostPorts(pod);
  if (config.portmap?.snat !== true) return [];
  if (first === undefined || pod.podIPs.every((address) => familyOf(address) === 6)) return [];
  const device = config.isGateway ? config.bridge : EXTERNAL_DEVICE;
  const key = `net.ipv4.conf.${device}.route_localnet`;
  return [{ op: 'sysctl', netns: `node/${node}`, key, value: '1', origin: originOf(pod, first) }];
}

/**
 * The rules of the plugins with their iptables backend, after ADD of every pod: the bridge's masquerading where it is
 * asked for, and portmap 1.x (plugins/meta/portmap).
 */
export function cniTables(
  node: Node,
  pods: readonly Pod[],
  family: Family,
  config: CniConfig,
): RestoreTable[] {
  const chains: RestoreChain[] = [];
  const rules: RestoreRule[] = [];
  let shared = false;
  for (const pod of pods) {
    const address = pod.podIPs.find((candidate) => familyOf(candidate) === family);
    if (address === undefined || !hasOwnNetwork(pod)) continue;
    const network = cidrOf(address, rangeOf(address, node).length);
    if (config.ipMasq) writeMasquerade(chains, rules, config, pod, address, network);
    const ports = hostPorts(pod);
    const [first] = ports;
    const { portmap } = config;
    if (first === undefined || portmap === undefined) continue;
    if (!shared) writeShared(chains, rules, portmap);
    shared = true;
    const id = containerId(pod);
    const chain = portmapChain(id, config.name);
    chains.push({ name: chain, origin: originOf(pod, first) });
    for (const port of ports)
      writePort(rules, chain, port, { address, network, portmap }, originOf(pod, port));
    writeEntries(rules, chain, ports, pod, config.name, portmap.conditions[family]);
  }
  return chains.length === 0 ? [] : [{ table: 'nat', chains, rules }];
}

function originOf({ meta }: Pod, port: HostPort): Origin {
  const { namespace, name } = meta;
  const object = { kind: 'Pod', namespace, name };
  return { program: 'cni', object, field: `spec.containers{${port.container}}.ports.hostPort` };
}

/** Made by the first pod with a host port; every further ADD finds them there. */
function writeShared(
  chains: RestoreChain[],
  rules: RestoreRule[],
  { snat, markBit, setMarkChain }: PortmapConfig,
): void {
  const origin: Origin = { program: 'cni' };
  const marks = snat && setMarkChain === undefined;
  // A chain of others is there already, but where only this program's rules are asked for.
  const others = setMarkChain === undefined || !snat ? [] : [setMarkChain];
  const names = marks ? [SETMARK, MASQ, DNAT] : [...others, DNAT];
  chains.push(...names.map((name): RestoreChain => ({ name, origin, ensure: true })));
  const add = (chain: string, matches: readonly Match[], target: Rule['target'], insert = false): void => {
    rules.push({ chain, insert, ensure: true, rule: { matches, target, origin } });
  };
  const comment = (text: string): Match => ({ kind: 'comment', text });
  const local: Match = { kind: 'addrtype', dst: { types: ['LOCAL'], not: false } };
  if (marks) {
    // Bit 31 is no number of 32 bits with a sign.
    const mark = 2 ** markBit;
    add(SETMARK, [comment('CNI portfwd masquerade mark')], { kind: 'MARK', value: mark, mask: mark });
    add(MASQ, [{ kind: 'mark', value: mark, mask: mark, not: false }], {
      kind: 'MASQUERADE',
      random: false,
      randomFully: false,
    });
    const masquerade = comment('CNI portfwd requiring masquerade');
    add('POSTROUTING', [masquerade], { kind: 'jump', chain: MASQ }, true);
  }
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
  {
    address,
    network,
    portmap,
  }: { readonly address: Ip; readonly network: Cidr; readonly portmap: PortmapConfig },
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
  const mark = (cidr: Cidr | undefined): void => {
    const src = cidr === undefined ? {} : { src: { cidr, not: false } };
    const rule: Rule = { ...src, ...base, target: { kind: 'jump', chain: portmap.setMarkChain ?? SETMARK } };
    rules.push({ chain, ensure: true, rule });
  };
  if (portmap.snat && portmap.masqAll) mark(undefined);
  else if (portmap.snat) {
    mark(network);
    if (typeof address === 'number') mark(hostCidr(LOCALHOST));
  }
  const to = { ip: address, port: containerPort };
  const target = { kind: 'DNAT', to, random: false, randomFully: false, persistent: false } as const;
  rules.push({ chain, ensure: true, rule: { ...base, target } });
}

/** The rules that lead from the common chain to the pod's, one for each protocol and 15 ports. */
function writeEntries(
  rules: RestoreRule[],
  chain: string,
  ports: readonly HostPort[],
  pod: Pod,
  network: string,
  conditions: readonly PortmapCondition[],
): void {
  const text = `dnat ${commentOf(network, pod)}`;
  const conditioned = Object.fromEntries(
    conditions.map((condition) => [
      condition.what,
      condition.what === 'inInterface'
        ? { name: condition.name, not: condition.not }
        : { cidr: condition.cidr, not: condition.not },
    ]),
  ) as Pick<Rule, 'src' | 'dst' | 'inInterface'>;
  for (const name of ['SCTP', 'TCP', 'UDP'] as const) {
    const own = ports.filter(({ protocol }) => protocol === name);
    for (let from = 0; from < own.length; from += PORTS_OF_A_RULE) {
      const some = own.slice(from, from + PORTS_OF_A_RULE);
      const [first] = some;
      if (first === undefined) continue;
      const rule: Rule = {
        ...conditioned,
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
