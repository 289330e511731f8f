import { cidr, type Family, type Ip } from '../../../addr/index.ts';
import type { KubeProxyConfig } from '../../../k8s/index.ts';
import type { RestoreChain } from '../../../kernel/index.ts';
import {
  append,
  type BaseJump,
  comment,
  configOrigin,
  DROP,
  host,
  jump,
  LOCAL_DESTINATION,
  nodePortAddresses,
  nodePortIps,
  PROGRAM,
  servesLocalhost,
  type TableWriter,
  writeAccepts,
  writeBaseJumps,
  writeMarks,
} from '../common/index.ts';

const LOOPBACK4 = cidr('127.0.0.0/8');
const LOOPBACK6 = cidr('::1/128');

/** iptablesJumpChains and iptablesKubeletJumpChains, in the order in which each is put at the top of its chain. */
const BASE_JUMPS: readonly BaseJump[] = [
  ...(['INPUT', 'FORWARD'] as const).map(
    (from): BaseJump => ({
      table: 'filter',
      from,
      to: 'KUBE-EXTERNAL-SERVICES',
      onlyNew: true,
      comment: 'kubernetes externally-visible service portals',
    }),
  ),
  {
    table: 'filter',
    from: 'INPUT',
    to: 'KUBE-NODEPORTS',
    onlyNew: false,
    comment: 'kubernetes health check service ports',
  },
  ...(['FORWARD', 'OUTPUT'] as const).map(
    (from): BaseJump => ({
      table: 'filter',
      from,
      to: 'KUBE-SERVICES',
      onlyNew: true,
      comment: 'kubernetes service portals',
    }),
  ),
  {
    table: 'filter',
    from: 'FORWARD',
    to: 'KUBE-FORWARD',
    onlyNew: false,
    comment: 'kubernetes forwarding rules',
  },
  ...(['INPUT', 'OUTPUT', 'FORWARD'] as const).map(
    (from): BaseJump => ({
      table: 'filter',
      from,
      to: 'KUBE-PROXY-FIREWALL',
      onlyNew: true,
      comment: 'kubernetes load balancer firewall',
    }),
  ),
  ...(['OUTPUT', 'PREROUTING'] as const).map(
    (from): BaseJump => ({
      table: 'nat',
      from,
      to: 'KUBE-SERVICES',
      onlyNew: false,
      comment: 'kubernetes service portals',
    }),
  ),
  {
    table: 'nat',
    from: 'POSTROUTING',
    to: 'KUBE-POSTROUTING',
    onlyNew: false,
    comment: 'kubernetes postrouting rules',
  },
  { table: 'filter', from: 'INPUT', to: 'KUBE-FIREWALL', onlyNew: false },
  { table: 'filter', from: 'OUTPUT', to: 'KUBE-FIREWALL', onlyNew: false },
];

const CANARY: RestoreChain = { name: 'KUBE-PROXY-CANARY', origin: PROGRAM, ensure: true };
/** kubelet's chain: there already, rule and jumps, where kubelet ran first. */
const FIREWALL: RestoreChain = { name: 'KUBE-FIREWALL', origin: PROGRAM, ensure: true };

/** The table that holds nothing but the canary by which kube-proxy notices that its rules were flushed. */
export function writeMangle(mangle: TableWriter): void {
  mangle.chains.push(CANARY);
}

/** The top-level chains and the jumps to them. */
export function writeBase(filter: TableWriter, nat: TableWriter): void {
  filter.chains.push(
    CANARY,
    ...[
      'KUBE-SERVICES',
      'KUBE-EXTERNAL-SERVICES',
      'KUBE-FORWARD',
      'KUBE-NODEPORTS',
      'KUBE-PROXY-FIREWALL',
    ].map((name) => ({ name, origin: PROGRAM })),
    FIREWALL,
  );
  nat.chains.push(
    CANARY,
    ...['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ'].map((name) => ({
      name,
      origin: PROGRAM,
    })),
  );
  writeBaseJumps(filter, nat, BASE_JUMPS);
}

/** KUBE-POSTROUTING, KUBE-MARK-MASQ, and where 127.0.0.1 serves NodePorts the guard of KUBE-FIREWALL. */
export function writeMasquerade(
  filter: TableWriter,
  nat: TableWriter,
  config: KubeProxyConfig,
  family: Family,
): void {
  writeMarks(nat, config);
  if (!servesLocalhost(config, family)) return;
  // Declared in the restore with the rule: what kubelet wrote gives way to the same text.
  filter.chains.push({ name: 'KUBE-FIREWALL', origin: PROGRAM });
  append(filter, 'KUBE-FIREWALL', {
    src: { cidr: LOOPBACK4, not: true },
    dst: { cidr: LOOPBACK4, not: false },
    matches: [
      comment('block incoming localnet connections'),
      { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED', 'DNAT'], not: true },
    ],
    target: DROP,
    origin: configOrigin('iptables.localhostNodePorts'),
  });
}

/** KUBE-FORWARD; `liberal` is net.netfilter.nf_conntrack_tcp_be_liberal, with which INVALID packets may pass. */
export function writeForward(filter: TableWriter, config: KubeProxyConfig, liberal: boolean): void {
  if (!liberal) {
    append(filter, 'KUBE-FORWARD', {
      matches: [{ kind: 'conntrack', states: ['INVALID'], not: false }],
      target: DROP,
      origin: PROGRAM,
    });
  }
  writeAccepts(filter, config);
}

/** The end of KUBE-SERVICES: what is sent to one of the node's NodePort addresses goes on to KUBE-NODEPORTS. */
export function writeNodePortsTail(
  nat: TableWriter,
  config: KubeProxyConfig,
  family: Family,
  localAddresses: readonly Ip[],
): void {
  const addresses = nodePortAddresses(config, family);
  const localhost = servesLocalhost(config, family);
  const origin = configOrigin('nodePortAddresses');
  const last = comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain');
  const target = jump('KUBE-NODEPORTS');
  if (addresses.matchAll) {
    // IPv6 never serves [::1]; IPv4 serves 127.0.0.1 only through route_localnet.
    append(nat, 'KUBE-SERVICES', {
      ...(!localhost && { dst: { cidr: family === 6 ? LOOPBACK6 : LOOPBACK4, not: true } }),
      matches: [last, LOCAL_DESTINATION],
      target,
      origin,
    });
    return;
  }
  for (const ip of nodePortIps(addresses, localAddresses)) {
    const loopback = typeof ip === 'number' ? ip >>> 24 === 127 : ip === 1n;
    if (loopback && !localhost) continue;
    append(nat, 'KUBE-SERVICES', { dst: host(ip), matches: [last], target, origin });
  }
}
