import type { Netns, World } from '../../kernel/index.ts';
import type { Hop, PacketView, Path, Step } from '../../trace/index.ts';
import type { Addresses, Crossing, Leg, Outcome, TableWalk, Ways } from './way.ts';

/** What the kernel must show if a path of a trace is right. */
export interface Expected extends Ways {
  readonly outcome: Outcome;
  /** Ports that were drawn at random: the kernel draws others. */
  readonly randomPorts: ReadonlySet<number>;
}

export function expectedOf(path: Path, world: World): Expected {
  const back = path.reply?.hops ?? path.returned?.hops ?? [];
  return {
    outcome: outcomeOf(path),
    randomPorts: randomPortsOf([...path.hops, ...back]),
    crossings: { request: crossingsOf(path.hops), back: crossingsOf(back) },
    walks: { request: walksOf(path.hops, world), back: walksOf(back, world) },
  };
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

function walksOf(hops: readonly Hop[], world: World): TableWalk[] {
  return hops.flatMap((hop) => {
    const netns = world.netns.get(idOf(hop));
    return hop.steps.flatMap((step) => walkOf(step, idOf(hop), netns));
  });
}

function walkOf(step: Step, netns: string, state: Netns | undefined): TableWalk[] {
  if (step.type !== 'netfilter' || state === undefined) return [];
  const { hook, table, rules, verdict, policy } = step;
  return [
    {
      netns,
      hook,
      table,
      rules: rules.map(({ chain, number }) => `${chain}:${number}`),
      verdict: verdict === 'ACCEPT' ? 'accept' : 'drop',
      policy,
    },
  ];
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
