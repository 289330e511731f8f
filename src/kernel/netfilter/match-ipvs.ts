import { cidrOf, contains } from '../../addr/index.ts';
import { protocolNumber } from '../../wire/index.ts';
import { portsOf } from '../conntrack/tuple.ts';
import { flowKey, METHOD_NAMES } from '../ipvs/connection.ts';
import type { MatchContext } from './match-context.ts';
import type { IpvsMatch } from './model.ts';

/**
 * ipvs_mt (net/netfilter/xt_ipvs.c). Every test but `--ipvs` looks for the connection with the packet's source as the
 * client and its destination as the real server: what IPVS has sent on matches, what comes back does not.
 */
export function matchIpvs(match: IpvsMatch, { skb, stack }: MatchContext): boolean {
  const { ipvs, protocol, address, port, direction, method, controlPort } = match;
  if (ipvs !== undefined) return skb.ipvs !== ipvs.not;
  if (!skb.ipvs) return false;
  const { packet } = skb;
  const number = protocolNumber(packet);
  if (protocol !== undefined && (number === protocol.number) === protocol.not) return false;
  const ports = portsOf(packet.transport);
  if (ports === undefined) return false;
  const key = flowKey(number, packet.src, ports.sport, packet.dst, ports.dport);
  const connection = stack.ipvs.replies.get(key);
  if (connection === undefined) return false;
  const { service, server, virtualPort, template } = connection;
  if (port !== undefined && (virtualPort === port.port) === port.not) return false;
  if (controlPort !== undefined) {
    const controlled = template !== undefined && service.port === controlPort.port;
    if (controlled === controlPort.not) return false;
  }
  if (direction !== undefined && (skb.ct === undefined || skb.ctDirection.toUpperCase() !== direction))
    return false;
  if (method !== undefined && (METHOD_NAMES[server.forward] === method.method) === method.not) return false;
  return address === undefined || contains(cidrOf(address.ip, address.length), service.ip) !== address.not;
}
