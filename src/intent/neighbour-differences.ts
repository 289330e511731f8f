import { formatIp, formatMac, type Ip, type Mac } from '../addr/index.ts';
import type { BridgeFdbEntry, Link, Neighbour, Operation, VxlanFdbEntry } from '../kernel/index.ts';
import { type Difference, type Sides, USER } from './difference.ts';

/** Every neighbour that is kept as state: those that ARP finds are learnt by each walk. */
function neighboursOf(netns: Sides['is']): Map<string, Neighbour> {
  const all = new Map<string, Neighbour>();
  for (const [device, table] of netns.neighbours)
    for (const [ip, neighbour] of table) all.set(`${device} ${formatIp(ip)}`, neighbour);
  return all;
}

export function setNeighbour(netns: string, { device, ip, mac, state }: Neighbour): Operation[] {
  return mac === undefined ? [] : [{ op: 'neighbour-replace', netns, device, ip, mac, state, origin: USER }];
}

export function neighbourDifferences({ is, should }: Sides, restored: ReadonlySet<Neighbour>): Difference[] {
  const now = neighboursOf(is);
  const then = neighboursOf(should);
  const found: Difference[] = [];
  for (const [key, neighbour] of then) {
    const other = now.get(key);
    const same = other?.mac === neighbour.mac && other?.state === neighbour.state;
    if (same || restored.has(neighbour)) continue;
    const name = `neighbour ${formatIp(neighbour.ip)} dev ${neighbour.device}`;
    found.push({
      place: is.label,
      what:
        other === undefined
          ? `${name} is missing`
          : `${name} is ${macText(other.mac)} ${other.state}, not ${macText(neighbour.mac)} ${neighbour.state}`,
      origin: neighbour.origin,
      operations: setNeighbour(is.id, neighbour),
    });
  }
  for (const [key, { ip, device, mac }] of now) {
    if (then.has(key)) continue;
    found.push({
      place: is.label,
      what: `neighbour ${formatIp(ip)} dev ${device} (${macText(mac)}) was added by hand`,
      operations: [{ op: 'neighbour-delete', netns: is.id, device, ip }],
    });
  }
  return found;
}

function macText(mac: Mac | undefined): string {
  return mac === undefined ? 'without address' : formatMac(mac);
}

/** The forwarding databases of VXLAN devices and bridges. */
export function fdbDifferences(sides: Sides): Difference[] {
  const found: Difference[] = [];
  for (const link of sides.should.links.values()) {
    const now = sides.is.links.get(link.name);
    if (link.kind === 'vxlan' && now?.kind === 'vxlan')
      found.push(...vxlanFdb(sides, link.name, now.fdb, link.fdb));
    if (link.kind === 'bridge' && now?.kind === 'bridge')
      found.push(...bridgeFdb(sides, [link, ...sides.should.links.values()], now.fdb, link.fdb));
  }
  return found;
}

export function setVxlanFdb(netns: string, device: string, { mac, dst }: VxlanFdbEntry): Operation {
  return { op: 'fdb-replace', netns, device, mac, dst, origin: USER };
}

function vxlanFdb(
  { is }: Sides,
  device: string,
  now: ReadonlyMap<Mac, VxlanFdbEntry>,
  then: ReadonlyMap<Mac, VxlanFdbEntry>,
): Difference[] {
  const found: Difference[] = [];
  const to = (dst: Ip): string => `leads to ${formatIp(dst)}`;
  for (const [mac, entry] of then) {
    const other = now.get(mac);
    if (other?.dst === entry.dst) continue;
    const name = `FDB entry ${formatMac(mac)} dev ${device}`;
    found.push({
      place: is.label,
      what:
        other === undefined
          ? `${name} is missing`
          : `${name} ${to(other.dst)}, not to ${formatIp(entry.dst)}`,
      origin: entry.origin,
      operations: [setVxlanFdb(is.id, device, entry)],
    });
  }
  for (const [mac, { dst }] of now) {
    if (then.has(mac)) continue;
    found.push({
      place: is.label,
      what: `FDB entry ${formatMac(mac)} dev ${device}, which ${to(dst)}, was added by hand`,
      operations: [{ op: 'fdb-delete', netns: is.id, device, mac }],
    });
  }
  return found;
}

/** Entries of a bridge beyond the addresses of its own devices, which follow from the links. */
function bridgeFdb(
  { is }: Sides,
  links: readonly Link[],
  now: ReadonlyMap<Mac, BridgeFdbEntry>,
  then: ReadonlyMap<Mac, BridgeFdbEntry>,
): Difference[] {
  const own = new Set(links.map((link) => link.mac));
  const found: Difference[] = [];
  for (const [mac, entry] of now) {
    const other = then.get(mac);
    if (other?.device === entry.device && other.state === entry.state) continue;
    const name = `FDB entry ${formatMac(mac)} dev ${entry.device} ${entry.state}`;
    if (other === undefined)
      found.push({
        place: is.label,
        what: `${name} was added by hand`,
        operations: [{ op: 'bridge-fdb-delete', netns: is.id, port: entry.device, mac }],
      });
    else if (other.state !== 'learned')
      found.push({
        place: is.label,
        what: `${name} is there instead of dev ${other.device} ${other.state}`,
        origin: other.origin,
        operations: [
          {
            op: 'bridge-fdb-replace',
            netns: is.id,
            port: other.device,
            mac,
            state: other.state,
            origin: USER,
          },
        ],
      });
  }
  for (const [mac, entry] of then) {
    if (now.has(mac) || entry.state === 'learned' || (own.has(mac) && !is.links.has(entry.device))) continue;
    found.push({
      place: is.label,
      what: `FDB entry ${formatMac(mac)} dev ${entry.device} ${entry.state} is missing`,
      origin: entry.origin,
      operations: [
        { op: 'bridge-fdb-add', netns: is.id, port: entry.device, mac, state: entry.state, origin: USER },
      ],
    });
  }
  return found;
}
