import { isLoopback, parseIp } from '../../addr/index.ts';
import { parseResolvConf } from '../../formats/files/index.ts';
import type { ClusterObjects, Meta } from '../../k8s/index.ts';
import type { Conflict } from './conflict.ts';

/** What kubelet hands out where its `resolvConf` says nothing, and what the file is called in the pods. */
const NODE_FILE = '/etc/resolv.conf';

/**
 * A nameserver of the nodes that is the node itself (PW329), as systemd-resolved writes it: kubelet hands the file to
 * CoreDNS, whose own 127.0.0.53 it then is, and its plugin `loop` ends it.
 */
export function resolverLoop({ topology, coreDns, kubelet }: ClusterObjects): Conflict[] {
  if (topology.resolvConf === undefined) return [];
  // The Topology has the text of the nodes' own file: of another, which kubelet hands out in its place, nothing is known.
  if ((kubelet?.resolvConf ?? NODE_FILE) !== NODE_FILE) return [];
  const { nameservers } = parseResolvConf(topology.resolvConf);
  const local = nameservers.filter((text) => {
    const ip = parseIp(text);
    return ip !== undefined && isLoopback(ip);
  });
  const [first] = local;
  if (first === undefined || local.length < nameservers.length) return [];
  // A Corefile that forwards nothing, or to addresses alone, does not ask what the file names.
  const upstreams = coreDns?.servers.flatMap(({ forward }) => forward.flatMap(({ to }) => to));
  if (upstreams?.some((one) => one.kind === 'file' && one.path === NODE_FILE) === false) return [];
  const meta: Meta = {
    name: 'topology',
    namespace: '',
    labels: new Map(),
    annotations: new Map(),
    ownerReferences: [],
    deleting: false,
    ...(topology.source === undefined ? {} : { source: topology.source }),
  };
  return [
    {
      code: 'PW329',
      severity: 'warning',
      kind: 'Topology',
      meta,
      path: ['resolvConf'],
      field: 'resolvConf',
      what: `has nameserver ${first}, which in CoreDNS' pods is CoreDNS itself: it forwards to itself, finds the loop and exits, and the cluster has no DNS`,
      fix: "have kubelet hand out the real file (resolvConf: /run/systemd/resolve/resolv.conf), or write 'forward . ADDRESS' in the Corefile",
      edits: [
        {
          text: "kubelet's resolvConf: /run/systemd/resolve/resolv.conf, with the real nameservers, or 'forward . ADDRESS' in the Corefile",
          apply: ({ topology: { resolvConf: _, ...rest }, ...all }) => ({ ...all, topology: rest }),
        },
      ],
      touches: () => false,
    },
  ];
}
