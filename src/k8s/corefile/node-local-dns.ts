import { type Ip, parseIp } from '../../addr/index.ts';
import type { Draft } from '../draft.ts';
import { at, type Field, isRecord } from '../field.ts';
import type { Meta, NodeLocalDnsConfig } from '../objects.ts';
import { CLUSTER_PILLAR } from './forward-plugin.ts';
import { readCorefile } from './read-corefile.ts';

/** Names that Kubernetes' manifests and kubespray give it. */
const NAMES: ReadonlySet<string> = new Set(['node-local-dns', 'nodelocaldns']);
const USUAL_IP = '169.254.20.10';
/** CoreDNS' that k8s-dns-node-cache 1.23 is built of. */
const VERSION: readonly number[] = [1, 11, 1];

/** Whether objects are those of NodeLocal DNSCache, by their name or label. */
export function isNodeLocalDns({ name, namespace }: Meta, labels: ReadonlyMap<string, string>): boolean {
  return namespace === 'kube-system' && (NAMES.has(name) || NAMES.has(labels.get('k8s-app') ?? ''));
}

/** What the ConfigMap holds where none is given: everything of the cluster is asked of CoreDNS, the rest as the node does. */
const USUAL = `__PILLAR__DNS__DOMAIN__:53 in-addr.arpa:53 ip6.arpa:53 {
  bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__
  forward . ${CLUSTER_PILLAR} {
    force_tcp
  }
}
.:53 {
  bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__
  forward . __PILLAR__UPSTREAM__SERVERS__
}
`;

/** Reads the cache that runs on the nodes: its DaemonSet's or pods' arguments, and its Corefile. */
export function readNodeLocalDns(draft: Draft, domain: string): NodeLocalDnsConfig | undefined {
  const specs = [
    ...draft.workloads
      .filter(({ object }) => isNodeLocalDns(object.meta, object.template.labels))
      .map(({ field }) => at(field, 'spec', 'template', 'spec')),
    ...draft.pods
      .filter(({ object }) => isNodeLocalDns(object.meta, object.meta.labels))
      .map(({ field }) => at(field, 'spec')),
  ];
  const [spec] = specs;
  if (spec === undefined) return undefined;
  const [map] = draft.nodeLocalDns;
  const corefile = map === undefined ? undefined : at(map, 'data', 'Corefile');
  const given = typeof corefile?.value === 'string' ? corefile.value : undefined;
  const told = localIpsOf(spec) ?? boundIn(given ?? '');
  const ips = told.flatMap((word) => parseIp(word === '__PILLAR__LOCAL__DNS__' ? USUAL_IP : word) ?? []);
  const local = ips.filter((ip, i) => ips.indexOf(ip) === i);
  const localIPs: readonly Ip[] = local.length > 0 ? local : [parseIp(USUAL_IP) ?? 0];
  const text = (given ?? USUAL)
    .replaceAll('__PILLAR__DNS__DOMAIN__', domain)
    .replaceAll('__PILLAR__LOCAL__DNS__', USUAL_IP)
    .replaceAll('__PILLAR__DNS__SERVER__', '')
    .replaceAll('__PILLAR__UPSTREAM__SERVERS__', '/etc/resolv.conf');
  const config = readCorefile({
    text,
    field: corefile ?? spec,
    version: VERSION,
    environment: new Map(),
    files: () => undefined,
  });
  if (config === undefined) return undefined;
  return { ...config, localIPs, takesClusterIp: told.includes('__PILLAR__DNS__SERVER__') };
}

/** `-localip A,B`, or `-localip=A,B`. */
function localIpsOf(spec: Field): readonly string[] | undefined {
  const containers = at(spec, 'containers').value;
  for (const one of Array.isArray(containers) ? (containers as unknown[]) : []) {
    const { args, command } = isRecord(one) ? one : {};
    const words = [command, args].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
    const index = words.findIndex((word) => typeof word === 'string' && /^--?localip(=|$)/.test(word));
    const found = words[index];
    const value =
      typeof found === 'string' && found.includes('=')
        ? found.slice(found.indexOf('=') + 1)
        : words[index + 1];
    if (index >= 0 && typeof value === 'string') return value.split(',').map((word) => word.trim());
  }
  return undefined;
}

function boundIn(corefile: string): readonly string[] {
  return [...corefile.matchAll(/^\s*bind\s+(.*)$/gm)].flatMap(([, words = '']) => words.trim().split(/\s+/));
}
