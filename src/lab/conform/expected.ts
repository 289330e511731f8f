import { type Netns, rulesetOf, type TableName, type World } from '../../kernel/index.ts';
import type { Hop, PacketView, Path, Step } from '../../trace/index.ts';
import {
  type Addresses,
  type Crossing,
  type Leg,
  type Outcome,
  seenAt,
  type TableWalk,
  type Ways,
} from './way.ts';

/** What the kernel must show if a path of a trace is right. */
export interface Expected extends Ways {
  readonly outcome: Outcome;
  /** Ports that were drawn at random: the kernel draws others. */
  readonly randomPorts: ReadonlySet<number>;
  /** Where copies of a frame that a bridge flooded are seen besides, by `seenAt`: the way has one of them. */
  readonly copies: Readonly<Record<Leg, ReadonlySet<string>>>;
}

export interface ExpectedOptions {
  /** Leaves out rules that return. */
  readonly untracedReturns?: boolean;
}

export function expectedOf(path: Path, world: World, options: ExpectedOptions = {}): Expected {
  const back = path.reply?.hops ?? path.returned?.hops ?? [];
  return {
    outcome: outcomeOf(path),
    randomPorts: randomPortsOf([...path.hops, ...back]),
    crossings: { request: crossingsOf(path.hops), back: crossingsOf(back) },
    walks: { request: walksOf(path.hops, world, options), back: walksOf(back, world, options) },
    copies: { request: copiesOf(path.hops, world), back: copiesOf(back, world) },
  };
}

/** Every port of a bridge that floods, and the other end of its cable, where the frame is for nobody. */
function copiesOf(hops: readonly Hop[], world: World): Set<string> {
  const copies = new Set<string>();
  for (const hop of hops) {
    const netns = world.netns.get(idOf(hop));
    for (const step of hop.steps) {
      if (step.type !== 'bridge' || step.decision !== 'flood' || netns === undefined) continue;
      for (const link of netns.links.values()) {
        if (link.port?.bridge !== step.bridge) continue;
        copies.add(seenAt({ netns: netns.id, device: link.name, direction: 'out' }));
        if (link.kind !== 'veth') continue;
        copies.add(seenAt({ netns: link.peer.netns, device: link.peer.name, direction: 'in' }));
      }
    }
  }
  return copies;
}

function idOf(hop: Hop): string {
  return `${hop.kind}/${hop.place}`;
}

/**
 * A hop is a stay at one device; where the next hop is in the same place, the packet was handed on inside the kernel
 * and meets the next device once: up from a bridge's port or out of a tunnel it comes in there, from the stack it
 * leaves there. On `lo` it does both, of which a capture shows the coming in.
 */
function crossingsOf(hops: readonly Hop[]): Crossing[] {
  const out: Crossing[] = [];
  hops.forEach((hop, i) => {
    const netns = idOf(hop);
    const [first] = hop.steps;
    if (hop.in !== null && first?.type === 'receive') {
      const at = { netns, device: hop.in, addresses: addressesOf(first.packet) };
      out.push({ ...at, direction: first.from === 'stack' ? 'out' : 'in' });
    }
    const next = hops[i + 1];
    const inside = next !== undefined && idOf(next) === netns && next.in === hop.out;
    if (hop.out !== null && !inside) out.push({ netns, device: hop.out, direction: 'out' });
    const end = hop.steps.at(-1);
    if (end?.type === 'drop' && end.device !== undefined) {
      out.push({ netns, device: end.device, direction: 'out' });
    }
  });
  return out;
}

function addressesOf({ src, dst, sport, dport, ttl }: PacketView): Addresses {
  return {
    src,
    dst,
    ...(sport === undefined ? {} : { sport }),
    ...(dport === undefined ? {} : { dport }),
    ttl,
  };
}

function walksOf(hops: readonly Hop[], world: World, options: ExpectedOptions): TableWalk[] {
  return hops.flatMap((hop) => {
    const netns = world.netns.get(idOf(hop));
    return hop.steps.flatMap((step) => walkOf(step, idOf(hop), netns, options));
  });
}

function walkOf(
  step: Step,
  netns: string,
  state: Netns | undefined,
  { untracedReturns = false }: ExpectedOptions,
): TableWalk[] {
  if (step.type !== 'netfilter' || state === undefined) return [];
  const { hook, table, rules, verdict, policy } = step;
  return [
    {
      netns,
      hook,
      table,
      rules: (untracedReturns ? rules.filter((rule) => !returns(state, table, rule)) : rules).map(
        ({ chain, number }) => `${chain}:${number}`,
      ),
      verdict: verdict === 'ACCEPT' ? 'accept' : 'drop',
      policy,
    },
  ];
}

function returns(
  netns: Netns,
  table: string,
  { chain, number }: { readonly chain: string; readonly number: number },
): boolean {
  const rule = rulesetOf(netns, 4)
    .tables.get(table as TableName)
    ?.chains.get(chain)?.rules[number - 1];
  return rule?.target.kind === 'RETURN';
}

function randomPortsOf(hops: readonly Hop[]): Set<number> {
  const ports = new Set<number>();
  for (const { steps } of hops) {
    for (const step of steps) {
      if (step.type === 'encapsulate' || step.type === 'decapsulate') ports.add(step.sport);
      if (step.type !== 'nat' || step.manip !== 'SNAT') continue;
      const { before, after } = step;
      if (after.port !== undefined && after.port !== before.port) ports.add(after.port);
    }
  }
  return ports;
}

function outcomeOf(path: Path): Outcome {
  const { verdict, errno, endpoint, observedSource, replySource } = path;
  if (verdict === 'delivered') {
    const who =
      endpoint?.pod !== undefined
        ? `${endpoint.namespace}/${endpoint.pod}`
        : endpoint?.node !== undefined
          ? `node/${endpoint.node}`
          : `host/${endpoint?.host}`;
    return {
      kind: 'answer',
      who,
      ...(observedSource === undefined ? {} : { sees: observedSource.ip }),
      ...(observedSource?.port === undefined ? {} : { port: observedSource.port }),
      ...(replySource === undefined ? {} : { from: replySource.ip }),
    };
  }
  return errno === undefined ? { kind: 'silence' } : { kind: 'errno', errno };
}

export const LEGS: readonly Leg[] = ['request', 'back'];
