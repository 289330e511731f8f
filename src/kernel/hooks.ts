import type { Manip } from './conntrack/connection.ts';
import { setupNull, translate, translateError } from './conntrack/nat.ts';
import { confirm, track } from './conntrack/table.ts';
import type { MatchedRule } from './event.ts';
import { restoreReply } from './ipvs/reply.ts';
import { takeForwardedError, takeRequest } from './ipvs/request.ts';
import type { Netns } from './model.ts';
import {
  BUILTIN_CHAINS,
  HOOK_NAMES,
  type HookName,
  type RejectType,
  type Rule,
  type Ruleset,
  type TableName,
} from './netfilter/model.ts';
import { type TableVerdict, walkTable } from './netfilter/walk.ts';
import { rulesetOf } from './netns.ts';
import type { Stack } from './session.ts';
import type { Skb } from './skb.ts';

/**
 * The hooks of IPv4 netfilter in the order of their priorities, as iptables-nft registers them (iptables/nft.c). This
 * list is the order in which a packet meets them; lower runs first. They are the kernel's own
 * (include/uapi/linux/netfilter_ipv4.h) but for security, which legacy iptables has at 50, before source NAT.
 */
export const PRIORITY = {
  raw: -300,
  conntrack: -200,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  srcnat: 100,
  security: 150,
  confirm: 2147483647,
} as const;

/**
 * Where IPVS works (ip_vs_ops4, net/netfilter/ipvs/ip_vs_core.c), by hook: after the filter table and before source NAT
 * where a packet comes in, after destination NAT and before the filter table where it is made here. Replies are looked
 * at first.
 */
export const IPVS_PRIORITY = {
  INPUT: { reply: 98, request: 99 },
  FORWARD: { error: 99, reply: 100 },
  OUTPUT: { reply: -99, request: -98 },
} as const;

/** What a hook is told. */
export interface HookContext {
  readonly stack: Stack;
  readonly skb: Skb;
  readonly hook: HookName;
  readonly inDevice: string | undefined;
  readonly outDevice: string | undefined;
}

/** What the hooks of one point said together. */
export type HookVerdict =
  | { readonly kind: 'ACCEPT' }
  /** The packet is already ended, and that is recorded. */
  | { readonly kind: 'STOLEN' }
  | { readonly kind: 'DROP'; readonly table: TableName; readonly rule: MatchedRule | undefined }
  | {
      readonly kind: 'REJECT';
      readonly table: TableName;
      readonly rule: MatchedRule;
      readonly with: RejectType;
    }
  | { readonly kind: 'UNKNOWN'; readonly table: TableName; readonly rule: MatchedRule };

interface HookEntry {
  readonly priority: number;
  /** The table that is asked; undefined for conntrack's own work. */
  readonly table?: TableName;
  readonly run: (context: HookContext) => HookVerdict | 'next';
}

/** The hooks that have something to do in a namespace. */
export type HookTable = Readonly<Record<HookName, readonly HookEntry[]>>;

const ACCEPT: HookVerdict = { kind: 'ACCEPT' };

/**
 * Conntrack works where a rule needs it: where a nat table exists or a rule asks for a state. That is why pods,
 * which have no rules, keep no connections.
 */
function needsConntrack(ruleset: Ruleset): boolean {
  if (ruleset.tables.has('nat')) return true;
  for (const table of ruleset.tables.values()) {
    for (const chain of table.chains.values()) {
      if (chain.rules.some(asksForConntrack)) return true;
    }
  }
  return false;
}

function asksForConntrack({ matches, target }: Rule): boolean {
  if (target.kind === 'CONNMARK' || (target.kind === 'CT' && !target.notrack)) return true;
  return matches.some((m) => m.kind === 'conntrack' || m.kind === 'state' || m.kind === 'connmark');
}

interface KnownHooks {
  readonly generation: number;
  readonly ipvs: boolean;
  readonly hooks: HookTable;
}

const tables = new WeakMap<Netns, KnownHooks>();

/** The hooks of a namespace, from its rules; kept until they change. */
function hooksOf(netns: Netns): HookTable {
  const ruleset = rulesetOf(netns, 4);
  const known = tables.get(netns);
  // The hooks of IPVS are registered with the first virtual server (ip_vs_register_hooks).
  const ipvs = netns.ipvs.size > 0;
  if (known !== undefined && known.generation === ruleset.generation && known.ipvs === ipvs)
    return known.hooks;
  const hooks = hookTable(ruleset, ipvs);
  tables.set(netns, { generation: ruleset.generation, ipvs, hooks });
  return hooks;
}

