import { formatIp } from '../../addr/index.ts';
import { type Cluster, podNetnsId } from '../../cluster/index.ts';
import {
  type ContainerPort,
  controllerOf,
  matchLabels,
  type Pod,
  type PodSpec,
  type Toleration,
} from '../../k8s/index.ts';
import type { Netns, Veth } from '../../kernel/index.ts';
import { podStatus } from '../columns-core.ts';
import { deviceTable, routeLines, socketTable } from '../netns-lines.ts';
import { containersOf } from '../print-pod.ts';
import { endpointRows } from '../service-endpoints.ts';
import { metadataFields } from './metadata.ts';
import { type Field, formatFields, formatSection, pairLines } from './page.ts';

/** What `kubectl describe pod` says, then the pod's network: namespace, veth, devices, routes, what listens, who serves it. */
export function describePod(pod: Pod, cluster: Cluster): string {
  const node = cluster.objects.nodes.find(({ meta }) => meta.name === pod.nodeName);
  const nodeIp = node?.internalIPs[0];
  const owner = controllerOf(pod.meta);
  const [name, namespace, ...labels] = metadataFields(pod.meta);
  const fields: Field[] = [
    ...(name === undefined || namespace === undefined ? [] : [name, namespace]),
    ['Service Account', pod.serviceAccountName],
    ['Node', nodeIp === undefined ? pod.nodeName : `${pod.nodeName}/${formatIp(nodeIp)}`],
    ...labels,
    ['Status', podStatus(pod)],
    ...reasonFields(pod),
    ['IP', pod.podIPs.slice(0, 1).map(formatIp)],
    ['IPs', pod.podIPs.map(formatIp)],
    ...(owner === undefined ? [] : [['Controlled By', `${owner.kind}/${owner.name}`] satisfies Field]),
    ...(pod.hostNetwork ? [['Host Network', 'true'] satisfies Field] : []),
    ['Ready', pod.ready ? 'True' : 'False'],
    ...schedulingFields(pod),
  ];
  return [
    formatFields(fields),
    formatSection(
      'Containers',
      containersOf(pod)
        .map((container) => containerPage(container, pod))
        .join(''),
    ),
    formatSection('Network', networkOf(pod, cluster)),
    formatSection('Services', servicesOf(pod, cluster)),
  ].join('');
}

/** Why it does not run: kubelet's reason, or the scheduler's, which kubectl shows as an event. */
function reasonFields({ status, unscheduled }: Pod): Field[] {
  const { reason, message } = unscheduled ?? status ?? { reason: '', message: '' };
  return [
    ...(reason === '' ? [] : [['Reason', reason] satisfies Field]),
    ...(message === '' ? [] : [['Message', message] satisfies Field]),
  ];
}

/** Where the scheduler may put the pods of a spec. */
export function schedulingFields(spec: PodSpec): Field[] {
  return [
    ['Node-Selectors', pairLines(spec.nodeSelector)],
    ['Tolerations', (spec.tolerations ?? []).map(formatToleration)],
  ];
}

/** `key=value:NoSchedule`, `:NoExecute op=Exists` (printTolerationsInColumn). */
function formatToleration({ key, operator, value, effect }: Toleration): string {
  const text = `${key}${value === '' ? '' : `=${value}`}${effect === '' ? '' : `:${effect}`}`;
  return operator === 'Exists' && value === '' ? `${text} op=Exists`.trim() : text;
}

/** A container with its ports. */
export function containerPage(container: string, { ports }: PodSpec): string {
  const own = ports.filter((port) => port.container === container);
  const fields: Field[] = [
    [own.length > 1 ? 'Ports' : 'Port', own.map(formatPort).join(', ')],
    [own.length > 1 ? 'Host Ports' : 'Host Port', own.map(formatHostPort).join(', ')],
  ];
  return `${container}:\n${formatFields(fields, 2)}`;
}

function formatPort({ containerPort, protocol, name }: ContainerPort): string {
  return `${containerPort}/${protocol}${name === '' ? '' : ` (${name})`}`;
}

function formatHostPort({ hostPort, protocol, hostIP }: ContainerPort): string {
  return `${hostIP === undefined ? '' : `${formatIp(hostIP)}:`}${hostPort}/${protocol}`;
}

function networkOf(pod: Pod, cluster: Cluster): string {
  const { world } = cluster;
  const id = podNetnsId(pod);
  const netns = world.netns.get(id);
  if (netns === undefined) return '';
  const own = netns.sockets.filter(
    ({ owner }) =>
      owner.kind === 'pod' && owner.name === pod.meta.name && owner.namespace === pod.meta.namespace,
  );
  const place: Field[] = pod.hostNetwork
    ? [['Namespace', `that of node ${pod.nodeName}: hostNetwork`]]
    : [
        ['Namespace', netns.name],
        ['Veth', vethOf(netns, cluster)],
      ];
  return [
    formatFields(place),
    pod.hostNetwork ? '' : formatSection('Devices', deviceTable(netns)),
    pod.hostNetwork ? '' : formatSection('Routes', routeLines(netns, world)),
    formatSection('Listens', socketTable(own)),
  ].join('');
}

/** The other end of the pod's cable: `veth53842afe on node1, port 1 of cni0`. */
export function vethOf(netns: Netns, { world }: Cluster): string {
  const own = [...netns.links.values()].find((link): link is Veth => link.kind === 'veth');
  if (own === undefined) return '';
  const place = world.netns.get(own.peer.netns);
  const peer = place?.links.get(own.peer.name);
  const port = peer?.port === undefined ? '' : `, port ${peer.port.number} of ${peer.port.bridge}`;
  return `${own.peer.name} on ${place?.label ?? own.peer.netns}${port}`;
}

/** The Services that choose the pod, and whether they send to it. */
function servicesOf(pod: Pod, cluster: Cluster): string {
  const lines = cluster.objects.services.flatMap((service) => {
    if (service.meta.namespace !== pod.meta.namespace) return [];
    const rows = endpointRows(service, cluster).filter(({ target }) => target === `Pod/${pod.meta.name}`);
    const { selector } = service;
    const chosen = selector !== undefined && selector.size > 0 && matchLabels(selector, pod.meta.labels);
    if (rows.length === 0) return chosen ? [`${service.meta.name}: chosen, but not served`] : [];
    const texts = rows.map(({ address, why }) => (why === '' ? address : `${address} (${why})`));
    return [`${service.meta.name}: ${texts.join(', ')}`];
  });
  return lines.join('\n');
}
