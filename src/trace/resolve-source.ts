import { formatIp, type Ip } from '../addr/index.ts';
import {
  type ClusterObjects,
  didYouMean,
  isFinished,
  type Node,
  noNetwork,
  ownershipIn,
  type Pod,
  type Workload,
} from '../k8s/index.ts';
import { localAddresses, type Netns, type World } from '../kernel/index.ts';
import type { FlowEnd } from './model.ts';
import { fail, ok, type SourceSpec, type TargetResult } from './target.ts';

/** What sources and destinations are looked up in: the completed objects and the state built from them. */
export interface TargetScope {
  readonly objects: ClusterObjects;
  readonly world: World;
}

/** Who sends: a network namespace, and how the flow names it. */
export interface Source {
  readonly kind: 'pod' | 'node' | 'external';
  /** The id of the namespace that sends. A pod on the host network sends from its node's. */
  readonly netnsId: string;
  /**
   * The address to bind to. Only for an `external/IP`; else the kernel chooses one. The namespace of an address
   * that no host has yet may not exist: `host/IP`.
   */
  readonly ip?: Ip;
  readonly end: FlowEnd;
}

/** The namespace of the client that stands on the LAN outside the cluster. */
export const CLIENT_NETNS = 'host/client';

/** Looks up who a source is. */
export function resolveSource(spec: SourceSpec, scope: TargetScope): TargetResult<Source> {
  switch (spec.kind) {
    case 'pod': {
      const pod = findPod(spec.namespace, spec.name, scope.objects);
      return pod.ok ? podSource(pod.value) : pod;
    }
    case 'workload': {
      const pod = podOfWorkload(spec.workload, spec.namespace, spec.name, scope.objects);
      return pod.ok ? podSource(pod.value) : pod;
    }
    case 'node': {
      const node = findNode(spec.name, scope.objects);
      if (!node.ok) return node;
      const name = node.value.meta.name;
      const ip = node.value.internalIPs.find((address) => typeof address === 'number');
      return ok({
        kind: 'node',
        netnsId: `node/${name}`,
        end: { kind: 'node', name, node: name, ...(ip === undefined ? {} : { ip: formatIp(ip) }) },
      });
    }
    case 'external':
      return externalSource(spec.ip, scope);
  }
}

function podSource(pod: Pod): TargetResult<Source> {
  const name = `${pod.meta.namespace}/${pod.meta.name}`;
  if (isFinished(pod))
    return fail(`pod ${name} has finished (${pod.phase}): it has no network any more`, {
      fix: 'trace from a running pod',
    });
  const lacking = noNetwork(pod);
  if (lacking !== undefined) return fail(`pod ${name} ${lacking.why}`, { fix: lacking.fix });
  if (pod.nodeName === '')
    return fail(`pod ${name} is on no node`, {
      fix: 'set spec.nodeName, or give the cluster a node that takes it',
    });
  const ip = pod.podIPs.find((address) => typeof address === 'number');
  if (pod.podIPs.length === 0 && !pod.hostNetwork)
    return fail(`pod ${name} has no address`, { fix: `look at the podCIDR of node ${pod.nodeName}` });
  if (ip === undefined && pod.podIPs.length > 0)
    return fail(`pod ${name} has only IPv6 addresses; IPv6 walking is not modelled yet`);
  return ok({
    kind: 'pod',
    netnsId: pod.hostNetwork ? `node/${pod.nodeName}` : `pod/${name}`,
    end: {
      kind: 'pod',
      namespace: pod.meta.namespace,
      name: pod.meta.name,
      node: pod.nodeName,
      ...(ip === undefined ? {} : { ip: formatIp(ip) }),
    },
  });
}

function externalSource(ip: Ip | undefined, scope: TargetScope): TargetResult<Source> {
  const hosts = [...scope.world.netns.values()].filter((netns) => netns.kind === 'host');
  if (ip === undefined) {
    const host = hosts.find((netns) => netns.id === CLIENT_NETNS) ?? hosts[0];
    const address = host === undefined ? undefined : firstAddress(host);
    return ok({
      kind: 'external',
      netnsId: host?.id ?? CLIENT_NETNS,
      end: {
        kind: 'external',
        name: host?.label ?? 'client',
        ...(address === undefined ? {} : { ip: formatIp(address) }),
      },
    });
  }
  const text = formatIp(ip);
  if (typeof ip === 'bigint')
    return fail(`source external/${text}: IPv6 walking is not modelled yet`, { fix: 'use an IPv4 address' });
  const inside = ownerInside(ip, scope.objects);
  if (inside !== undefined)
    return fail(`${text} is inside the cluster: it is the address of ${inside}`, { fix: `write ${inside}` });
  const host = hosts.find((netns) => localAddresses(netns, 4).includes(ip));
  return ok({
    kind: 'external',
    netnsId: host?.id ?? `host/${text}`,
    ip,
    end: { kind: 'external', ...(host === undefined ? {} : { name: host.label }), ip: text },
  });
}

/** The first address of a host that is not on lo. */
function firstAddress(netns: Netns): Ip | undefined {
  for (const link of netns.links.values()) {
    const address =
      link.kind === 'loopback' ? undefined : link.addresses.find((a) => typeof a.ip === 'number');
    if (address !== undefined) return address.ip;
  }
  return undefined;
}

