import { formatCidr, formatIp } from '../../addr/index.ts';
import { type Cluster, nodeNetnsId } from '../../cluster/index.ts';
import type { Service, ServicePort } from '../../k8s/index.ts';
import { type Column, formatTable } from '../columns.ts';
import { clusterIpOf, formatPairs } from '../columns-core.ts';
import { rulesOfService } from '../service-chains.ts';
import { type EndpointRow, endpointRows, type LeftOut, leftOut } from '../service-endpoints.ts';
import {
  realServersText,
  schedulingText,
  virtualServerName,
  virtualServersOfService,
} from '../service-servers.ts';
import { metadataFields } from './metadata.ts';
import { type Field, formatFields, formatSection } from './page.ts';

/** What `kubectl describe service` says, then who serves and who does not and why, and its rules on each node. */
export function describeService(service: Service, cluster: Cluster): string {
  const endpoints = endpointRows(service, cluster);
  const fields: Field[] = [
    ...metadataFields(service.meta),
    ['Selector', formatPairs(service.selector)],
    ['Type', service.type],
    ...addressFields(service),
    ...service.ports.flatMap((port) => portFields(service, port, endpoints)),
    ...policyFields(service),
  ];
  if (service.type === 'ExternalName') return formatFields(fields);
  const absent = leftOut(service, cluster, endpoints);
  return [
    formatFields(fields),
    formatSection('Served', endpoints.length === 0 ? '' : formatTable(SERVED, endpoints)),
    absent.length === 0 ? '' : formatSection('Selected, but not served', formatTable(LEFT_OUT, absent)),
    ...stateSections(service, cluster),
  ].join('');
}

const SERVED: readonly Column<EndpointRow>[] = [
  { head: 'TARGET', value: ({ target }) => target },
  { head: 'ADDRESS', value: ({ address }) => address },
  { head: 'NODE', value: ({ node }) => node },
  {
    head: 'TRAFFIC',
    value: ({ why, remark }) => (why === '' ? ['yes', remark].filter(Boolean).join(', but ') : `no: ${why}`),
  },
];

const LEFT_OUT: readonly Column<LeftOut>[] = [
  { head: 'TARGET', value: ({ pod }) => `Pod/${pod}` },
  { head: 'WHY', value: ({ why }) => why },
];

/** What kube-proxy wrote for the Service: rules, or in IPVS mode virtual servers, beside which there may be rules too. */
function stateSections(service: Service, cluster: Cluster): string[] {
  const servers = serverRows(service, cluster);
  const rules = rulesOf(service, cluster);
  const [first] = cluster.objects.nodes;
  if (servers.length === 0 || first === undefined) return [formatSection('Rules', rules)];
  const command = `podwalk dump ipvsadm --node ${first.meta.name} ...`;
  return [
    formatSection('Virtual servers', `${formatTable(SERVERS, servers)}(${command})`),
    ...(/^0 on/.test(rules) && !/^[1-9]\d* on/m.test(rules) ? [] : [formatSection('Rules', rules)]),
  ];
}

interface ServerRow {
  readonly name: string;
  readonly scheduling: string;
  readonly servers: string;
  readonly nodes: string[];
}

const SERVERS: readonly Column<ServerRow>[] = [
  { head: 'VIRTUAL SERVER', value: ({ name }) => name },
  { head: 'SCHEDULER', value: ({ scheduling }) => scheduling },
  { head: 'REAL SERVERS', value: ({ servers }) => servers },
  { head: 'NODES', value: ({ nodes }) => nodes.join(',') },
];

/** The virtual servers of all nodes; what several have alike is one row. */
function serverRows({ meta }: Service, cluster: Cluster): ServerRow[] {
  const rows = new Map<string, ServerRow>();
  for (const node of cluster.objects.nodes) {
    const netns = cluster.world.netns.get(nodeNetnsId(node.meta.name));
    if (netns === undefined) continue;
    for (const server of virtualServersOfService(meta, netns)) {
      const name = virtualServerName(server);
      const scheduling = schedulingText(server);
      const servers = realServersText(server);
      const key = `${name}|${scheduling}|${servers}`;
      const row = rows.get(key) ?? { name, scheduling, servers, nodes: [] };
      rows.set(key, row);
      row.nodes.push(node.meta.name);
    }
  }
  return [...rows.values()];
}

/** How many rules each node has of the Service, and how to see them. */
function rulesOf({ meta }: Service, cluster: Cluster): string {
  const lines = cluster.objects.nodes.flatMap((node) => {
    const netns = cluster.world.netns.get(nodeNetnsId(node.meta.name));
    if (netns === undefined) return [];
    const { count, chains } = rulesOfService(meta, netns);
    const names = chains.map(({ name }) => name).join(' ');
    return [`${count} on ${node.meta.name}${names === '' ? '' : `, from ${names}`}`];
  });
  const [first] = cluster.objects.nodes;
  if (first === undefined) return '';
  const command = `podwalk dump iptables-save --node ${first.meta.name} ... | grep ${meta.namespace}/${meta.name}`;
  return `${lines.join('\n')}\n(${command})`;
}

function addressFields(service: Service): Field[] {
  if (service.type === 'ExternalName') return [['External Name', service.externalName]];
  const ingress = service.loadBalancerIngress.map((i) =>
    i.ip === undefined ? (i.hostname ?? '') : `${formatIp(i.ip)} (${i.ipMode})`,
  );
  return [
    ['IP Families', service.ipFamilies.map((family) => `IPv${family}`).join(',')],
    ['IP', clusterIpOf(service)],
    ['IPs', service.headless ? 'None' : service.clusterIPs.map(formatIp).join(',')],
    ...optional('External IPs', service.externalIPs.map(formatIp).join(',')),
    ...optional('LoadBalancer Ingress', ingress.join(', ')),
  ];
}

function optional(key: string, value: string): Field[] {
  return value === '' ? [] : [[key, value]];
}

function portFields(service: Service, port: ServicePort, endpoints: readonly EndpointRow[]): Field[] {
  const name = port.name === '' ? '<unset>' : port.name;
  const serving = endpoints.filter((row) => row.port === port.name && row.why === '');
  return [
    ['Port', `${name}  ${port.port}/${port.protocol}`],
    ...(service.type === 'ExternalName'
      ? []
      : [['TargetPort', `${port.targetPort}/${port.protocol}`] satisfies Field]),
    ...(port.nodePort === 0
      ? []
      : [['NodePort', `${name}  ${port.nodePort}/${port.protocol}`] satisfies Field]),
    ['Endpoints', serving.map(({ address }) => address).join(',')],
  ];
}

function policyFields(service: Service): Field[] {
  const { type } = service;
  if (type === 'ExternalName') return [['Session Affinity', service.sessionAffinity]];
  const exposed = type === 'NodePort' || type === 'LoadBalancer';
  const seconds = service.sessionAffinity === 'ClientIP' ? ` (${service.sessionAffinityTimeout} s)` : '';
  return [
    ['Session Affinity', `${service.sessionAffinity}${seconds}`],
    ...(exposed ? [['External Traffic Policy', service.externalTrafficPolicy] satisfies Field] : []),
    ...(service.healthCheckNodePort === 0
      ? []
      : [['HealthCheck NodePort', `${service.healthCheckNodePort}`] satisfies Field]),
    ['Internal Traffic Policy', service.internalTrafficPolicy],
    ...optional('LoadBalancer Source Ranges', service.loadBalancerSourceRanges.map(formatCidr).join(',')),
  ];
}
