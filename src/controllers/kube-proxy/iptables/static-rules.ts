import { cidr, type Family, type Ip } from '../../../addr/index.ts';
import type { KubeProxyConfig } from '../../../k8s/index.ts';
import type { Match, ObjectRef, Origin, RestoreChain } from '../../../kernel/index.ts';
import { nodePortAddresses, nodePortIps, servesLocalhost } from '../common/index.ts';
import {
  ACCEPT,
  append,
  comment,
  DROP,
  ensureFirst,
  host,
  jump,
  LOCAL_DESTINATION,
  type TableWriter,
} from './rule-parts.ts';

const PROGRAM: Origin = { program: 'kube-proxy' };
const CONFIG: ObjectRef = { kind: 'KubeProxyConfiguration', name: 'kube-proxy' };

function configOrigin(field: string): Origin {
  return { program: 'kube-proxy', object: CONFIG, field };
}

const NEW: Match = { kind: 'conntrack', states: ['NEW'], not: false };
const LOOPBACK4 = cidr('127.0.0.0/8');
const LOOPBACK6 = cidr('::1/128');

interface BaseJump {
  readonly table: 'filter' | 'nat';
  readonly from: string;
  readonly to: string;
  readonly onlyNew: boolean;
  readonly comment?: string;
}

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
  for (const base of BASE_JUMPS) {
    ensureFirst(base.table === 'filter' ? filter : nat, base.from, {
      matches: [
        ...(base.onlyNew ? [NEW] : []),
        ...(base.comment === undefined ? [] : [comment(base.comment)]),
      ],
      target: jump(base.to),
      origin: PROGRAM,
    });
  }
}

/** The mark of traffic that POSTROUTING masquerades: bit 14 unless configured. */
function masqueradeMark(config: KubeProxyConfig): number {
  return (1 << config.iptables.masqueradeBit) >>> 0;
}

/** KUBE-POSTROUTING, KUBE-MARK-MASQ, and where 127.0.0.1 serves NodePorts the guard of KUBE-FIREWALL. */
export function writeMasquerade(
  filter: TableWriter,
  nat: TableWriter,
  config: KubeProxyConfig,
  family: Family,
): void {
  const mark = masqueradeMark(config);
  const origin = configOrigin('iptables.masqueradeBit');
  append(nat, 'KUBE-POSTROUTING', {
    matches: [{ kind: 'mark', value: mark, mask: mark, not: true }],
    target: { kind: 'RETURN' },
    origin,
  });
  append(nat, 'KUBE-POSTROUTING', {
    matches: [],
    target: { kind: 'MARK', value: mark, mask: 0 },
    origin,
  });
  append(nat, 'KUBE-POSTROUTING', {
    matches: [comment('kubernetes service traffic requiring SNAT')],
    target: { kind: 'MASQUERADE', random: false, randomFully: true },
    origin: PROGRAM,
  });
  append(nat, 'KUBE-MARK-MASQ', { matches: [], target: { kind: 'MARK', value: mark, mask: mark }, origin });
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
  const mark = masqueradeMark(config);
  if (!liberal) {
    append(filter, 'KUBE-FORWARD', {
      matches: [{ kind: 'conntrack', states: ['INVALID'], not: false }],
      target: DROP,
      origin: PROGRAM,
    });
  }
  append(filter, 'KUBE-FORWARD', {
    matches: [comment('kubernetes forwarding rules'), { kind: 'mark', value: mark, mask: mark, not: false }],
    target: ACCEPT,
    origin: PROGRAM,
  });
  append(filter, 'KUBE-FORWARD', {
    matches: [
      comment('kubernetes forwarding conntrack rule'),
      { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED'], not: false },
    ],
    target: ACCEPT,
    origin: PROGRAM,
  });
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
