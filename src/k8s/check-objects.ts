import {
  type Cidr,
  cidrFamily,
  contains,
  containsCidr,
  type Family,
  familyOf,
  formatCidr,
  formatIp,
  type Ip,
  overlaps,
} from '../addr/index.ts';
import type { Severity } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Draft, Loaded } from './draft.ts';
import { at, child, type Field, isPresent, items, tell } from './field.ts';
import { podIpField } from './kinds/pod.ts';
import { isFinished, type Meta } from './objects.ts';
import type { Settled } from './settle.ts';

/** The nodes that are assumed where no Node object is given. */
export const ASSUMED_NODES: readonly string[] = ['node1', 'node2'];

/** What no single object shows: names and addresses used twice, references that lead nowhere, ranges left. */
export function checkObjects(draft: Draft, settled: Settled, serviceRanges: ReadonlyMap<Family, Cidr>): void {
  checkDuplicateObjects(draft);
  checkNodes(draft, settled);
  checkPods(draft, settled);
  checkServices(draft, serviceRanges);
  checkSlices(draft);
}

function fullName(meta: Meta): string {
  return meta.namespace === '' ? meta.name : `${meta.namespace}/${meta.name}`;
}

function sentence(field: Field, severity: Severity, code: string, message: string, fix?: string): void {
  tell(field, severity, code, message, fix, 'sentence');
}

/** Tells of the second holder of a key; `describe` names the first. */
function claim<K>(holders: Map<K, string>, key: K, holder: string, collide: (first: string) => void): void {
  const first = holders.get(key);
  if (first === undefined) holders.set(key, holder);
  else collide(first);
}

function checkDuplicateObjects(draft: Draft): void {
  const kinds: readonly (readonly [string, readonly Loaded<{ readonly meta: Meta }>[]])[] = [
    ['Namespace', draft.namespaces],
    ['Node', draft.nodes],
    ['Pod', draft.pods],
    ['Service', draft.services],
    ['EndpointSlice', draft.endpointSlices],
    ['Endpoints', draft.endpoints],
  ];
  for (const [kind, list] of kinds) {
    const seen = new Map<string, string>();
    for (const { object, field } of list) {
      if (object.meta.name === '') continue;
      const name = fullName(object.meta);
      const source = object.meta.source;
      claim(seen, name, source?.file ?? '', (file) => {
        const where = file === source?.file ? 'the same file' : file;
        sentence(
          at(field, 'metadata', 'name'),
          'error',
          'PW301',
          `${kind} "${name}" is there twice: the first is in ${where}`,
          'keep one of them',
        );
      });
    }
  }
}

function checkNodes(draft: Draft, { flannel, networkStated, topology, networksStated }: Settled): void {
  const addresses = new Map<Ip, string>();
  const ranges: { readonly name: string; readonly cidr: Cidr }[] = [];
  for (const { object, field } of draft.nodes) {
    const { name } = object.meta;
    const spec = child(field, 'spec');
    const podCidrField = isPresent(child(spec, 'podCIDRs'))
      ? child(spec, 'podCIDRs')
      : child(spec, 'podCIDR');
    for (const cidr of object.podCIDRs) {
      const other = ranges.find((range) => overlaps(range.cidr, cidr));
      if (other !== undefined) {
        sentence(
          podCidrField,
          'error',
          'PW304',
          `podCIDR ${formatCidr(cidr)} of Node "${name}" overlaps ${formatCidr(other.cidr)} of Node "${other.name}"`,
          'give every Node a range of its own',
        );
      }
      ranges.push({ name, cidr });
      const network = cidrFamily(cidr) === 4 ? flannel.network : flannel.ipv6Network;
      if (network !== undefined && networkStated && !containsCidr(network, cidr)) {
        sentence(
          podCidrField,
          'error',
          'PW309',
          `podCIDR ${formatCidr(cidr)} of Node "${name}" is outside flannel's Network ${formatCidr(network)}`,
          "change the Node's podCIDR, or Network in net-conf.json",
        );
      }
    }
    const addressField = at(field, 'status', 'addresses');
    for (const ip of object.internalIPs) {
      claim(addresses, ip, name, (first) => {
        sentence(
          addressField,
          'error',
          'PW306',
          `InternalIP ${formatIp(ip)} of Node "${name}" is also that of Node "${first}"`,
          'give every Node an address of its own',
        );
      });
      const lans = topology.networks.filter((lan) => cidrFamily(lan.cidr) === familyOf(ip));
      if (networksStated && lans.length > 0 && !lans.some((lan) => contains(lan.cidr, ip))) {
        const list = lans.map((lan) => `${lan.name} ${formatCidr(lan.cidr)}`).join(', ');
        sentence(
          addressField,
          'error',
          'PW309',
          `InternalIP ${formatIp(ip)} of Node "${name}" is in no network of the Topology (${list})`,
          'add its network to the Topology',
        );
      }
    }
  }
}

