import type { Cidr, Ip } from '../../addr/index.ts';
import { checkNonSpecialIp, cidrField, ipField } from '../address-fields.ts';
import type { Draft } from '../draft.ts';
import {
  at,
  child,
  type Field,
  flag,
  forbidden,
  integer,
  invalid,
  isMapping,
  isPresent,
  items,
  oneOf,
  records,
  required,
  text,
} from '../field.ts';
import type { LoadBalancerIngress, Service, ServiceType } from '../objects.ts';
import { check, checkLabels, checkPort, dns1035Label, dns1123Subdomain } from '../syntax.ts';
import { decodeMeta } from './meta.ts';
import { serviceAddresses } from './service-addresses.ts';
import { servicePorts } from './service-ports.ts';

const TYPES: readonly ServiceType[] = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const TRAFFIC = ['Cluster', 'Local'] as const;
const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'] as const;
const RANGES_ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges';

/** Decodes, defaults (SetDefaults_Service) and validates (ValidateService) a Service. */
export function decodeService(field: Field, draft: Draft): void {
  const meta = decodeMeta(field, { namespaced: true, nameRule: dns1035Label });
  const spec = child(field, 'spec');
  if (!isMapping(spec) && !isPresent(spec)) required(spec);
  const type = oneOf(child(spec, 'type'), TYPES, 'ClusterIP');
  const addresses = serviceAddresses(spec, type);
  const { headless } = addresses;
  const ports = servicePorts(spec, type, headless);
  const selector = checkLabels(child(spec, 'selector'));
  const externalIPs = externalIPList(spec);
  const external =
    type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && externalIPs.length > 0);
  const externalTrafficPolicy = trafficPolicy(spec, external);
  const health = healthCheckNodePort(spec, type === 'LoadBalancer' && externalTrafficPolicy === 'Local');
  const distribution = oneOf(child(spec, 'trafficDistribution'), DISTRIBUTIONS, undefined);
  const allocateNodePorts = allocateFlag(spec, type);
  const service: Service = {
    kind: 'Service',
    meta,
    type,
    clusterIPs: addresses.clusterIPs,
    headless,
    ipFamilies: addresses.ipFamilies,
    // An empty selector is stored as none.
    ...(selector.size > 0 ? { selector } : {}),
    ports,
    externalIPs,
    externalName: externalName(spec, type),
    loadBalancerIngress: ingress(field, type),
    loadBalancerSourceRanges: sourceRanges(field, spec, type),
    externalTrafficPolicy,
    internalTrafficPolicy: oneOf(child(spec, 'internalTrafficPolicy'), TRAFFIC, 'Cluster'),
    ...affinity(spec),
    healthCheckNodePort: health,
    publishNotReadyAddresses: flag(child(spec, 'publishNotReadyAddresses')) ?? false,
    ...(distribution === undefined ? {} : { trafficDistribution: distribution }),
  };
  const wantsPorts = type === 'NodePort' || (type === 'LoadBalancer' && allocateNodePorts);
  draft.services.push({
    object: service,
    field,
    allocate: {
      families: addresses.ipFamilies,
      policy: addresses.policy,
      clusterIPs: type !== 'ExternalName' && !headless,
      nodePorts: wantsPorts,
      healthCheckNodePort: type === 'LoadBalancer' && externalTrafficPolicy === 'Local' && health === 0,
    },
  });
}

function externalIPList(spec: Field): readonly Ip[] {
  const ips: Ip[] = [];
  for (const item of items(child(spec, 'externalIPs'))) {
    const ip = ipField(item);
    if (ip === undefined) continue;
    checkNonSpecialIp(item, ip);
    ips.push(ip);
  }
  return ips;
}

function externalName(spec: Field, type: ServiceType): string {
  const field = child(spec, 'externalName');
  const name = text(field) ?? '';
  if (type !== 'ExternalName') return name;
  const cname = name.replace(/\.$/, '');
  if (cname === '') required(field);
  else check(field, cname, dns1123Subdomain);
  return name;
}

