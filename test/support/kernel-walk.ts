import { formatIp, ip } from '../../src/addr/index.ts';
import { readCommand } from '../../src/formats/index.ts';
import {
  type Asked,
  ask,
  type ClientEvent,
  type KernelEvent,
  newSession,
  type Request,
  type Session,
  seededRandom,
  type Visit,
  type World,
} from '../../src/kernel/index.ts';
import { seenError } from '../../src/trace/errno.ts';
import { must } from './two-node-world.ts';

/** The short names of the namespaces of two-node-world.ts. */
export const PLACES: Readonly<Record<string, string>> = {
  a1: 'pod/default/a1',
  b1: 'pod/default/b1',
  a2: 'pod/default/a2',
  node1: 'node/node1',
  node2: 'node/node2',
  client: 'host/client',
  gateway: 'router/gateway',
  lan: 'switch/lan',
};

export function placeOf(name: string): string {
  const id = PLACES[name];
  if (id === undefined) throw new Error(`no place ${name}`);
  return id;
}

/** Runs commands, each as `node1: ip route del default`. */
export function run(world: World, ...commands: readonly string[]): void {
  for (const command of commands) {
    const [place = '', text = ''] = command.split(/: (.*)/s);
    const netns = world.netns.get(placeOf(place));
    if (netns === undefined) throw new Error(`no namespace for ${place}`);
    const result = readCommand(text, world, netns);
    if (!result.ok) throw new Error(`${command}: ${result.message}`);
    must(world, result.operations);
  }
}

/** A walk, and what the program that asked saw of it. */
export interface Walk {
  readonly asked: Asked;
  readonly session: Session;
  /**
   * `a2 sees 10.244.1.2 ttl 62` (the TTL of a datagram only), `answer from 10.244.2.2` (ping), an errno, `ICMP`
   * (a ping answered by an error), `TIMEOUT`.
   */
  readonly outcome: string;
  /** ICMP errors that reached the client: `3/1 from 10.244.2.0 ttl 63`. */
  readonly icmp: readonly string[];
  /** Why the last packet that ended without an answer did. */
  readonly lost: string | undefined;
  /** Everything that happened to the request, and to the answer, each event behind its place and device. */
  readonly there: readonly Step[];
  readonly back: readonly Step[];
}

export interface Step {
  readonly place: string;
  readonly in: string | undefined;
  readonly event: KernelEvent;
}

/** Asks as `a1 tcp 10.244.2.2:8080 ttl 2 size 1000 df`. */
export function send(world: World, text: string, more: Partial<Request> = {}, session?: Session): Walk {
  const request = { ...requestOf(text), ...more };
  const used = session ?? newSession(world, { chance: () => true }, seededRandom(1));
  const asked = ask(used, request);
  const last =
    used.accepted.at(-1)?.visit ?? used.ends.findLast((e) => rootOf(e.visit) === asked.first)?.visit;
  const answer = asked.client.events.at(-1);
  return {
    asked,
    session: used,
    outcome: outcomeOf(used, asked, request),
    icmp: asked.client.events.flatMap(icmpText),
    lost: used.ends.at(-1)?.reason,
    there: stepsTo(last ?? asked.first),
    back: answer === undefined ? [] : stepsTo(answer.visit),
  };
}

function requestOf(text: string): Request {
  const [from = '', protocol = '', to = '', ...words] = text.split(' ');
  const [dst = '', port = '0'] = to.split(':');
  const number = (name: string): number | undefined => {
    const at = words.indexOf(name);
    return at < 0 ? undefined : Number(words[at + 1]);
  };
  const ttl = number('ttl');
  const size = number('size');
  const df = words.includes('df') ? true : words.includes('no-df') ? false : undefined;
  return {
    netns: placeOf(from),
    protocol: protocol as Request['protocol'],
    dst: ip(dst),
    dport: Number(port),
    ...(ttl === undefined ? {} : { ttl }),
    ...(size === undefined ? {} : { size }),
    ...(df === undefined ? {} : { df }),
  };
}

function outcomeOf(session: Session, { client }: Asked, { protocol }: Request): string {
  for (const event of client.events) {
    switch (event.kind) {
      case 'answer':
        return protocol === 'icmp'
          ? `answer from ${formatIp(event.packet.src)}`
          : serverOf(session, protocol);
      case 'reset':
        return 'ECONNREFUSED';
      case 'errno':
        return event.errno;
      case 'icmp': {
        const seen = protocol === 'icmp' ? { errno: 'ICMP' } : seenError(protocol, event.type, event.code);
        if (seen !== undefined) return seen.errno;
      }
    }
  }
  return 'TIMEOUT';
}

function serverOf(session: Session, protocol: Request['protocol']): string {
  const accepted = session.accepted.at(-1);
  if (accepted === undefined) return 'answered by nobody';
  const owner = accepted.socket?.owner;
  const name = owner !== undefined && 'name' in owner ? owner.name : accepted.netns.label;
  const ttl = protocol === 'udp' ? ` ttl ${ttlAt(accepted.visit)}` : '';
  return `${name} sees ${formatIp(accepted.packet.src)}${ttl}`;
}

function icmpText(event: ClientEvent): string[] {
  if (event.kind !== 'icmp') return [];
  const mtu = event.type === 3 && event.code === 4 ? ` mtu ${event.mtu}` : '';
  return [`${event.type}/${event.code}${mtu} from ${formatIp(event.from)} ttl ${ttlAt(event.visit)}`];
}

/** The TTL with which a packet came in (or was made). */
function ttlAt(visit: Visit): number {
  const [first] = visit.events;
  return first?.type === 'receive' || first?.type === 'originate' ? first.packet.ttl : 0;
}

function rootOf(visit: Visit): Visit {
  let root = visit;
  while (root.before !== undefined) root = root.before;
  return root;
}

function stepsTo(last: Visit): Step[] {
  const visits: Visit[] = [];
  for (let at: Visit | undefined = last; at !== undefined; at = at.before) visits.unshift(at);
  return visits.flatMap((v) => v.events.map((event) => ({ place: v.netns.label, in: v.in, event })));
}

/** `node1 nat PREROUTING`, in the order in which the packet met them. */
export function hooksOf(steps: readonly Step[]): string[] {
  return steps.flatMap(({ place, event }) =>
    event.type === 'netfilter' ? [`${place} ${event.table} ${event.hook}`] : [],
  );
}

/** `node1 DNAT 10.96.0.1:80 -> 10.244.1.2:8080`. */
export function natOf(steps: readonly Step[]): string[] {
  return steps.flatMap(({ place, event }) => {
    if (event.type !== 'nat') return [];
    const at = ({ ip, port }: { ip: number | bigint; port?: number }): string =>
      `${formatIp(ip)}${port === undefined ? '' : `:${port}`}`;
    return [`${place} ${event.manip} ${at(event.before)} -> ${at(event.after)}`];
  });
}

/** The codes of the notes on a way. */
export function notesOf(steps: readonly Step[]): string[] {
  return steps.flatMap(({ event }) => (event.type === 'note' ? [event.code] : []));
}