function checkPods(draft: Draft, { flannel, networkStated }: Settled): void {
  const nodes = new Map(draft.nodes.map(({ object }) => [object.meta.name, object]));
  const nodeNames = nodes.size > 0 ? [...nodes.keys()] : ASSUMED_NODES;
  const known = new Set(nodeNames);
  const addresses = new Map<Ip, string>();
  for (const { object, field } of draft.pods) {
    const name = fullName(object.meta);
    const { nodeName } = object;
    if (nodeName !== '' && !known.has(nodeName)) {
      const meant = didYouMean(nodeName, nodeNames);
      const fix =
        nodes.size === 0
          ? 'give the Nodes too (kubectl get nodes -o yaml): without any, node1 and node2 are assumed'
          : meant === undefined
            ? `Nodes are: ${nodeNames.slice(0, 10).join(', ')}${nodeNames.length > 10 ? ', ...' : ''}`
            : `did you mean "${meant}"?`;
      sentence(
        at(field, 'spec', 'nodeName'),
        'error',
        'PW307',
        `Pod ${name} is on Node "${nodeName}", which does not exist`,
        fix,
      );
    }
    // Host-network pods have their node's addresses; those of finished pods are free again.
    if (object.hostNetwork || isFinished(object)) continue;
    const ownCIDRs = nodes.get(nodeName)?.podCIDRs ?? [];
    for (const ip of object.podIPs) {
      const ipField = podIpField(field);
      claim(addresses, ip, name, (first) => {
        sentence(
          ipField,
          'error',
          'PW302',
          `Pod ${name} has the address ${formatIp(ip)} of Pod ${first}`,
          'give every Pod an address of its own',
        );
      });
      const family = familyOf(ip);
      const range = ownCIDRs.find((cidr) => cidrFamily(cidr) === family);
      const network = family === 4 ? flannel.network : flannel.ipv6Network;
      if (range !== undefined) {
        if (contains(range, ip)) continue;
        sentence(
          ipField,
          'error',
          'PW309',
          `Pod ${name} has ${formatIp(ip)}, outside the podCIDR ${formatCidr(range)} of its Node "${nodeName}"`,
          'no route leads there: correct podIP, nodeName or podCIDR',
        );
      } else if (network !== undefined && !contains(network, ip)) {
        const [severity, code]: [Severity, string] = networkStated
          ? ['error', 'PW309']
          : ['warning', 'PW310'];
        sentence(
          ipField,
          severity,
          code,
          `Pod ${name} has ${formatIp(ip)}, outside the pod network ${formatCidr(network)}`,
        );
      }
    }
  }
}

function checkServices(draft: Draft, ranges: ReadonlyMap<Family, Cidr>): void {
  const addresses = new Map<Ip, string>();
  const nodePorts = new Map<string, string>();
  for (const { object, field } of draft.services) {
    const name = fullName(object.meta);
    const spec = child(field, 'spec');
    for (const [i, ip] of object.clusterIPs.entries()) {
      const ipField = items(child(spec, 'clusterIPs'))[i] ?? child(spec, 'clusterIP');
      claim(addresses, ip, name, (first) => {
        sentence(
          ipField,
          'error',
          'PW303',
          `Service ${name} has the clusterIP ${formatIp(ip)} of Service ${first}`,
          'give every Service a clusterIP of its own',
        );
      });
      const range = ranges.get(familyOf(ip));
      if (range !== undefined && !contains(range, ip)) {
        sentence(
          ipField,
          'warning',
          'PW310',
          `the clusterIP ${formatIp(ip)} of Service ${name} is outside the service range ${formatCidr(range)} that the others suggest`,
        );
      }
    }
    for (const [i, port] of object.ports.entries()) {
      if (port.nodePort === 0) continue;
      claim(nodePorts, `${port.protocol} ${port.nodePort}`, name, (first) => {
        // Within one Service the decoder has told already.
        if (first === name) return;
        const portField = items(child(spec, 'ports'))[i] ?? child(spec, 'ports');
        sentence(
          child(portField, 'nodePort'),
          'error',
          'PW305',
          `${port.protocol} node port ${port.nodePort} of Service ${name} is allocated to Service ${first}`,
          'choose another',
        );
      });
    }
    if (object.healthCheckNodePort !== 0) {
      claim(nodePorts, `TCP ${object.healthCheckNodePort}`, name, (first) => {
        sentence(
          child(spec, 'healthCheckNodePort'),
          'error',
          'PW305',
          `health check node port ${object.healthCheckNodePort} of Service ${name} is allocated to Service ${first}`,
          'choose another',
        );
      });
    }
  }
}

function checkSlices(draft: Draft): void {
  const services = new Set(draft.services.map(({ object }) => fullName(object.meta)));
  const nodes = new Set(draft.nodes.map(({ object }) => object.meta.name));
  for (const { object, field } of draft.endpointSlices) {
    const name = fullName(object.meta);
    const label = at(field, 'metadata', 'labels', 'kubernetes.io/service-name');
    if (object.serviceName === '') {
      sentence(
        label,
        'warning',
        'PW308',
        `EndpointSlice ${name} belongs to no Service: nothing reads it`,
        'set the label kubernetes.io/service-name',
      );
    } else if (!services.has(`${object.meta.namespace}/${object.serviceName}`)) {
      const own = draft.services
        .filter((s) => s.object.meta.namespace === object.meta.namespace)
        .map((s) => s.object.meta.name);
      const meant = didYouMean(object.serviceName, own);
      sentence(
        label,
        'warning',
        'PW308',
        `EndpointSlice ${name} is for Service ${object.meta.namespace}/${object.serviceName}, which does not exist`,
        meant === undefined ? undefined : `did you mean "${meant}"?`,
      );
    }
    if (nodes.size === 0) continue;
    for (const [i, endpoint] of object.endpoints.entries()) {
      if (endpoint.nodeName === '' || nodes.has(endpoint.nodeName)) continue;
      const item = items(child(field, 'endpoints'))[i] ?? child(field, 'endpoints');
      const meant = didYouMean(endpoint.nodeName, nodes);
      sentence(
        child(item, 'nodeName'),
        'warning',
        'PW312',
        `EndpointSlice ${name} has an endpoint on Node "${endpoint.nodeName}", which does not exist: it is local to none`,
        meant === undefined ? undefined : `did you mean "${meant}"?`,
      );
    }
  }
}
