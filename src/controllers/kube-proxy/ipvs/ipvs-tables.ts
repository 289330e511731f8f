import { cidr, type Family } from '../../../addr/index.ts';
import type { Match, RestoreTable, SetFlag, Target } from '../../../kernel/index.ts';
import { PROTOCOL } from '../../../kernel/index.ts';
import {
  ACCEPT,
  append,
  type BaseJump,
  comment,
  DROP,
  host,
  jump,
  type KubeProxyInput,
  LOCAL_DESTINATION,
  localPart,
  localTraffic,
  MARK_MASQ,
  NEW,
  PROGRAM,
  protocolMatch,
  REJECT,
  type ServicePortInfo,
  type TableWriter,
  writeAccepts,
  writeBaseJumps,
  writeMarks,
} from '../common/index.ts';
import type { IpvsState } from './ipvs-state.ts';
import { SETS, type SetName, setName } from './sets.ts';

const RETURN: Target = { kind: 'RETURN' };

const NAT_CHAINS = [
  'KUBE-SERVICES',
  'KUBE-POSTROUTING',
  'KUBE-NODE-PORT',
  'KUBE-LOAD-BALANCER',
  'KUBE-MARK-MASQ',
];
const FILTER_CHAINS = [
  'KUBE-FORWARD',
  'KUBE-NODE-PORT',
  'KUBE-PROXY-FIREWALL',
  'KUBE-SOURCE-RANGES-FIREWALL',
  'KUBE-IPVS-FILTER',
  'KUBE-IPVS-OUT-FILTER',
];

function baseJump(table: BaseJump['table'], from: string, to: string, text: string): BaseJump {
  return { table, from, to, onlyNew: false, comment: text };
}

/** iptablesJumpChain, in the order in which each is put at the top of its chain. */
const BASE_JUMPS: readonly BaseJump[] = [
  baseJump('nat', 'OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals'),
  baseJump('nat', 'PREROUTING', 'KUBE-SERVICES', 'kubernetes service portals'),
  baseJump('nat', 'POSTROUTING', 'KUBE-POSTROUTING', 'kubernetes postrouting rules'),
  baseJump('filter', 'FORWARD', 'KUBE-FORWARD', 'kubernetes forwarding rules'),
  baseJump('filter', 'INPUT', 'KUBE-NODE-PORT', 'kubernetes health check rules'),
  baseJump('filter', 'INPUT', 'KUBE-PROXY-FIREWALL', 'kube-proxy firewall rules'),
  baseJump('filter', 'FORWARD', 'KUBE-PROXY-FIREWALL', 'kube-proxy firewall rules'),
  baseJump('filter', 'INPUT', 'KUBE-IPVS-FILTER', 'kubernetes ipvs access filter'),
  baseJump('filter', 'OUTPUT', 'KUBE-IPVS-OUT-FILTER', 'kubernetes ipvs access filter'),
];

interface SetRule {
  readonly set: SetName;
  readonly table: 'nat' | 'filter';
  readonly chain: string;
  readonly flags: readonly SetFlag[];
  readonly protocol?: ServicePortInfo['protocol'];
  readonly target: Target;
}

function nodePortRule(
  set: SetName,
  protocol: ServicePortInfo['protocol'],
  flags: readonly SetFlag[],
  target: Target,
): SetRule {
  return { set, table: 'nat', chain: 'KUBE-NODE-PORT', flags, protocol, target };
}

const DST: readonly SetFlag[] = ['dst'];
const DST_DST: readonly SetFlag[] = ['dst', 'dst'];
const DST_DST_SRC: readonly SetFlag[] = ['dst', 'dst', 'src'];

