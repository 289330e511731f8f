import { formatHostPort, formatIp, type Ip, nthIp } from '../../addr/index.ts';
import type { ClusterObjects, Pod, Protocol } from '../../k8s/index.ts';
import { serviceRange } from './name-settings.ts';

/** What of a Service becomes variables. */
interface Published {
  readonly name: string;
  readonly ip: Ip;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: Protocol }[];
}

/** The API server's own Service, the first address of the range; every cluster has it. */
const KUBERNETES = 'kubernetes';
const KUBERNETES_PORTS = [{ name: 'https', port: 443, protocol: 'TCP' }] as const;

/**
 * The variables of service discovery that kubelet gives the containers of a pod (getServiceEnvVarMap of
 * kubelet_pods.go, envvars.FromServices), sorted by name: the Service `kubernetes` of the namespace default, and with
 * enableServiceLinks every Service of the pod's own namespace that has a ClusterIP. kubelet reads them once, when the
 * container starts: a Service that is made later is missing; here all of them are taken to be older.
 */
export function serviceEnvironment(
  { meta, enableServiceLinks = true }: Pick<Pod, 'meta' | 'enableServiceLinks'>,
  objects: Pick<ClusterObjects, 'services'>,
): ReadonlyMap<string, string> {
  const chosen = new Map<string, Published>();
  const master: Published = {
    name: KUBERNETES,
    ip: nthIp(serviceRange(objects), 1),
    ports: KUBERNETES_PORTS,
  };
  chosen.set(KUBERNETES, master);
  const ours = enableServiceLinks ? meta.namespace : undefined;
  for (const namespace of ['default', ours]) {
    for (const service of objects.services) {
      const { name } = service.meta;
      const [ip] = service.clusterIPs;
      if (ip === undefined || service.headless || service.meta.namespace !== namespace) continue;
      if (namespace !== ours && name !== KUBERNETES) continue;
      chosen.set(name, { name, ip, ports: service.ports });
    }
  }
  const variables = [...chosen.values()].flatMap(variablesOf);
  return new Map(variables.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** FromServices and makeLinkVariables. */
function variablesOf({ name, ip, ports }: Published): (readonly [string, string])[] {
  const prefix = variableName(name);
  const [first] = ports;
  if (first === undefined) return [];
  const url = ({ protocol, port }: (typeof ports)[number]): string =>
    `${protocol.toLowerCase()}://${formatHostPort(ip, port)}`;
  return [
    [`${prefix}_SERVICE_HOST`, formatIp(ip)],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...ports
      .filter((port) => port.name !== '')
      .map((port) => [`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port)] as const),
    [`${prefix}_PORT`, url(first)],
    ...ports.flatMap((port) => {
      const link = `${prefix}_PORT_${port.port}_${port.protocol}`;
      return [
        [link, url(port)],
        [`${link}_PROTO`, port.protocol.toLowerCase()],
        [`${link}_PORT`, String(port.port)],
        [`${link}_ADDR`, formatIp(ip)],
      ] as const;
    }),
  ];
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
