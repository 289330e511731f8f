import { formatIp, formatMac } from '../addr/index.ts';
import type { KernelEvent, Link, Netns, SeenFrame, Visit, World } from '../kernel/index.ts';
import { emitFrames } from '../wire/index.ts';
import type { Judgement } from './judge.ts';
import type { Capture, CapturedDevice, CapturedFrame } from './model.ts';

/** What is known of the way of a packet: its hops, in order. */
interface Leg {
  readonly name: NonNullable<CapturedFrame['leg']>;
  readonly way: readonly Visit[];
}

/**
 * The frames that a run showed, on the devices that its path crosses; those of the path itself say at which hop. Copies
 * of flooded frames on other devices are left out.
 */
export function captureOf(world: World, seen: readonly SeenFrame[], judgement: Judgement): Capture {
  const { request, back, verdict } = judgement;
  const legs: Leg[] = [{ name: 'request', way: request }];
  if (back !== undefined) legs.push({ name: verdict === 'delivered' ? 'reply' : 'returned', way: back });
  const crossed = new Set<string>();
  for (const { way } of legs) {
    for (const { netns, in: by, out } of way) crossed.add(keyOf(netns.id, by)).add(keyOf(netns.id, out));
  }
  const places = placesOf(legs);
  const devices = new Map<string, number>();
  const views: CapturedDevice[] = [];
  const frames: CapturedFrame[] = [];
  for (const one of seen) {
    const { link, direction } = one;
    const key = keyOf(link.netns, link.name);
    const netns = world.netns.get(link.netns);
    if (!crossed.has(key) || netns === undefined) continue;
    let device = devices.get(key);
    if (device === undefined) {
      device = views.length;
      devices.set(key, device);
      views.push(deviceView(netns, link));
    }
    const place = placeOf(places, one);
    const frame = { src: one.source, dst: one.destination, payload: one.payload };
    for (const bytes of emitFrames(frame, one.cut)) {
      frames.push({ device, direction, ...place, bytes: hex(bytes) });
    }
  }
  return { devices: views, frames };
}

function keyOf(netns: string, device: string | undefined): string {
  return `${netns} ${device ?? ''}`;
}

interface Place {
  readonly leg: Leg['name'];
  readonly hop: number;
  readonly visit: Visit;
}

/** Each hop by its first event: flooding copies visits, but the events before it are the same. */
function placesOf(legs: readonly Leg[]): Map<KernelEvent, Place> {
  const places = new Map<KernelEvent, Place>();
  for (const { name, way } of legs) {
    way.forEach((visit, hop) => {
      const [first] = visit.events;
      if (first !== undefined) places.set(first, { leg: name, hop, visit });
    });
  }
  return places;
}

function placeOf(
  places: ReadonlyMap<KernelEvent, Place>,
  { at, link, direction }: SeenFrame,
): Pick<CapturedFrame, 'leg' | 'hop' | 'step'> {
  const first = at?.visit.events[0];
  const place = first === undefined ? undefined : places.get(first);
  if (at === undefined || place === undefined) return {};
  const { leg, hop, visit } = place;
  // The copy of a flooded frame that left by another port.
  const stays = visit.in === link.name;
  if (direction === 'out' && visit.out !== link.name && !stays) return {};
  const step = at.event === undefined ? 0 : visit.events.indexOf(at.event) + 1;
  return { leg, hop, step };
}

function deviceView(netns: Netns, link: Link): CapturedDevice {
  return {
    kind: netns.kind,
    place: netns.label,
    name: link.name,
    type: link.kind,
    mac: formatMac(link.mac),
    mtu: link.mtu,
    addresses: link.addresses.map(({ ip, length }) => `${formatIp(ip)}/${length}`),
    about: aboutOf(link),
  };
}

/** What the device is for: the other end of a veth, the bridge of a port, the tunnel of a VXLAN device. */
function aboutOf(link: Link): string {
  const port = link.port === undefined ? '' : `, port of ${link.port.bridge}`;
  switch (link.kind) {
    case 'veth':
      return `other end ${link.peer.name} in ${link.peer.netns}${port}`;
    case 'vxlan':
      return `VNI ${link.vni} from ${formatIp(link.local)} to UDP port ${link.dstPort} over ${link.device}${port}`;
    case 'bridge':
      return `ports ${link.ports.join(', ')}${port}`;
    case 'loopback':
    case 'dummy':
    case 'tun':
      return '';
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}
