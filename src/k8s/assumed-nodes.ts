import { formatIp, type Ip } from '../addr/index.ts';
import { sentence } from './checks/claim.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import { at, type Field, rootField } from './field.ts';
import { HOSTNAME, requiredNodeNames } from './node-fit.ts';
import type { Node, PodSpec } from './objects.ts';
import { dns1123Subdomain } from './syntax.ts';

/** The nodes that are assumed where nothing names any. */
export const ASSUMED_NODES: readonly string[] = ['node1', 'node2'];

/** A node of which only its name is known, and at most its addresses. */
export function assumedNode(name: string, internalIPs: readonly Ip[] = []): Node {
  return {
    kind: 'Node',
    meta: {
      name,
      namespace: '',
      labels: new Map([[HOSTNAME, name]]),
      annotations: new Map(),
      ownerReferences: [],
      deleting: false,
    },
    podCIDRs: [],
    internalIPs,
    unschedulable: false,
    taints: [],
    ready: true,
    assumed: true,
  };
}

/**
 * Adds to the draft the nodes that pods name, where no Node is given at all (`kubectl get pods -o yaml`): their
 * addresses are the hostIPs of their pods. Note PW402; warning PW405: two addresses for one node, or one for two.
 * Where pods name none, those that nodeSelectors ask for by hostname, beside the usual ones so that there are two.
 */
export function assumeNamedNodes(draft: Draft, diagnostics: Diagnostic[]): void {
  if (draft.nodes.length > 0) return;
  const running = new Set<string>();
  for (const { object } of draft.pods) if (object.nodeName !== '') running.add(object.nodeName);
  for (const { object } of draft.workloads) {
    if (object.template.spec.nodeName !== '') running.add(object.template.spec.nodeName);
  }
  const addresses = hostAddresses(draft);
  // The usual names say no more than that one of the usual nodes is meant.
  const usual = addresses.size === 0 && [...running].every((name) => ASSUMED_NODES.includes(name));
  const names = new Set(usual ? [] : running);
  if (!usual) {
    for (const { object } of draft.endpointSlices) {
      for (const { nodeName } of object.endpoints) if (nodeName !== '') names.add(nodeName);
    }
  }
  for (const spec of unplacedSpecs(draft)) for (const name of requiredNodeNames(spec)) names.add(name);
  for (const name of names) if (dns1123Subdomain(name) !== undefined) names.delete(name);
  if (names.size === 0 || (usual && [...names].every((name) => ASSUMED_NODES.includes(name)))) return;
  const named = [...names];
  if (usual) for (const name of ASSUMED_NODES) if (names.size < 2) names.add(name);
  for (const name of names) {
    const field = rootField({}, { diagnostics, source: undefined });
    draft.nodes.push({ object: assumedNode(name, addresses.get(name) ?? []), field });
  }
  const why = named.length === 1 ? 'the pods name it' : 'the pods name them';
  const others = [...names].filter((name) => !named.includes(name));
  diagnostics.push({
    severity: 'note',
    code: 'PW402',
    message: `no Node objects: ${listed(named)} ${named.length === 1 ? 'is' : 'are'} assumed, for ${why}${others.length === 0 ? '' : `; and ${listed(others)} beside`}`,
    fix: 'add the output of: kubectl get nodes -o yaml',
  });
}

const SHOWN = 8;

function listed(names: readonly string[]): string {
  if (names.length > SHOWN) return `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`;
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

function unplacedSpecs(draft: Draft): PodSpec[] {
  return [
    ...draft.pods.map(({ object }) => object).filter(({ nodeName }) => nodeName === ''),
    ...draft.workloads.map(({ object }) => object.template.spec),
  ];
}

/** The addresses of the nodes that pods name, one a family: status.hostIPs, or a host-network pod's own. */
function hostAddresses(draft: Draft): ReadonlyMap<string, readonly Ip[]> {
  const found = new Map<string, Ip[]>();
  const owners = new Map<Ip, string>();
  const told = new Set<string>();
  for (const { object, field } of draft.pods) {
    const { nodeName, hostNetwork, podIPs, hostIPs = hostNetwork ? podIPs : [] } = object;
    if (nodeName === '') continue;
    for (const ip of hostIPs) {
      const own = found.get(nodeName) ?? [];
      const same = own.find((other) => typeof other === typeof ip);
      if (same === ip) continue;
      const owner = owners.get(ip);
      if (same === undefined && owner === undefined) {
        found.set(nodeName, [...own, ip]);
        owners.set(ip, nodeName);
      } else if (!told.has(nodeName)) {
        told.add(nodeName);
        const other = same === undefined ? `of node "${owner}"` : `beside ${formatIp(same)}`;
        contradiction(field, `${formatIp(ip)} of node "${nodeName}" is ${other}`);
      }
    }
  }
  return found;
}

function contradiction(field: Field, what: string): void {
  sentence(
    at(field, 'status', 'hostIP'),
    'warning',
    'PW405',
    `the hostIPs of the Pods contradict each other: ${what}; the first is used`,
    'correct status.hostIP or spec.nodeName, or give the Nodes',
  );
}
