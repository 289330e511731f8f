import { type Ip, parseIp } from '../../src/addr/index.ts';
import type { PolicyEnd } from '../../src/intent/index.ts';
import { type ClusterObjects, isFinished, type Pod } from '../../src/k8s/index.ts';
import type { Hop, PacketView, Path } from '../../src/trace/index.ts';

/** A connection as the chain of one pod meets it. */
export interface Leg {
  readonly from: PolicyEnd;
  readonly to: PolicyEnd;
  readonly port: number;
}

/** Where on a way policies are asked: at the node of the pod that sends, and at that of the pod that receives. */
export interface Legs {
  readonly egress?: Leg;
  readonly ingress?: Leg;
  /** The pod reached itself without leaving its own namespace. */
  readonly within: boolean;
}

/** Reads off a walk that nobody stopped what each of the two chains would have met. */
export function legsOf(objects: ClusterObjects, { hops }: Path): Legs {
  const endOf = endFinder(objects);
  const [first, last] = [hops[0], hops.at(-1)];
  if (first === undefined || last === undefined) return { within: true };
  const sender = first.kind === 'pod' ? podAt(objects, first.place) : undefined;
  const receiver = last.kind === 'pod' ? podAt(objects, last.place) : undefined;
  if (hops.every((hop) => hop.place === first.place)) return { within: true };
  return {
    within: false,
    ...(sender === undefined ? {} : { egress: egressLeg(sender, hops, endOf) }),
    ...(receiver === undefined ? {} : { ingress: ingressLeg(objects, receiver, hops, endOf) }),
  };
}

type EndFinder = (address: string) => PolicyEnd;

function endFinder({ pods }: ClusterObjects): EndFinder {
  const byIp = new Map<Ip, Pod>();
  for (const pod of pods) {
    if (!pod.hostNetwork && !isFinished(pod)) for (const ip of pod.podIPs) byIp.set(ip, pod);
  }
  return (address) => {
    const ip = parseIp(address) ?? 0;
    const pod = byIp.get(ip);
    return pod === undefined ? { kind: 'address', ip } : { kind: 'pod', pod };
  };
}

function podAt({ pods }: ClusterObjects, place: string): Pod {
  const pod = pods.find(({ meta }) => `${meta.namespace}/${meta.name}` === place);
  if (pod === undefined) throw new Error(place);
  return pod;
}

/** The packet as a hop took it up. */
function taken({ steps: [first] }: Hop): PacketView {
  if (first?.type !== 'receive' && first?.type !== 'originate') throw new Error('a hop without a packet');
  return first.packet;
}

/** The destination behind the DNAT of the sender's node. */
function egressLeg(sender: Pod, hops: readonly Hop[], endOf: EndFinder): Leg {
  const start = hops.findIndex(({ kind }) => kind === 'node');
  const node = hops[start]?.place;
  const length = hops.slice(start).findIndex(({ place }) => place !== node);
  const own = length < 0 ? hops.slice(start) : hops.slice(start, start + length);
  let { dst, dport = 0 } = taken(hops[start] as Hop);
  for (const step of own.flatMap(({ steps }) => steps)) {
    if (step.type === 'nat' && step.manip === 'DNAT') {
      dst = step.after.ip;
      dport = step.after.port ?? dport;
    }
  }
  return { from: { kind: 'pod', pod: sender }, to: endOf(dst), port: dport };
}

/** The source as it came to the receiver's node: before the masquerading that is done there. */
function ingressLeg(objects: ClusterObjects, receiver: Pod, hops: readonly Hop[], endOf: EndFinder): Leg {
  const before = hops.slice(0, -1);
  const away = before.findLastIndex(({ place }) => place !== before.at(-1)?.place);
  const own = before.slice(away + 1);
  const unpacked = own.findLastIndex(({ steps }) => steps.some(({ type }) => type === 'decapsulate'));
  const entered = own[unpacked + 1];
  if (entered === undefined) throw new Error(`${receiver.meta.name} is reached from nowhere`);
  const port = taken(hops.at(-1) as Hop).dport ?? 0;
  const to: PolicyEnd = { kind: 'pod', pod: receiver };
  if (entered.steps[0]?.type === 'originate') {
    // The node itself, whatever address it took.
    const node = objects.nodes.find(({ meta }) => meta.name === entered.place);
    return { from: { kind: 'address', ip: node?.internalIPs[0] ?? 0 }, to, port };
  }
  return { from: endOf(taken(entered).src), to, port };
}
