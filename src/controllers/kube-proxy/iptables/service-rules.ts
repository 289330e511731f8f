import { contains, type Ip } from '../../../addr/index.ts';
import type { Match, Origin, Rule, Target } from '../../../kernel/index.ts';
import {
  ACCEPT,
  append,
  type CategorizedEndpoints,
  comment,
  DROP,
  dportMatch,
  externallyAccessible,
  host,
  jump,
  LOCAL_DESTINATION,
  LOCAL_SOURCE,
  type LocalTraffic,
  localPart,
  MARK_MASQ,
  NOTHING,
  protocolMatch,
  type ServicePortInfo,
  type ServicePortState,
  source,
  type TableWriter,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from '../common/index.ts';
import { type ServiceChains, serviceChains } from './chain-names.ts';
import { choosingRules, endpointChainOf } from './endpoint-rules.ts';

/** What the rules of a service port depend on besides the port itself. */
export interface ServiceRuleContext {
  readonly filter: TableWriter;
  readonly nat: TableWriter;
  readonly reject: Target;
  readonly localTraffic: LocalTraffic | undefined;
  readonly masqueradeAll: boolean;
  /** The node's own address, which decides whether source ranges let the node in. */
  readonly nodeIp: Ip;
  /** More than 1000 endpoints in the cluster: rules for endpoints have no comments. */
  readonly large: boolean;
}

interface PortRules extends ServiceRuleContext {
  readonly state: ServicePortState;
  readonly info: ServicePortInfo;
  readonly chains: ServiceChains;
  readonly endpoints: CategorizedEndpoints;
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  /** KUBE-EXT exists. */
  readonly external: boolean;
  /** KUBE-FW exists. */
  readonly firewall: boolean;
  readonly dport: Match;
}

/** The rules of one service port on one node, in the order in which syncProxyRules writes them. */
export function writeServiceRules(
  context: ServiceRuleContext,
  state: ServicePortState,
  endpoints: CategorizedEndpoints,
): void {
  const { info } = state;
  const { hasAny, local } = endpoints;
  const port: PortRules = {
    ...context,
    state,
    info,
    chains: serviceChains(info.name, info.protocol),
    endpoints,
    hasInternal: hasAny && !(info.internalPolicyLocal && local.length === 0),
    hasExternal: hasAny && !(info.externalPolicyLocal && local.length === 0),
    external: hasAny && externallyAccessible(info),
    firewall: hasAny && info.loadBalancerVIPs.length > 0 && info.sourceRanges.length > 0,
    dport: dportMatch(info.protocol, info.port),
  };
  writeClusterIp(port);
  writeExternalIps(port);
  writeLoadBalancer(port);
  writeNodePort(port);
  writeHealthCheck(port);
  if (port.external) writeExternalChain(port);
  if (port.firewall) writeFirewallChain(port);
  writeEndpoints(port);
}

/** `-d IP -p PROTOCOL -m comment --comment TEXT -m PROTOCOL --dport PORT -j TARGET`. */
function toAddress(port: PortRules, ip: Ip, text: string, target: Target, origin: Origin): Rule {
  return {
    dst: host(ip),
    protocol: protocolMatch(port.info.protocol),
    matches: [comment(text), port.dport],
    target,
    origin,
  };
}

/** Why traffic is refused: nothing serves it at all (REJECT), or nothing on this node does (DROP). */
function refusal({ info, endpoints, reject }: PortRules): { readonly text: string; readonly target: Target } {
  return endpoints.hasAny
    ? { text: `${info.name} has no local endpoints`, target: DROP }
    : { text: `${info.name} has no endpoints`, target: reject };
}

function internalChain({ info, chains }: PortRules): string {
  return info.internalPolicyLocal ? chains.svl : chains.svc;
}

function writeClusterIp(port: PortRules): void {
  const { info } = port;
  if (port.hasInternal) {
    const target = jump(internalChain(port));
    append(
      port.nat,
      'KUBE-SERVICES',
      toAddress(port, info.clusterIP, `${info.name} cluster IP`, target, info.origin),
    );
  } else {
    const { text, target } = refusal(port);
    append(port.filter, 'KUBE-SERVICES', toAddress(port, info.clusterIP, text, target, info.origin));
  }
}

function refuseExternal(port: PortRules, ip: Ip, origin: Origin): void {
  const { text, target } = refusal(port);
  append(port.filter, 'KUBE-EXTERNAL-SERVICES', toAddress(port, ip, text, target, origin));
}

function writeExternalIps(port: PortRules): void {
  const { info, chains } = port;
  for (const { ip, origin } of info.externalIPs) {
    if (port.endpoints.hasAny) {
      append(
        port.nat,
        'KUBE-SERVICES',
        toAddress(port, ip, `${info.name} external IP`, jump(chains.ext), origin),
      );
    }
    if (!port.hasExternal) refuseExternal(port, ip, origin);
  }
}

function writeLoadBalancer(port: PortRules): void {
  const { info, chains } = port;
  const target = jump(port.firewall ? chains.fw : chains.ext);
  for (const { ip, origin } of info.loadBalancerVIPs) {
    if (port.endpoints.hasAny) {
      append(port.nat, 'KUBE-SERVICES', toAddress(port, ip, `${info.name} loadbalancer IP`, target, origin));
    }
    if (port.firewall) {
      const text = `${info.name} traffic not accepted by ${chains.fw}`;
      append(port.filter, 'KUBE-PROXY-FIREWALL', toAddress(port, ip, text, DROP, origin));
    }
  }
  if (port.hasExternal) return;
  for (const { ip, origin } of info.loadBalancerVIPs) refuseExternal(port, ip, origin);
}

function writeNodePort(port: PortRules): void {
  const { info, chains } = port;
  if (info.nodePort === 0) return;
  const protocol = protocolMatch(info.protocol);
  const dport = dportMatch(info.protocol, info.nodePort);
  const origin = { ...info.origin, field: `${info.origin.field}.nodePort` };
  if (port.endpoints.hasAny) {
    append(port.nat, 'KUBE-NODEPORTS', {
      protocol,
      matches: [comment(info.name), dport],
      target: jump(chains.ext),
      origin,
    });
  }
  if (!port.hasExternal) {
    const { text, target } = refusal(port);
    const matches = [comment(text), LOCAL_DESTINATION, dport];
    append(port.filter, 'KUBE-EXTERNAL-SERVICES', { protocol, matches, target, origin });
  }
}

function writeHealthCheck({ info, filter }: PortRules): void {
  if (info.healthCheckNodePort === 0) return;
  append(filter, 'KUBE-NODEPORTS', {
    protocol: protocolMatch('tcp'),
    matches: [comment(`${info.name} health check node port`), dportMatch('tcp', info.healthCheckNodePort)],
    target: ACCEPT,
    origin: { ...info.origin, field: 'spec.healthCheckNodePort' },
  });
}

/** ClusterIP traffic from outside the pods must come back to this node: the first rule of the chain that takes it. */
function internalMasquerade(port: PortRules, chain: string): Rule[] {
  const { info, localTraffic, masqueradeAll } = port;
  if (!port.hasInternal || chain !== internalChain(port)) return [];
  if (!masqueradeAll && localTraffic === undefined) return [];
  const rule = toAddress(port, info.clusterIP, `${info.name} cluster IP`, MARK_MASQ, info.origin);
  return [masqueradeAll || localTraffic === undefined ? rule : { ...localPart(localTraffic, true), ...rule }];
}

function writeExternalChain(port: PortRules): void {
  const { info, chains, nat, localTraffic } = port;
  const { origin } = info;
  const write = (text: string, extra: readonly Match[], target: Target): void =>
    append(nat, chains.ext, {
      matches: [comment(`${text} for ${info.name} external destinations`), ...extra],
      target,
      origin,
    });
  nat.chains.push({ name: chains.ext, origin });
  if (info.externalPolicyLocal) {
    // Pods and the node itself are sent to any endpoint, as if they had used the ClusterIP.
    if (localTraffic !== undefined) {
      append(nat, chains.ext, {
        ...localPart(localTraffic, false),
        matches: [comment(`pod traffic for ${info.name} external destinations`)],
        target: jump(chains.svc),
        origin,
      });
    }
    write('masquerade LOCAL traffic', [LOCAL_SOURCE], MARK_MASQ);
    write('route LOCAL traffic', [LOCAL_SOURCE], jump(chains.svc));
  } else write('masquerade traffic', [], MARK_MASQ);
  if (!port.hasExternal) return;
  append(nat, chains.ext, {
    matches: [],
    target: jump(info.externalPolicyLocal ? chains.svl : chains.svc),
    origin,
  });
}

function writeFirewallChain(port: PortRules): void {
  const { info, chains, nat } = port;
  const matches = [comment(`${info.name} loadbalancer IP`)];
  const target = jump(chains.ext);
  nat.chains.push({ name: chains.fw, origin: info.origin });
  for (const { cidr, origin } of info.sourceRanges) {
    append(nat, chains.fw, { ...source(cidr), matches, target, origin });
  }
  // A load balancer may leave its address on the node, so that the node's own traffic carries it as source.
  if (info.sourceRanges.some(({ cidr }) => contains(cidr, port.nodeIp))) {
    for (const { ip, origin } of info.loadBalancerVIPs) {
      append(nat, chains.fw, { src: host(ip), matches, target, origin });
    }
  }
  append(nat, chains.fw, {
    matches: [comment(`other traffic to ${info.name} will be dropped by KUBE-PROXY-FIREWALL`)],
    target: NOTHING,
    origin: info.origin,
  });
}

function writeEndpoints(port: PortRules): void {
  const { info, chains, nat, state, endpoints, large } = port;
  if (endpoints.cluster.length > 0 && usesClusterEndpoints(info)) {
    const rules = internalMasquerade(port, chains.svc).concat(choosingRules(state, endpoints.cluster, large));
    nat.chains.push({ name: chains.svc, origin: info.origin, rules });
  }
  if (endpoints.local.length > 0 && usesLocalEndpoints(info)) {
    const rules = internalMasquerade(port, chains.svl).concat(choosingRules(state, endpoints.local, large));
    nat.chains.push({ name: chains.svl, origin: info.origin, rules });
  }
  for (const endpoint of endpoints.reachable) {
    nat.chains.push(endpointChainOf(state, endpoint, large).chain);
  }
}
