import type { Link, Netns, NetnsKind, World } from '../../kernel/index.ts';
import { addNetns, createWorld } from '../../kernel/index.ts';
import type { Cluster } from '../cluster.ts';
import { settleState } from '../settle-state.ts';
import { compareRules, type SeenRules } from './diff-rules.ts';
import { type LineChange, setChanges } from './line-changes.ts';
import { linesOf, TEXTS, type TextName } from './netns-texts.ts';
import { sameValue } from './same-value.ts';

/** What changed in one text about a place: a table's chain of iptables, the routes, ... */
export interface TextChanges {
  /** The command that prints such lines: `ip route`, `iptables-save`, `ip6tables-save`, `ss -ln`. */
  readonly command: TextName | 'iptables-save' | 'ip6tables-save';
  /** Of rules. */
  readonly table?: string;
  readonly chain?: string;
  readonly lines: readonly LineChange[];
}

/** A node, pod, router or host whose state differs. */
export interface PlaceChanges {
  readonly kind: Exclude<NetnsKind, 'switch'>;
  /** `node1`, `default/web-0`. */
  readonly name: string;
  /** Whether the place itself is new or gone; undefined: it is on both sides. */
  readonly change?: 'added' | 'removed';
  readonly texts: readonly TextChanges[];
}

const ORDER = ['node', 'pod', 'router', 'host'] as const;

/**
 * What differs between the states of two clusters: for each node, pod, router and outside host the lines that real
 * tools would print on one side only, rules by table and chain and in their order. What follows from a line that is
 * there (the local route of an address, the multicast groups of a device) is not told again. Nodes come first, each
 * kind in the order of the first cluster and then of the second.
 */
export function diffStates(before: Cluster, after: Cluster): PlaceChanges[] {
  // The same objects make the same state; nothing has to be worked out.
  if (sameValue(before.objects, after.objects) && sameValue(before.breaks, after.breaks)) return [];
  const ids = new Set([...before.world.netns.keys(), ...after.world.netns.keys()]);
  const seen: SeenRules = new WeakMap();
  const places = [...ids].flatMap((id) => {
    const place = comparePlace(seen, before.world, after.world, id);
    return place === undefined ? [] : [place];
  });
  return ORDER.flatMap((kind) => places.filter((place) => place.kind === kind));
}

function comparePlace(seen: SeenRules, a: World, b: World, id: string): PlaceChanges | undefined {
  const [before, after] = [a.netns.get(id), b.netns.get(id)];
  const shown = after ?? before;
  if (shown === undefined || shown.kind === 'switch') return undefined;
  for (const netns of [before, after]) if (netns !== undefined) settleState(netns);
  const bare = pristine(shown);
  const texts: TextChanges[] = [
    ...compareTexts(
      before ?? bare,
      before === undefined ? bare.world : a,
      after ?? bare,
      after === undefined ? bare.world : b,
    ),
    ...compareRules(seen, before, after).map(
      ({ family, table, chain, lines }): TextChanges => ({
        command: family === 4 ? 'iptables-save' : 'ip6tables-save',
        table,
        chain,
        lines,
      }),
    ),
  ];
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : undefined;
  if (texts.length === 0 && change === undefined) return undefined;
  return {
    kind: shown.kind,
    name: shown.label,
    ...(change === undefined ? {} : { change }),
    texts,
  };
}

/** A namespace as it is made, with which a new or a gone one is compared. */
function pristine({ id, kind, label, name }: Netns): Netns & { readonly world: World } {
  const world = createWorld();
  return Object.assign(addNetns(world, { id, kind, label, name }), { world });
}

function compareTexts(before: Netns, a: World, after: Netns, b: World): TextChanges[] {
  if (sameValue(stateOf(before, a), stateOf(after, b))) return [];
  const texts = TEXTS.map(
    (command): TextChanges => ({
      command,
      lines: setChanges(linesOf(command, before, a), linesOf(command, after, b)),
    }),
  );
  return withoutConsequences(texts, before, after).filter(({ lines }) => lines.length > 0);
}

/** Everything that the texts are made from; of a cable also whether its other end is up. */
function stateOf(netns: Netns, world: World): unknown {
  const peers = [...netns.links.values()].map((link) => peerState(link, world));
  const { links, routes, rules, neighbours, proxyNeighbours, sysctls, sockets, sets, ipvs, ipvsTimeouts } =
    netns;
  return {
    links,
    routes,
    rules,
    neighbours,
    proxyNeighbours,
    sysctls,
    sockets,
    sets,
    ipvs,
    ipvsTimeouts,
    peers,
  };
}

function peerState(link: Link, world: World): unknown {
  if (link.kind !== 'veth') return undefined;
  const place = world.netns.get(link.peer.netns);
  return [place?.name, place?.links.get(link.peer.name)?.up];
}

/**
 * Without routes of table local that come and go with an address, and without what `bridge link` says of ports that
 * come and go with their device.
 */
function withoutConsequences(texts: readonly TextChanges[], before: Netns, after: Netns): TextChanges[] {
  const addresses = new Set(
    texts
      .filter(({ command }) => command === 'ip addr')
      .flatMap(({ lines }) => lines.map(({ text }) => /^inet6? ([^/\s]+)/.exec(text)?.[1] ?? '')),
  );
  return texts.map((text) => ({
    ...text,
    lines: text.lines.filter((line) => {
      if (text.command === 'bridge link') {
        const device = line.text.slice(0, line.text.indexOf(':'));
        return before.links.has(device) && after.links.has(device);
      }
      if (text.command !== 'ip route' || !line.text.includes(' table local ')) return true;
      const words = line.text.split(/\s+/);
      return !words.some((word) => addresses.has(word));
    }),
  }));
}
