import { formatHostPort } from '../addr/index.ts';
import type { Meta } from '../k8s/index.ts';
import { type Netns, type VirtualServer, virtualServersOf } from '../kernel/index.ts';

/** The virtual servers of a Service in a namespace, found by their origins. */
export function virtualServersOfService({ namespace, name }: Meta, netns: Netns): readonly VirtualServer[] {
  return [...virtualServersOf(netns).values()].filter(({ origin: { object } }) => {
    return object?.kind === 'Service' && object.name === name && object.namespace === namespace;
  });
}

/** `TCP 10.96.0.10:80`. */
export function virtualServerName({ protocol, ip, port }: VirtualServer): string {
  return `${protocol.toUpperCase()} ${formatHostPort(ip, port)}`;
}

/** `rr`, `rr (rr-port), persistent 10800 s`. */
export function schedulingText({ scheduler, flags, persistent }: VirtualServer): string {
  const on = [...(flags.fallback ? ['fallback'] : []), ...(flags.port ? ['port'] : [])];
  return [
    `${scheduler}${on.length === 0 ? '' : ` (${on.join(', ')})`}`,
    ...(persistent === undefined ? [] : [`persistent ${persistent} s`]),
  ].join(', ');
}

/** `10.244.1.3:8080`, and its weight unless that is 1. */
export function realServersText({ realServers }: VirtualServer): string {
  const texts = realServers.map(
    ({ ip, port, weight }) => `${formatHostPort(ip, port)}${weight === 1 ? '' : ` (weight ${weight})`}`,
  );
  return texts.length === 0 ? '<none>' : texts.join(', ');
}
