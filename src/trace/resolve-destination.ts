import { formatIp, type Ip } from '../addr/index.ts';
import { type ContainerPort, isFinished, noNetwork, type Pod } from '../k8s/index.ts';
import {
  type Destination,
  type DestinationChoice,
  destinationAt,
  lower,
  protocolAmong,
} from './destination.ts';
import type { FlowEnd } from './model.ts';
import { resolveService } from './resolve-service.ts';
import { findNamed, findNode, findPod, type TargetScope } from './resolve-source.ts';
import { type DestinationSpec, fail, formatDestination, type PortSpec, type TargetResult } from './target.ts';

/**
 * Looks up where a destination is. More than one where a name would stand for several addresses (a headless
 * Service); each is as likely as the others.
 */
export function resolveDestination(
  spec: DestinationSpec,
  scope: TargetScope,
  choice: DestinationChoice,
): TargetResult<readonly Destination[]> {
  if (choice.protocol === 'icmp' && spec.port !== undefined)
    return fail(`ICMP has no ports: "${formatDestination(spec)}"`, {
      fix: `write ${formatDestination(withoutPort(spec))}`,
    });
  switch (spec.kind) {
    case 'service': {
      const service = findNamed('service', 'svc', spec.namespace, spec.name, scope.objects.services);
      return service.ok ? resolveService(service.value, spec.port, scope, choice) : service;
    }
    case 'pod': {
      const pod = findPod(spec.namespace, spec.name, scope.objects);
      return pod.ok ? podDestination(pod.value, spec.port, choice) : pod;
    }
    case 'node':
      return nodeDestination(spec.name, spec.port, scope, choice);
    case 'name':
      return fail(`names are not looked up here: "${spec.name}"`, {
        fix: 'write the address, or svc/NAME or pod/NAME',
      });
    case 'ip':
      return ipDestination(spec.ip, spec.port, choice);
  }
}

function withoutPort(spec: DestinationSpec): DestinationSpec {
  const { port: _, ...rest } = spec;
  return rest;
}

function ipDestination(
  ip: Ip,
  port: number | undefined,
  choice: DestinationChoice,
): TargetResult<readonly Destination[]> {
  const protocol = choice.protocol ?? (port === undefined ? 'icmp' : 'tcp');
  if (protocol !== 'icmp' && port === undefined)
    return fail(`destination ${formatIp(ip)} names no ${protocol.toUpperCase()} port`, {
      fix: `write ${formatIp(ip)}:PORT`,
    });
  return destinationAt(ip, port, protocol, { kind: 'ip' });
}

function nodeDestination(
  name: string,
  port: number | undefined,
  scope: TargetScope,
  choice: DestinationChoice,
): TargetResult<readonly Destination[]> {
  const node = findNode(name, scope.objects);
  if (!node.ok) return node;
  const ip = node.value.internalIPs.find((a) => typeof a === 'number') ?? node.value.internalIPs[0];
  if (ip === undefined) return fail(`node "${name}" has no address`, { fix: 'give it an InternalIP' });
  const protocol = choice.protocol ?? (port === undefined ? 'icmp' : 'tcp');
  if (protocol !== 'icmp' && port === undefined)
    return fail(`destination node/${name} names no ${protocol.toUpperCase()} port`, {
      fix: `write node/${name}:PORT`,
    });
  return destinationAt(ip, port, protocol, { kind: 'node', name, node: name });
}

function podDestination(
  pod: Pod,
  port: PortSpec | undefined,
  choice: DestinationChoice,
): TargetResult<readonly Destination[]> {
  const name = `${pod.meta.namespace}/${pod.meta.name}`;
  const lacking = noNetwork(pod);
  if (lacking !== undefined)
    return fail(`pod ${name} ${lacking.why}`, isFinished(pod) ? {} : { fix: lacking.fix });
  const ip = pod.podIPs.find((a) => typeof a === 'number') ?? pod.podIPs[0];
  if (ip === undefined) return fail(`pod ${name} has no address`, { fix: 'give it a node' });
  const end: FlowEnd = {
    kind: 'pod',
    namespace: pod.meta.namespace,
    name: pod.meta.name,
    ...(pod.nodeName === '' ? {} : { node: pod.nodeName }),
  };
  if (choice.protocol === 'icmp') return destinationAt(ip, undefined, 'icmp', end);
  if (typeof port === 'number') {
    const declared = pod.ports.filter((p) => p.containerPort === port);
    return destinationAt(ip, port, choice.protocol ?? protocolAmong(declared), end);
  }
  const declared = pod.ports.filter(
    (p) =>
      (port === undefined || p.name === port) &&
      (choice.protocol === undefined || lower(p.protocol) === choice.protocol),
  );
  const tcp = declared.filter((p) => p.protocol === 'TCP');
  const only = declared.length === 1 ? declared[0] : tcp.length === 1 ? tcp[0] : undefined;
  if (only !== undefined) return destinationAt(ip, only.containerPort, lower(only.protocol), end);
  return podPortError(name, port, pod.ports);
}

function podPortError(
  name: string,
  port: string | undefined,
  ports: readonly ContainerPort[],
): TargetResult<readonly Destination[]> {
  const list = ports.map((p) => `${p.containerPort}/${p.protocol}${p.name === '' ? '' : ` (${p.name})`}`);
  const fix =
    list.length === 0
      ? `it declares no ports: write pod/${name}:PORT, or -p icmp to ping it`
      : `write pod/${name}:PORT with one of its ports: ${list.join(', ')}`;
  if (port !== undefined) return fail(`pod ${name} has no port named "${port}"`, { fix });
  return fail(`which port of pod ${name}?`, { fix });
}