function trafficPolicy(spec: Field, external: boolean): 'Cluster' | 'Local' {
  const field = child(spec, 'externalTrafficPolicy');
  const policy = oneOf(field, TRAFFIC, 'Cluster');
  if (!external && isPresent(field) && field.value !== '') {
    invalid(
      field,
      'may only be set for externally-accessible services',
      'remove it, or make the type NodePort or LoadBalancer',
    );
  }
  return external ? policy : 'Cluster';
}

function healthCheckNodePort(spec: Field, allowed: boolean): number {
  const field = child(spec, 'healthCheckNodePort');
  const port = integer(field) ?? 0;
  if (port === 0) return 0;
  if (allowed) return checkPort(field, port) ? port : 0;
  invalid(field, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
  return 0;
}

function allocateFlag(spec: Field, type: ServiceType): boolean {
  const field = child(spec, 'allocateLoadBalancerNodePorts');
  if (isPresent(field) && type !== 'LoadBalancer')
    forbidden(field, "may only be used when `type` is 'LoadBalancer'");
  return flag(field) ?? true;
}

const MAX_AFFINITY_SECONDS = 86400;
const DEFAULT_AFFINITY_SECONDS = 10800;

function affinity(spec: Field): Pick<Service, 'sessionAffinity' | 'sessionAffinityTimeout'> {
  const sessionAffinity = oneOf(child(spec, 'sessionAffinity'), ['ClientIP', 'None'] as const, 'None');
  const config = child(spec, 'sessionAffinityConfig');
  if (sessionAffinity === 'None') {
    if (isPresent(config))
      forbidden(config, 'must not be set when session affinity is None', 'set sessionAffinity: ClientIP');
    return { sessionAffinity, sessionAffinityTimeout: DEFAULT_AFFINITY_SECONDS };
  }
  isMapping(config);
  const field = at(config, 'clientIP', 'timeoutSeconds');
  const seconds = integer(field) ?? DEFAULT_AFFINITY_SECONDS;
  if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS) {
    invalid(field, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`);
  }
  return { sessionAffinity, sessionAffinityTimeout: seconds };
}

function ingress(root: Field, type: ServiceType): readonly LoadBalancerIngress[] {
  const list = records(at(root, 'status', 'loadBalancer', 'ingress'));
  // The API server clears the status of a Service that is no LoadBalancer (dropTypeDependentFields).
  if (type !== 'LoadBalancer') return [];
  return list.map((item) => {
    const hostnameField = child(item, 'hostname');
    const hostname = text(hostnameField) ?? '';
    if (hostname !== '') check(hostnameField, hostname, dns1123Subdomain);
    const ipText = child(item, 'ip');
    const ip = ipText.value === '' ? undefined : ipField(ipText);
    const modeField = child(item, 'ipMode');
    const ipMode = oneOf(modeField, ['Proxy', 'VIP'] as const, 'VIP');
    if (ip === undefined && isPresent(modeField) && !isPresent(ipText)) {
      forbidden(modeField, 'may not be specified when `ip` is not set');
    }
    return { ...(ip === undefined ? {} : { ip }), ...(hostname === '' ? {} : { hostname }), ipMode };
  });
}

/** spec.loadBalancerSourceRanges or, without it, the annotation, blanks trimmed (GetLoadBalancerSourceRanges). */
function sourceRanges(root: Field, spec: Field, type: ServiceType): readonly Cidr[] {
  const field = child(spec, 'loadBalancerSourceRanges');
  const annotation = at(root, 'metadata', 'annotations', RANGES_ANNOTATION);
  const given = items(field);
  if (type !== 'LoadBalancer') {
    if (given.length > 0) forbidden(field, "may only be used when `type` is 'LoadBalancer'");
    return [];
  }
  const texts =
    given.length > 0
      ? given.map((item) => ({ item, value: text(item)?.trim() }))
      : (text(annotation) ?? '')
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '')
          .map((value) => ({ item: annotation, value }));
  const detail = 'must be a list of IP ranges. For example, 10.240.0.0/24,10.250.0.0/24';
  return texts.map(({ item, value }) => cidrField(item, value, detail)).filter((cidr) => cidr !== undefined);
}