function hookTable(ruleset: Ruleset, ipvs: boolean): HookTable {
  // A virtual server asks for conntrack as well (ip_vs_register_conntrack).
  const conntrack = ipvs || (ruleset.tables.size > 0 && needsConntrack(ruleset));
  const table = {} as Record<HookName, HookEntry[]>;
  for (const hook of HOOK_NAMES) {
    const entries: HookEntry[] = [];
    for (const name of ruleset.tables.keys()) {
      if (BUILTIN_CHAINS[name].includes(hook))
        entries.push(name === 'nat' ? natEntry(ruleset, hook) : filterEntry(ruleset, name));
    }
    if (conntrack) entries.push(...conntrackEntries(hook));
    if (ipvs) entries.push(...ipvsEntries(hook));
    table[hook] = entries.sort((a, b) => a.priority - b.priority);
  }
  return table;
}

function trackPacket({ stack, skb }: HookContext): 'next' {
  track(stack.conntrack, skb);
  return 'next';
}

function confirmPacket({ stack, skb }: HookContext): 'next' {
  confirm(stack.conntrack, skb);
  return 'next';
}

function conntrackEntries(hook: HookName): HookEntry[] {
  switch (hook) {
    case 'PREROUTING':
    case 'OUTPUT':
      return [{ priority: PRIORITY.conntrack, run: trackPacket }];
    case 'INPUT':
    case 'POSTROUTING':
      return [{ priority: PRIORITY.confirm, run: confirmPacket }];
    case 'FORWARD':
      return [];
  }
}

function ipvsEntries(hook: HookName): HookEntry[] {
  switch (hook) {
    case 'INPUT':
    case 'OUTPUT': {
      const { reply, request } = IPVS_PRIORITY[hook];
      return [
        { priority: reply, run: restoreReply },
        { priority: request, run: takeRequest },
      ];
    }
    case 'FORWARD': {
      const { error, reply } = IPVS_PRIORITY[hook];
      return [
        { priority: error, run: takeForwardedError },
        { priority: reply, run: restoreReply },
      ];
    }
    case 'PREROUTING':
    case 'POSTROUTING':
      return [];
  }
}

function filterEntry(ruleset: Ruleset, name: Exclude<TableName, 'nat'>): HookEntry {
  const priority = PRIORITY[name];
  return {
    priority,
    table: name,
    run: (context) => {
      const table = ruleset.tables.get(name);
      if (table === undefined) return 'next';
      return named(name, walkTable(table, context.hook, priority, context));
    },
  };
}

function named(table: TableName, verdict: TableVerdict): HookVerdict | 'next' {
  return verdict.kind === 'ACCEPT' ? 'next' : { ...verdict, table };
}

/** The side that NAT works on at a hook (HOOK2MANIP). */
function manipAt(hook: HookName): Manip {
  return hook === 'PREROUTING' || hook === 'OUTPUT' ? 'dst' : 'src';
}

/** nf_nat_inet_fn: rules are asked once for each side of a connection, then its tuples speak. */
function natEntry(ruleset: Ruleset, hook: HookName): HookEntry {
  const manip = manipAt(hook);
  const priority = manip === 'dst' ? PRIORITY.dstnat : PRIORITY.srcnat;
  return {
    priority,
    table: 'nat',
    run: (context) => {
      const { stack, skb } = context;
      const { ct } = skb;
      if (ct === undefined) return 'next';
      if (skb.ctInfo === 'RELATED' && skb.packet.transport.kind === 'icmp-error') {
        translateError(skb, manip);
        return 'next';
      }
      if (skb.ctInfo !== 'ESTABLISHED' && !ct.done[manip]) {
        const table = ruleset.tables.get('nat');
        const said = table === undefined ? 'next' : named('nat', walkTable(table, hook, priority, context));
        if (said !== 'next') return said;
        if (!ct.done[manip]) setupNull(stack, ct, manip);
      }
      translate(skb, manip);
      return 'next';
    },
  };
}

/** Runs the hooks of a point in order. `after` is told of each: OUTPUT routes again when one moved the packet. */
export function runHooks(
  context: HookContext,
  after?: (table: TableName | undefined) => HookVerdict | 'next',
): HookVerdict {
  const { stack, hook } = context;
  stack.hooks ??= hooksOf(stack.netns);
  for (const entry of stack.hooks[hook]) {
    const verdict = entry.run(context);
    if (verdict !== 'next') return verdict;
    const moved = after?.(entry.table) ?? 'next';
    if (moved !== 'next') return moved;
  }
  return ACCEPT;
}
