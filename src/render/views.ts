import type { AddressPort, Endpoint, FlowEnd, OriginView, PacketView, Path, Trace } from '../trace/index.ts';

/** Names and addresses of a trace as the text shows them; no layout and no colour. */

/** `10.96.0.10:80`, `[fd00::1]:80`, `10.96.0.10`. */
export function formatAddress({ ip, port }: AddressPort): string {
  if (port === undefined) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** `default/client`, `svc default/web`, `node1`, `external client`: who a flow's end is; empty for a bare address. */
export function formatEnd(end: FlowEnd): string {
  switch (end.kind) {
    case 'pod':
      return `${end.namespace}/${end.name}`;
    case 'service':
      return end.node === undefined
        ? `svc ${end.namespace}/${end.name}`
        : `svc ${end.namespace}/${end.name} on ${end.node}`;
    case 'node':
      return `${end.name}`;
    case 'external':
      return end.name === undefined ? 'external' : `external ${end.name}`;
    case 'name':
      return `${end.name}`;
    case 'ip':
      return '';
  }
}

/** Who answered: `default/web-0 on node2 (10.244.2.2:8080)`. */
export function formatEndpoint(endpoint: Endpoint): string {
  const { namespace, pod, node, host } = endpoint;
  const address = formatAddress(endpoint);
  if (pod !== undefined) return `${namespace}/${pod}${node === undefined ? '' : ` on ${node}`} (${address})`;
  return `${host ?? node ?? 'unknown'} (${address})`;
}

/** `10.244.1.2:40000 > 10.96.0.10:80 SYN`, as tcpdump writes a packet. */
export function formatPacket(packet: PacketView): string {
  const src = { ip: packet.src, ...(packet.sport === undefined ? {} : { port: packet.sport }) };
  const dst = { ip: packet.dst, ...(packet.dport === undefined ? {} : { port: packet.dport }) };
  return `${formatAddress(src)} > ${formatAddress(dst)}`;
}

/** `Service default/web spec.ports[0] (kube-proxy)`. */
export function formatOriginView(origin: OriginView): string {
  if (origin.kind === undefined || origin.name === undefined) return origin.program;
  const name = origin.namespace === undefined ? origin.name : `${origin.namespace}/${origin.name}`;
  const field = origin.field === undefined ? '' : ` ${origin.field}`;
  return `${origin.kind} ${name}${field} (${origin.program})`;
}

/** A probability for reading: `1/3` where the fraction is short, else a percentage. */
export function formatProbability(odds: string, probability: number): string {
  return odds.length <= 9 ? odds : `${(probability * 100).toPrecision(3)}%`;
}

/** The source that the first packet really had, when a path shows it. */
export function firstPacket(trace: Trace): PacketView | undefined {
  const step = trace.paths[0]?.hops[0]?.steps[0];
  return step?.type === 'originate' || step?.type === 'receive' ? step.packet : undefined;
}

/** `delivered`, or the verdict with its reason: `refused (NO_LISTENER)`. */
export function formatOutcome(path: Pick<Path, 'verdict' | 'reason'>): string {
  return path.verdict === 'delivered' ? 'delivered' : `${path.verdict} (${path.reason})`;
}
