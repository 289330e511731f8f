import { readFileSync } from 'node:fs';
import { formatIp, formatMac, linkLocalOf, type Mac } from '../../src/addr/index.ts';
import {
  parseIpAddr,
  printBridgeFdb,
  printBridgeLink,
  printIpAddr,
  printIpLink,
  printIpNeigh,
  printIpRoute,
  printIpRule,
} from '../../src/formats/index.ts';
import type { World } from '../../src/kernel/index.ts';

/**
 * The texts of the captured three-node set-up (test/golden/formats/README.md), and the same texts of an emulated
 * world, both brought to a form in which names and numbers that are random or merely counted are gone: a MAC
 * becomes `mac(n1.cni0)`, a veth's name `veth(p1a)`, an interface index disappears.
 */

export type Backend = 'vxlan' | 'host-gw' | 'direct';
export const NODES = ['n1', 'n2', 'n3'] as const;
export const PODS = ['p1a', 'p1b', 'p2a', 'p2b', 'p3a'] as const;

export type TextKind = 'addr' | 'link' | 'route' | 'rule' | 'neigh' | 'fdb' | 'brlink';
/** The texts of one namespace; pods were dumped with `addr`, `route` (main only) and `neigh`. */
export type Texts = { readonly [K in TextKind]?: string };
/** By the key of the namespace: `n1`, `p1a`. */
export type TextsByNetns = ReadonlyMap<string, Texts>;

export function golden(path: string): string {
  return readFileSync(new URL(`../golden/formats/${path}`, import.meta.url), 'utf8');
}

/** Every text that was captured with the backend, as it was printed. */
export function readCaptures(backend: Backend): TextsByNetns {
  const texts = new Map<string, Texts>();
  for (const node of NODES) {
    const read = (kind: TextKind): string => golden(`${backend}/${node}.${kind}`);
    texts.set(node, {
      addr: read('addr'),
      link: read('link'),
      route: read('route'),
      rule: read('rule'),
      neigh: read('neigh'),
      fdb: read('fdb'),
      brlink: read('brlink'),
    });
  }
  for (const pod of PODS) texts.set(pod, splitPodCapture(golden(`${backend}/${pod}.txt`)));
  return texts;
}

/** A pod's capture is three outputs in a row. */
export function splitPodCapture(text: string): Texts {
  const lines = text.split(/(?<=\n)/);
  const addr = lines.filter((line) => /^(\d+:| )/.test(line));
  const neigh = lines.filter((line) => / (lladdr .*|FAILED|INCOMPLETE) $/m.test(line));
  const route = lines.filter((line) => !addr.includes(line) && !neigh.includes(line));
  return { addr: addr.join(''), route: route.join(''), neigh: neigh.join('') };
}

/** The same texts of a world; `ids` gives the id of each key's namespace. */
export function printTexts(world: World, ids: ReadonlyMap<string, string>): TextsByNetns {
  const texts = new Map<string, Texts>();
  for (const [key, id] of ids) {
    const netns = world.netns.get(id);
    if (netns === undefined) throw new Error(`no network namespace ${id}`);
    const addr = printIpAddr(netns, { world });
    const neigh = printIpNeigh(netns);
    if (key.startsWith('p')) texts.set(key, { addr, neigh, route: printIpRoute(netns, { world }) });
    else {
      texts.set(key, {
        addr,
        neigh,
        route: printIpRoute(netns, { world, table: 'all' }),
        link: printIpLink(netns, { world, details: true }),
        rule: printIpRule(netns),
        fdb: printBridgeFdb(netns, { world }),
        brlink: printBridgeLink(netns, { world, details: true }),
      });
    }
  }
  return texts;
}

/**
 * Replaces what is random or counted by what it stands for, leaves out what traffic taught (neighbours that
 * are not permanent, learned FDB entries), and sorts the lines whose order is that of a hash or of a MAC.
 * `keyOf` turns the name of a namespace into its key.
 */
export function canonicalTexts(texts: TextsByNetns, keyOf: (netnsName: string) => string): TextsByNetns {
  const { macs, names } = rolesOf(texts, keyOf);
  const canonical = new Map<string, Texts>();
  for (const [netns, kinds] of texts) {
    const forms = Object.entries(kinds).map(([kind, text]) => [
      kind,
      ordered(kind as TextKind, rename(text, macs, names.get(netns) ?? new Map(), keyOf)),
    ]);
    canonical.set(netns, Object.fromEntries(forms));
  }
  return canonical;
}

/** Which device of which namespace has each MAC, and which pod each veth of a node leads to. */
function rolesOf(
  texts: TextsByNetns,
  keyOf: (netnsName: string) => string,
): { readonly macs: Map<Mac, string>; readonly names: Map<string, Map<string, string>> } {
  const macs = new Map<Mac, string>();
  const names = new Map<string, Map<string, string>>();
  for (const [netns, { addr = '' }] of texts) {
    const parsed = parseIpAddr(addr);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const veths = new Map<string, string>();
    names.set(netns, veths);
    for (const { header, layer } of parsed.entries) {
      if (layer.type !== 'ether') continue;
      const peer =
        layer.peerNetns !== undefined && 'name' in layer.peerNetns ? keyOf(layer.peerNetns.name) : undefined;
      if (header.name.startsWith('veth') && peer !== undefined) veths.set(header.name, `veth(${peer})`);
      macs.set(layer.mac, `${netns}.${veths.get(header.name) ?? header.name}`);
    }
  }
  return { macs, names };
}

function rename(
  text: string,
  macs: ReadonlyMap<Mac, string>,
  names: ReadonlyMap<string, string>,
  keyOf: (netnsName: string) => string,
): string {
  const words = new Map<string, string>(names);
  for (const [mac, role] of macs) {
    words.set(formatMac(mac), `mac(${role})`);
    words.set(formatIp(linkLocalOf(mac)), `link-local(${role})`);
    words.set(formatMac(0x3333ff000000 + (mac % 0x1000000)), `solicited(${role})`);
    const bytes = formatMac(mac).split(':');
    words.set(`8000.${bytes.map((byte) => byte.replace(/^0/, '')).join(':')}`, `bridge-id(${role})`);
  }
  return text
    .replace(/^\d+: /gm, '')
    .replace(/(?<=@)if\d+/g, 'ifN')
    .replace(/(?<=_timer) +\d+\.\d\d/g, '    0.00')
    .replace(/(?<=link-netns )\S+/g, keyOf)
    .replace(/[^\s@/]+(?=[\s@/])/g, (word) => words.get(word) ?? words.get(word.replace(/:$/, '')) ?? word);
}

function ordered(kind: TextKind, text: string): string {
  const lines = text.split(/(?<=\n)/);
  switch (kind) {
    case 'neigh':
      return lines
        .filter((line) => line.endsWith(' PERMANENT \n'))
        .sort()
        .join('');
    case 'fdb':
      return lines
        .filter((line) => /(permanent|static)$/m.test(line))
        .sort()
        .join('');
    case 'route': {
      const isOwn = (line: string): boolean => line.startsWith('local link-local(');
      const own = lines.filter(isOwn).sort();
      const first = lines.findIndex(isOwn);
      const rest = lines.filter((line) => !isOwn(line));
      return [...rest.slice(0, Math.max(first, 0)), ...own, ...rest.slice(Math.max(first, 0))].join('');
    }
    case 'addr':
    case 'link':
    case 'rule':
    case 'brlink':
      return text;
  }
}
