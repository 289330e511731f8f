import { formatHostPort, formatIp, type Ip, parseIp } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import type { DnsQuery } from '../../controllers/dns/index.ts';
import { nameSettings, podResolvConf } from '../../controllers/kubelet/index.ts';
import type { ForwardPlugin, Pod, UpstreamTransport } from '../../k8s/index.ts';
import { parseDns } from '../../wire/dns/index.ts';
import { resolveSource } from '../resolve-source.ts';
import { nameServers } from './name-servers.ts';
import {
  answerOf,
  bytesOf,
  DNS_PORT,
  endpointName,
  idOf,
  queryBytes,
  send,
  speakerOf,
  type WalkedMessage,
} from './send-query.ts';
import { type Reached, serveDns } from './serve-dns.ts';

/** An address to ask, and how. */
interface Asked {
  readonly ip: Ip;
  readonly port: number;
  readonly transport: UpstreamTransport;
}

/** The addresses behind the TOs of `forward`, in their order; the pod's own resolv.conf stands for any file. */
function addressesOf(cluster: Cluster, pod: Pod, { to }: ForwardPlugin): Asked[] {
  const { objects } = cluster;
  return to.flatMap((one): Asked[] => {
    const { transport } = one;
    if (one.kind === 'address') return [{ ip: one.ip, port: one.port, transport }];
    if (one.kind === 'cluster')
      return [{ ip: nameServers(cluster).upstreamOfNodeLocal, port: DNS_PORT, transport }];
    if (one.kind === 'name')
      return nameServers(cluster)
        .hostAddresses(one.name)
        .map((ip) => ({ ip, port: one.port, transport }));
    const node = objects.nodes.find(({ meta }) => meta.name === pod.nodeName);
    const { nameservers } = podResolvConf(pod, nameSettings(objects, node)).conf;
    return nameservers
      .flatMap((text) => parseIp(text) ?? [])
      .map((ip) => ({ ip, port: DNS_PORT, transport }));
  });
}

/**
 * Asks the resolvers of `forward` from a CoreDNS pod, one after another: whatever the policy, one that does not answer
 * makes it ask the next (plugin/forward/forward.go). A query that leaves the cluster for an address outside is taken to be
 * answered there, as a resolver does.
 */
export function reachUpstream(
  cluster: Cluster,
  pod: { readonly namespace: string; readonly name: string },
  forward: ForwardPlugin,
  query: DnsQuery,
  message: WalkedMessage,
): Reached {
  const { socket } = message;
  const { objects } = cluster;
  const own = objects.pods.find(({ meta }) => meta.name === pod.name && meta.namespace === pod.namespace);
  const source = resolveSource({ kind: 'pod', ...pod }, cluster);
  if (own === undefined || !source.ok) return { kind: 'outside' };
  const addresses = addressesOf(cluster, own, forward);
  let lost = forward.to.some(({ kind }) => kind === 'file')
    ? 'its resolv.conf names no nameserver'
    : 'no address is known of what the Corefile forwards to';
  for (const { ip, port, transport } of addresses) {
    const server = port === DNS_PORT ? formatIp(ip) : formatHostPort(ip, port);
    if (typeof ip === 'bigint') {
      lost = `${server}: IPv6 walking is not modelled yet`;
      continue;
    }
    // A cache asks CoreDNS, which may ask others; CoreDNS that asks CoreDNS goes on for ever.
    const mayGoOn = nameServers(cluster).isNodeLocal(pod.namespace, pod.name);
    const back = { kind: 'lost', reason: 'the query comes back to CoreDNS' } as const;
    const program = serveDns(cluster, (next, plugin, asked) =>
      mayGoOn && !nameServers(cluster).isNodeLocal(next.namespace, next.name)
        ? reachUpstream(cluster, next, plugin, asked, message)
        : back,
    );
    const data = queryBytes(idOf(socket, query.type), query.name, query.type);
    const udp = transport === 'UDP';
    const sent = { ip, port, data, transport: udp ? 'UDP' : 'TCP', socket, attempt: 0 } as const;
    const [path] = send(cluster, source.value, sent, { all: false }, program).paths;
    if (path?.reason === 'LEFT_CLUSTER') return { kind: 'outside' };
    if (path?.verdict !== 'delivered') {
      lost = `${server}: ${path?.verdict}, ${path?.reason}: ${path?.explanation}`;
      continue;
    }
    const speaker = speakerOf(path);
    if (speaker.kind === 'host') return { kind: 'outside' };
    const bytes = udp ? bytesOf(path.payload?.answer ?? '') : program(speaker, data, 'TCP')?.bytes;
    const came = bytes === undefined ? undefined : parseDns(bytes);
    if (came === undefined)
      return {
        kind: 'unknown',
        reason: `what ${endpointName(path) ?? server} answers to DNS queries is not modelled`,
      };
    return { kind: 'answer', answer: answerOf(came, undefined) };
  }
  return { kind: 'lost', reason: lost };
}
