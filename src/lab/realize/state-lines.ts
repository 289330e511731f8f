import { cidrOf, formatIp, formatMac, sameCidr } from '../../addr/index.ts';
import { formatOperation } from '../../formats/index.ts';
import {
  type Netns,
  type Operation,
  type PolicyRule,
  type Route,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
} from '../../kernel/index.ts';

/** `ip -batch` and `bridge -batch` lines are commands without their first word. */
function batchLine(operation: Operation): string {
  const text = formatOperation(operation);
  if (text === undefined) throw new Error(`no command does ${operation.op}`);
  return text.slice(text.indexOf(' ') + 1);
}

export function addressLines(netns: Netns): string[] {
  return [...netns.links.values()].flatMap((link) =>
    link.addresses
      .filter((address) => link.kind !== 'loopback' || !isOwnOfLoopback(formatIp(address.ip)))
      .map(({ ip, length, broadcast, scope }) => {
        const words = [`address add ${formatIp(ip)}/${length}`];
        if (broadcast !== undefined) words.push(`brd ${formatIp(broadcast)}`);
        if (scope !== 'global') words.push(`scope ${scope}`);
        return `${words.join(' ')} dev ${link.name}`;
      }),
  );
}

function isOwnOfLoopback(ip: string): boolean {
  return ip === '127.0.0.1' || ip === '::1';
}

/** Routes that somebody wrote, and corrections of those that the kernel keeps for addresses by itself. */
export function routeLines(netns: Netns): string[] {
  const written = netns.routes.filter((route) => route.protocol !== 'kernel');
  const gone = connectedRoutes(netns).filter(
    (own) =>
      !netns.routes.some((r) => sameCidr(r.dst, own.dst) && r.device === own.device && r.table === own.table),
  );
  return [
    ...gone.map((route) => batchLine({ op: 'route-delete', netns: netns.id, route })),
    ...written.map((route) => routeLine(netns, route)),
  ];
}

function routeLine(netns: Netns, route: Route): string {
  const { origin, ...spec } = route;
  // The scope is printed only where `ip route` would not find it by itself, the metric where there is one.
  const { scope, metric, protocol, table, onlink, ...rest } = spec;
  const line = batchLine({
    op: 'route-append',
    netns: netns.id,
    origin,
    route: {
      ...rest,
      ...(onlink ? { onlink } : {}),
      ...(protocol === 'boot' ? {} : { protocol }),
      ...(table === RT_TABLE_MAIN ? {} : { table }),
      ...(metric === 0 ? {} : { metric }),
      ...(typeof route.dst.base === 'number' &&
      route.type === 'unicast' &&
      !(scope === 'global' && route.via !== undefined)
        ? { scope }
        : {}),
    },
  });
  // `default` is IPv4's unless something else says otherwise, and a batch has one family for all.
  return typeof route.dst.base === 'bigint' && route.dst.length === 0
    ? line.replace('default', '::/0')
    : line;
}

interface ConnectedRoute {
  readonly dst: Route['dst'];
  readonly device: string;
  readonly table: number;
}

/** The subnets' routes of addresses on links that are up. */
function connectedRoutes(netns: Netns): ConnectedRoute[] {
  return [...netns.links.values()].flatMap((link) =>
    link.kind === 'loopback' || !link.up
      ? []
      : link.addresses
          .filter(({ ip, length }) => typeof ip === 'number' && length < 32)
          .map(({ ip, length }) => ({ dst: cidrOf(ip, length), device: link.name, table: RT_TABLE_MAIN })),
  );
}

const GIVEN_RULES: readonly (readonly [priority: number, table: number])[] = [
  [0, RT_TABLE_LOCAL],
  [32766, RT_TABLE_MAIN],
  [32767, RT_TABLE_DEFAULT],
];

/** `ip rule` lines, where they differ from what a new namespace has. */
export function policyRuleLines(netns: Netns): string[] {
  const isGiven = (rule: PolicyRule): boolean =>
    GIVEN_RULES.some(([priority, table]) => rule.priority === priority && rule.table === table) &&
    rule.from === undefined &&
    rule.to === undefined &&
    rule.mark === undefined &&
    rule.iif === undefined &&
    rule.oif === undefined;
  const missing = GIVEN_RULES.filter(
    ([priority, table]) =>
      !netns.rules.some((r) => isGiven(r) && r.priority === priority && r.table === table),
  );
  return [
    ...netns.rules
      .filter((rule) => !isGiven(rule))
      .map(({ origin, ...rule }) => batchLine({ op: 'policy-rule-add', netns: netns.id, rule, origin })),
    ...missing.map(([priority, table]) =>
      batchLine({ op: 'policy-rule-delete', netns: netns.id, rule: { priority, table } }),
    ),
  ];
}

/** Neighbours that somebody wrote; those that ARP finds are left to it. */
export function neighbourLines(netns: Netns): string[] {
  const lines: string[] = [];
  for (const [device, table] of netns.neighbours) {
    for (const { ip, mac, state, origin } of table.values()) {
      if (mac === undefined || (state !== 'PERMANENT' && state !== 'NOARP')) continue;
      lines.push(batchLine({ op: 'neighbour-replace', netns: netns.id, device, ip, mac, state, origin }));
    }
  }
  for (const [device, table] of netns.proxyNeighbours) {
    for (const [ip, origin] of table) {
      lines.push(batchLine({ op: 'proxy-neighbour-add', netns: netns.id, device, ip, origin }));
    }
  }
  return lines;
}

/** `bridge -batch` lines: the overlay's FDB, and what somebody wrote into a bridge's. */
export function fdbLines(netns: Netns): string[] {
  return [...netns.links.values()].flatMap((link) => {
    if (link.kind === 'vxlan') {
      return [...link.fdb.values()]
        .filter(({ state }) => state === 'permanent')
        .map(
          ({ mac, dst }) =>
            `fdb append ${formatMac(mac)} dev ${link.name} dst ${formatIp(dst)} self permanent`,
        );
    }
    if (link.kind !== 'bridge') return [];
    const own = new Set([link.mac, ...link.ports.map((name) => netns.links.get(name)?.mac)]);
    return [...link.fdb.values()]
      .filter(({ state, mac }) => state !== 'learned' && !own.has(mac))
      .map(({ mac, device, state }) => `fdb add ${formatMac(mac)} dev ${device} master ${state}`);
  });
}
