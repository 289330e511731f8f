import { type Family, familyOf, hostCidr, type Ip, stableMac } from '../../addr/index.ts';
import type { Node, Pod } from '../../k8s/index.ts';
import {
  type Match,
  type Operation,
  type Origin,
  PROTOCOL,
  type RestoreRule,
  type RestoreTable,
  type Rule,
} from '../../kernel/index.ts';

const DEVICE = 'nodelocaldns';
const DNS = { from: 53, to: 53, not: false };
const SKIP: Match = { kind: 'comment', text: 'NodeLocal DNS Cache: skip conntrack' };
const ALLOW: Match = { kind: 'comment', text: 'NodeLocal DNS Cache: allow DNS traffic' };

function originOf({ meta }: Pod): Origin {
  return { program: 'dns', object: { kind: 'Pod', namespace: meta.namespace, name: meta.name } };
}

/** The device with its addresses (pkg/netif), and the sockets that plugin `bind` opens on them alone. */
export function nodeLocalDnsOperations(node: Node, pod: Pod, addresses: readonly Ip[]): Operation[] {
  const netns = `node/${node.meta.name}`;
  const origin = originOf(pod);
  const mac = stableMac(`${DEVICE}/${node.meta.name}`);
  return [
    { op: 'link-add', netns, link: { kind: 'dummy', name: DEVICE, mac }, origin },
    ...addresses.map(
      (ip): Operation => ({
        op: 'address-add',
        netns,
        device: DEVICE,
        ip,
        length: familyOf(ip) === 4 ? 32 : 128,
        broadcast: false,
        origin,
      }),
    ),
    { op: 'link-up', netns, name: DEVICE },
    ...addresses.flatMap((ip) =>
      (['udp', 'tcp'] as const).map((protocol): Operation => {
        const { namespace, name } = pod.meta;
        const owner = { kind: 'pod', namespace, name, node: node.meta.name, assumed: false } as const;
        return { op: 'listen', netns, socket: { protocol, ip, port: DNS.from, owner, origin } };
      }),
    ),
  ];
}

/** Where a rule looks for the address and port: as destination, or as source. */
type Side = 'to' | 'from';

/** In the order in which it puts them in (cmd/node-cache/app/cache_app.go initIptables), each on top. */
const RULES: readonly {
  readonly table: 'raw' | 'filter';
  readonly chain: string;
  readonly side: Side;
}[] = [
  { table: 'raw', chain: 'PREROUTING', side: 'to' },
  { table: 'filter', chain: 'INPUT', side: 'to' },
  { table: 'raw', chain: 'OUTPUT', side: 'from' },
  { table: 'filter', chain: 'OUTPUT', side: 'from' },
  { table: 'raw', chain: 'OUTPUT', side: 'to' },
];

/** The rules of one family for the addresses. */
export function nodeLocalDnsTables(pod: Pod, addresses: readonly Ip[], family: Family): RestoreTable[] {
  const own = addresses.filter((ip) => familyOf(ip) === family);
  const origin = originOf(pod);
  return (['raw', 'filter'] as const).map((table) => ({
    table,
    chains: [],
    rules: own.flatMap((ip) =>
      RULES.filter((one) => one.table === table).flatMap(({ chain, side }) =>
        (['tcp', 'udp'] as const).map(
          (protocol): RestoreRule => ({
            chain,
            insert: true,
            rule: ruleOf(ip, side, protocol, table, origin),
          }),
        ),
      ),
    ),
  }));
}

function ruleOf(ip: Ip, side: Side, protocol: 'tcp' | 'udp', table: 'raw' | 'filter', origin: Origin): Rule {
  const address = { cidr: hostCidr(ip), not: false };
  const port = side === 'to' ? { dport: DNS } : { sport: DNS };
  return {
    ...(side === 'to' ? { dst: address } : { src: address }),
    protocol: { number: PROTOCOL[protocol], not: false },
    matches: [{ kind: protocol, ...port }, table === 'raw' ? SKIP : ALLOW],
    target: table === 'raw' ? { kind: 'NOTRACK' } : { kind: 'ACCEPT' },
    origin,
  };
}