/** `pod/NS/NAME` or `node/NAME` where a pod or node has the address. */
function ownerInside(ip: Ip, objects: ClusterObjects): string | undefined {
  const node = objects.nodes.find((n) => n.internalIPs.includes(ip));
  if (node !== undefined) return `node/${node.meta.name}`;
  const pod = objects.pods.find((p) => p.podIPs.includes(ip) && !isFinished(p));
  return pod === undefined ? undefined : `pod/${pod.meta.namespace}/${pod.meta.name}`;
}

/** The pod of that name, or an error that names a near one or the namespace that has it. */
export function findPod(namespace: string, name: string, objects: ClusterObjects): TargetResult<Pod> {
  return findNamed('pod', 'pod', namespace, name, objects.pods);
}

/** How a command line writes the kinds of workloads. */
const FORMS: Readonly<Record<Workload['kind'], string>> = {
  Deployment: 'deploy',
  ReplicaSet: 'rs',
  ReplicationController: 'rc',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  Job: 'job',
};

/** The first of a workload's pods that runs, those that are ready before the others (kubectl's ActivePods). */
export function podOfWorkload(
  kind: Workload['kind'],
  namespace: string,
  name: string,
  objects: ClusterObjects,
): TargetResult<Pod> {
  const all = objects.workloads.filter((workload) => workload.kind === kind);
  const found = findNamed(kind, FORMS[kind], namespace, name, all);
  if (!found.ok) return found;
  const own = ownershipIn(objects).podsOf(found.value);
  const running = own.filter((pod) => noNetwork(pod) === undefined && pod.nodeName !== '');
  const pod = running.find((one) => one.ready && !one.meta.deleting) ?? running[0];
  if (pod !== undefined) return ok(pod);
  const [first] = own.filter((one) => !isFinished(one));
  const lacking = first === undefined ? undefined : noNetwork(first);
  if (first !== undefined && lacking !== undefined)
    return fail(
      `${kind} ${namespace}/${name} has no pod that runs: ${first.meta.namespace}/${first.meta.name} ${lacking.why}`,
      { fix: lacking.fix },
    );
  return fail(`${kind} ${namespace}/${name} has no pod that runs`, {
    fix:
      own.length === 0
        ? 'it makes none: look at its replicas'
        : `its pods: ${own.map((p) => p.meta.name).join(', ')}`,
  });
}

interface Named {
  readonly meta: { readonly namespace: string; readonly name: string };
}

const byName = new WeakMap<
  readonly Named[],
  { readonly length: number; readonly names: ReadonlyMap<string, Named> }
>();

/** The objects of a list by `NAMESPACE/NAME`, the first of equals; kept as long as the list. */
function namedIn(all: readonly Named[]): ReadonlyMap<string, Named> {
  const known = byName.get(all);
  if (known !== undefined && known.length === all.length) return known.names;
  // The last of what is set stays, so from the end.
  const names = new Map(all.toReversed().map((o) => [`${o.meta.namespace}/${o.meta.name}`, o]));
  byName.set(all, { length: all.length, names });
  return names;
}

/** Looks an object up by namespace and name; `form` is how a command line writes its kind. */
export function findNamed<T extends Named>(
  kind: string,
  form: string,
  namespace: string,
  name: string,
  all: readonly T[],
): TargetResult<T> {
  const found = namedIn(all).get(`${namespace}/${name}`) as T | undefined;
  if (found !== undefined) return ok(found);
  const message = `${kind} "${name}" not found in namespace "${namespace}"`;
  const elsewhere = all.find((o) => o.meta.name === name);
  if (elsewhere !== undefined)
    return fail(message, {
      fix: `namespace "${elsewhere.meta.namespace}" has one: write ${form}/${elsewhere.meta.namespace}/${name}`,
    });
  const here = all.filter((o) => o.meta.namespace === namespace).map((o) => o.meta.name);
  const near = didYouMean(name, here);
  if (near !== undefined) return fail(message, { didYouMean: near });
  const namespaces = [...new Set(all.map((o) => o.meta.namespace))];
  const nearNamespace = here.length > 0 ? undefined : didYouMean(namespace, namespaces);
  if (nearNamespace !== undefined) return fail(message, { didYouMean: `${form}/${nearNamespace}/${name}` });
  return fail(message, { fix: listOf(`${kind}s of the namespace`, here) });
}

export function findNode(name: string, objects: ClusterObjects): TargetResult<Node> {
  const found = objects.nodes.find((node) => node.meta.name === name);
  if (found !== undefined) return ok(found);
  const names = objects.nodes.map((node) => node.meta.name);
  const near = didYouMean(name, names);
  return fail(
    `node "${name}" not found`,
    near === undefined ? { fix: listOf('nodes', names) } : { didYouMean: near },
  );
}

const LISTED = 8;

/** `nodes: a, b, c`, cut after a handful. */
function listOf(what: string, names: readonly string[]): string {
  if (names.length === 0) return `${what}: none`;
  const more = names.length > LISTED ? `, ... (${names.length - LISTED} more)` : '';
  return `${what}: ${names.slice(0, LISTED).join(', ')}${more}`;
}
