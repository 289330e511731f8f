import { contains, formatCidr, formatIp, type Ip } from '../addr/index.ts';
import type { LabelSelector, Protocol } from './object-meta.ts';
import type { ContainerPort } from './pod-objects.ts';
import type { PolicyPeer, PolicyPort } from './policy-objects.ts';
import { matchSelector } from './selector.ts';

/** One end of a connection, as far as texts about policies need it. */
export interface PolicyParty {
  /** `ns/pod` or an address. */
  readonly name: string;
  readonly ips: readonly Ip[];
  /** Undefined: no pod to policies. */
  readonly pod?: {
    readonly namespace: string;
    readonly labels: ReadonlyMap<string, string>;
    readonly namespaceLabels: ReadonlyMap<string, string>;
    readonly ports: readonly ContainerPort[];
  };
}

/** `pods app=a in namespaces team=x`, `10.0.0.0/8 except 10.1.0.0/16`. */
export function peerText(peer: PolicyPeer, namespace: string): string {
  if (peer.kind === 'ipBlock') {
    const except = peer.except.map(formatCidr).join(', ');
    return `${formatCidr(peer.cidr)}${except === '' ? '' : ` except ${except}`}`;
  }
  const pods = peer.podSelector === undefined ? '' : selectorText(peer.podSelector);
  const spaces = peer.namespaceSelector === undefined ? undefined : selectorText(peer.namespaceSelector);
  const where =
    spaces === undefined
      ? `namespace ${namespace}`
      : spaces === ''
        ? 'every namespace'
        : `namespaces ${spaces}`;
  return `${pods === '' ? 'all pods' : `pods ${pods}`} in ${where}`;
}

/** As `kubectl get -l` takes it; empty: everything. */
export function selectorText({ matchLabels, matchExpressions }: LabelSelector): string {
  const labels = [...matchLabels].map(([key, value]) => `${key}=${value}`);
  return [...labels, ...matchExpressions.map(requirementText)].join(',');
}

function requirementText({ key, operator, values }: LabelSelector['matchExpressions'][number]): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}

/** `80/TCP`, `8000-8999/TCP`, `http/TCP`, `TCP`. */
export function policyPortText({ port, endPort, protocol }: PolicyPort): string {
  if (port === undefined) return protocol;
  return `${port}${endPort === undefined ? '' : `-${endPort}`}/${protocol}`;
}

/** Why an end is not such a peer of a policy in a namespace; undefined: it is. */
export function peerMissText(peer: PolicyPeer, namespace: string, party: PolicyParty): string | undefined {
  if (peer.kind === 'ipBlock') return blockMissText(peer, party);
  const { pod } = party;
  if (pod === undefined) return 'it is no pod';
  const { podSelector, namespaceSelector } = peer;
  const misses: string[] = [];
  if (namespaceSelector === undefined) {
    if (pod.namespace !== namespace) misses.push(`its namespace is ${pod.namespace}`);
  } else if (!matchSelector(namespaceSelector, pod.namespaceLabels)) {
    misses.push(`its namespace ${pod.namespace} ${selectorMissText(namespaceSelector, pod.namespaceLabels)}`);
  }
  if (podSelector !== undefined && !matchSelector(podSelector, pod.labels))
    misses.push(`the pod ${selectorMissText(podSelector, pod.labels)}`);
  if (misses.length === 0) return undefined;
  const half = podSelector !== undefined && namespaceSelector !== undefined && misses.length === 1;
  const hint = half ? '; one peer with both selectors needs both, as two peers either would do' : '';
  return `${misses.join(', and ')}${hint}`;
}

function blockMissText(
  { cidr, except }: Extract<PolicyPeer, { readonly kind: 'ipBlock' }>,
  { ips }: PolicyParty,
): string | undefined {
  const held = ips.filter((ip) => contains(cidr, ip));
  const texts = ips.map(formatIp).join(', ');
  if (held.length === 0) return `${texts} is outside`;
  const cuts = held.map((ip) => except.find((cut) => contains(cut, ip)));
  const [cut] = cuts;
  return cuts.includes(undefined) || cut === undefined
    ? undefined
    : `${texts} is in the exception ${formatCidr(cut)}`;
}

/** The first requirement that labels do not meet: `has app=test, not app=web`, `lacks team=dev`. */
function selectorMissText(selector: LabelSelector, labels: ReadonlyMap<string, string>): string {
  for (const [key, value] of selector.matchLabels) {
    const own = labels.get(key);
    if (own === undefined) return `lacks ${key}=${value}`;
    if (own !== value) return `has ${key}=${own}, not ${value}`;
  }
  for (const one of selector.matchExpressions) {
    if (matchSelector({ matchLabels: new Map(), matchExpressions: [one] }, labels)) continue;
    const own = labels.get(one.key);
    return `${own === undefined ? `lacks ${one.key}` : `has ${one.key}=${own}`}, wanted is ${requirementText(one)}`;
  }
  return 'matches';
}

/** Why a port is not the one asked for; undefined: it is. Names are those of the destination's container ports. */
export function portMissText(
  port: PolicyPort,
  asked: { readonly port: number; readonly protocol: Protocol },
  destination: PolicyParty,
): string | undefined {
  const text = policyPortText(port);
  if (port.protocol !== asked.protocol) return text;
  if (port.port === undefined) return undefined;
  if (typeof port.port === 'number') {
    const last = port.endPort ?? port.port;
    return asked.port >= port.port && asked.port <= last ? undefined : text;
  }
  const own = (destination.pod?.ports ?? []).filter(
    ({ name, protocol }) => name === port.port && protocol === port.protocol,
  );
  if (own.some(({ containerPort }) => containerPort === asked.port)) return undefined;
  const numbers = own.map(({ containerPort }) => containerPort).join(', ');
  return `${text} (${numbers === '' ? `${destination.name} has no port of that name` : `of ${destination.name} that is ${numbers}`})`;
}