/** ipsetWithIptablesChain: rules that are there only when their set has entries. */
const SET_RULES: readonly SetRule[] = [
  {
    set: 'KUBE-LOOP-BACK',
    table: 'nat',
    chain: 'KUBE-POSTROUTING',
    flags: DST_DST_SRC,
    target: { kind: 'MASQUERADE', random: false, randomFully: false },
  },
  {
    set: 'KUBE-LOAD-BALANCER',
    table: 'nat',
    chain: 'KUBE-SERVICES',
    flags: DST_DST,
    target: jump('KUBE-LOAD-BALANCER'),
  },
  {
    set: 'KUBE-LOAD-BALANCER-LOCAL',
    table: 'nat',
    chain: 'KUBE-LOAD-BALANCER',
    flags: DST_DST,
    target: RETURN,
  },
  nodePortRule('KUBE-NODE-PORT-LOCAL-TCP', 'tcp', DST, RETURN),
  nodePortRule('KUBE-NODE-PORT-TCP', 'tcp', DST, MARK_MASQ),
  nodePortRule('KUBE-NODE-PORT-LOCAL-UDP', 'udp', DST, RETURN),
  nodePortRule('KUBE-NODE-PORT-UDP', 'udp', DST, MARK_MASQ),
  nodePortRule('KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'sctp', DST_DST, RETURN),
  nodePortRule('KUBE-NODE-PORT-SCTP-HASH', 'sctp', DST_DST, MARK_MASQ),
  {
    set: 'KUBE-LOAD-BALANCER-FW',
    table: 'filter',
    chain: 'KUBE-PROXY-FIREWALL',
    flags: DST_DST,
    target: jump('KUBE-SOURCE-RANGES-FIREWALL'),
  },
  {
    set: 'KUBE-LOAD-BALANCER-SOURCE-CIDR',
    table: 'filter',
    chain: 'KUBE-SOURCE-RANGES-FIREWALL',
    flags: DST_DST_SRC,
    target: RETURN,
  },
  {
    set: 'KUBE-LOAD-BALANCER-SOURCE-IP',
    table: 'filter',
    chain: 'KUBE-SOURCE-RANGES-FIREWALL',
    flags: DST_DST_SRC,
    target: RETURN,
  },
];

interface Writing {
  readonly input: KubeProxyInput;
  readonly family: Family;
  readonly state: IpvsState;
  readonly nat: TableWriter;
  readonly filter: TableWriter;
}

/** `-m set --match-set NAME FLAGS`. */
function inSet({ family }: Writing, set: SetName, flags: readonly SetFlag[]): Match {
  return { kind: 'set', set: setName(set, family), flags, not: false };
}

/** The same with the set's comment before it. */
function commented(writing: Writing, set: SetName, flags: readonly SetFlag[]): readonly Match[] {
  return [comment(SETS[set].comment), inSet(writing, set, flags)];
}

function isWanted({ state }: Writing, set: SetName): boolean {
  return state.sets[set].wanted;
}

/**
 * The tables that kube-proxy v1.30 in IPVS mode writes on a node in one family, for `iptables-restore` on top of its empty
 * built-in chains. How many rules there are does not depend on how many services there are, but for those of load
 * balancers that the node itself may not use.
 */
export function ipvsTables(input: KubeProxyInput, family: Family, state: IpvsState): RestoreTable[] {
  const chains = (names: readonly string[]): TableWriter => ({
    chains: names.map((name) => ({ name, origin: PROGRAM })),
    rules: [],
  });
  const nat = chains(NAT_CHAINS);
  const filter = chains(FILTER_CHAINS);
  const writing: Writing = { input, family, state, nat, filter };
  writeBaseJumps(filter, nat, BASE_JUMPS);
  writeServices(writing);
  writeFilter(writing);
  writeMarks(nat, input.config);
  return [
    { table: 'nat', ...nat },
    { table: 'filter', ...filter },
  ];
}

const LOOPBACK = { 4: cidr('127.0.0.0/8'), 6: cidr('::1/128') };

/** writeIptablesRules, the rules of table nat; those of sets that belong to table filter are written among them. */
function writeServices(writing: Writing): void {
  const { family, nat, filter } = writing;
  append(nat, 'KUBE-SERVICES', {
    src: { cidr: LOOPBACK[family], not: false },
    matches: [],
    target: RETURN,
    origin: PROGRAM,
  });
  for (const { set, table, chain, flags, protocol, target } of SET_RULES) {
    if (!isWanted(writing, set)) continue;
    append(table === 'nat' ? nat : filter, chain, {
      ...(protocol === undefined ? {} : { protocol: protocolMatch(protocol) }),
      matches: commented(writing, set, flags),
      target,
      origin: PROGRAM,
    });
  }
  writeClusterIps(writing);
  writeExternalIps(writing);
  append(nat, 'KUBE-SERVICES', {
    matches: [LOCAL_DESTINATION],
    target: jump('KUBE-NODE-PORT'),
    origin: PROGRAM,
  });
  append(nat, 'KUBE-LOAD-BALANCER', { matches: [], target: MARK_MASQ, origin: PROGRAM });
  // acceptIPVSTraffic: nothing after kube-proxy's rules may move what IPVS is to take.
  for (const set of ['KUBE-CLUSTER-IP', 'KUBE-LOAD-BALANCER'] as const) {
    if (!isWanted(writing, set)) continue;
    const matches = [inSet(writing, set, DST_DST)];
    append(nat, 'KUBE-SERVICES', { matches, target: ACCEPT, origin: PROGRAM });
  }
}

function writeClusterIps(writing: Writing): void {
  const { input, family, nat } = writing;
  if (!isWanted(writing, 'KUBE-CLUSTER-IP')) return;
  const traffic = localTraffic(input.config, input.node, family);
  const { masqueradeAll } = input.config.iptables;
  // Without either, what the node sends from a virtual address to one is masqueraded, or it would answer itself.
  const flags: readonly SetFlag[] = masqueradeAll || traffic !== undefined ? DST_DST : ['src', 'dst'];
  append(nat, 'KUBE-SERVICES', {
    ...(masqueradeAll || traffic === undefined ? {} : localPart(traffic, true)),
    matches: commented(writing, 'KUBE-CLUSTER-IP', flags),
    target: MARK_MASQ,
    origin: PROGRAM,
  });
}

const NOT_FROM_BRIDGE: Match = { kind: 'physdev', isIn: { not: true } };
const NOT_LOCAL_SOURCE: Match = { kind: 'addrtype', src: { types: ['LOCAL'], not: true } };

function writeExternalIps(writing: Writing): void {
  const { nat } = writing;
  const write = (matches: readonly Match[], target: Target): void =>
    append(nat, 'KUBE-SERVICES', { matches, target, origin: PROGRAM });
  for (const set of ['KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const) {
    if (!isWanted(writing, set)) continue;
    const matches = commented(writing, set, DST_DST);
    if (set === 'KUBE-EXTERNAL-IP') write(matches, MARK_MASQ);
    write([...matches, NOT_FROM_BRIDGE, NOT_LOCAL_SOURCE], ACCEPT);
    write([...matches, LOCAL_DESTINATION], ACCEPT);
  }
}

/** writeIptablesRules, the rest of table filter. */
function writeFilter(writing: Writing): void {
  const { input, family, state, filter } = writing;
  const write = (chain: string, matches: readonly Match[], target: Target): void =>
    append(filter, chain, { matches, target, origin: PROGRAM });
  write('KUBE-SOURCE-RANGES-FIREWALL', [], DROP);
  for (const { info, address } of state.forbidden) {
    append(filter, 'KUBE-IPVS-OUT-FILTER', {
      src: host(address.ip),
      matches: [
        {
          kind: 'ipvs',
          protocol: { number: PROTOCOL[info.protocol], not: false },
          address: { ip: address.ip, length: family === 4 ? 32 : 128, not: false },
          port: { port: info.port, not: false },
        },
      ],
      target: DROP,
      origin: { ...address.origin, field: 'spec.loadBalancerSourceRanges' },
    });
  }
  writeAccepts(filter, input.config);
  const checks = 'KUBE-HEALTH-CHECK-NODE-PORT';
  write('KUBE-NODE-PORT', commented(writing, checks, DST), ACCEPT);
  // What IPVS does not take must not reach the ports of the node through an address of a Service.
  for (const set of [
    'KUBE-LOAD-BALANCER',
    'KUBE-CLUSTER-IP',
    'KUBE-EXTERNAL-IP',
    'KUBE-EXTERNAL-IP-LOCAL',
  ] as const)
    write('KUBE-IPVS-FILTER', [inSet(writing, set, DST_DST)], RETURN);
  write('KUBE-IPVS-FILTER', [inSet(writing, checks, DST)], RETURN);
  write('KUBE-IPVS-FILTER', [NEW, inSet(writing, 'KUBE-IPVS-IPS', DST)], REJECT[family]);
}
