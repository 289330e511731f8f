import type { Family } from '../../../addr/index.ts';
import type { RestoreTable } from '../../../kernel/index.ts';
import {
  categorizeEndpoints,
  type KubeProxyInput,
  localTraffic,
  nodeIpOf,
  proxyNodeName,
  proxyState,
  REJECT,
  type TableWriter,
} from '../common/index.ts';
import { portChains, writeServicePort } from './service-port.ts';
import type { ServiceRuleContext } from './service-rules.ts';
import { writeBase, writeForward, writeMangle, writeMasquerade, writeNodePortsTail } from './static-rules.ts';

/** largeClusterEndpointsThreshold: above it, rules for endpoints have no comments. */
const LARGE_CLUSTER = 1000;

/**
 * The tables that kube-proxy v1.30 in iptables mode writes on a node in one family, for `iptables-restore` on top of its
 * empty built-in chains: base jumps are inserted in the real order, everything else is appended.
 */
export function iptablesTables(input: KubeProxyInput, family: Family): RestoreTable[] {
  const { config, node } = input;
  const writer = (): TableWriter => ({ chains: [], rules: [] });
  const mangle = writer();
  const filter = writer();
  const nat = writer();
  const state = proxyState(input.services, input.endpointSlices, family);
  const context: ServiceRuleContext = {
    filter,
    nat,
    reject: REJECT[family],
    localTraffic: localTraffic(config, node, family),
    masqueradeAll: config.iptables.masqueradeAll,
    nodeIp: nodeIpOf(input, family),
    large: state.endpointCount > LARGE_CLUSTER,
  };
  const nodeName = proxyNodeName(input);
  writeMangle(mangle);
  writeBase(filter, nat);
  writeMasquerade(filter, nat, config, family);
  let afresh = false;
  for (const port of state.ports) {
    const endpoints = categorizeEndpoints(port, nodeName, node.meta.labels);
    afresh = writeServicePort(context, port, endpoints) || afresh;
  }
  writeNodePortsTail(nat, config, family, input.nodeLocalAddresses(family));
  // nf_conntrack_tcp_be_liberal is 0 on a node where only kube-proxy sets it, which it does before it looks.
  writeForward(filter, config, config.conntrack.tcpBeLiberal);
  return [
    { table: 'mangle', ...mangle },
    { table: 'filter', ...filter },
    { table: 'nat', ...nat, sharedChains: portChains(state, afresh) },
  ];
}
