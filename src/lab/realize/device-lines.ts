import { formatIp, formatMac } from '../../addr/index.ts';
import type { Bridge, Link, Netns, Veth, World } from '../../kernel/index.ts';
import type { Line } from './shell.ts';

/**
 * Devices as `ip -batch` makes them, with the indexes, addresses and MTUs of the state. A veth pair is made once, in
 * the namespace that comes first; a tunnel after the device below it.
 */
export function creationLines(netns: Netns, world: World, made: Set<Link>): Line[] {
  const lines: Line[] = [];
  for (const link of [...netns.links.values()].sort((a, b) => rank(a) - rank(b))) {
    if (link.kind === 'loopback' || made.has(link)) continue;
    made.add(link);
    const line = creationLine(link, netns, world, made);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

/** What others need comes first. */
function rank(link: Link): number {
  return link.kind === 'vxlan' ? 1 : 0;
}

function creationLine(link: Link, netns: Netns, world: World, made: Set<Link>): Line | undefined {
  const queue = link.txQueueLength === 1000 ? '' : ` txqueuelen ${link.txQueueLength}`;
  const head = `link add ${link.name} index ${link.index} address ${formatMac(link.mac)} mtu ${mtuAtFirst(link, netns)}${queue}`;
  switch (link.kind) {
    case 'loopback':
      return undefined;
    case 'bridge':
      return `${head} type bridge${link.nfCallIptables ? ' nf_call_iptables 1' : ''}`;
    case 'dummy':
      return `${head} type dummy`;
    case 'tun':
      return `tuntap add dev ${link.name} mode tun`;
    case 'vxlan': {
      const learning = link.learning ? '' : ' nolearning';
      return `${head} type vxlan id ${link.vni} dev ${link.device} local ${formatIp(link.local)} dstport ${link.dstPort}${learning}`;
    }
    case 'veth':
      return pairLine(`${head} type veth`, link, netns, world, made);
  }
}

function pairLine(head: string, link: Veth, netns: Netns, world: World, made: Set<Link>): Line {
  const there = world.netns.get(link.peer.netns);
  const peer = there?.links.get(link.peer.name);
  if (there === undefined || peer === undefined) {
    throw new Error(`the other end of ${link.name} of ${netns.label} does not exist`);
  }
  made.add(peer);
  const text = `${head} peer name ${peer.name} index ${peer.index} address ${formatMac(peer.mac)} mtu ${mtuAtFirst(peer, there)}`;
  return there === netns ? text : { text: `${text} netns `, namespace: there.name };
}

/**
 * MTUs that a device has since it was made: of one that has become too small for the tunnel above it, which would have
 * been made smaller too (vxlan_config_apply), and of a bridge that no longer follows its ports (br_mtu_auto_adjust).
 */
export function mtuLines(netns: Netns): string[] {
  return [...netns.links.values()]
    .filter(
      (link) =>
        link.mtu !== mtuAtFirst(link, netns) || (link.kind === 'bridge' && link.mtuSetByUser === true),
    )
    .map(({ name, mtu }) => `link set ${name} mtu ${mtu}`);
}

/** Large enough for the tunnels above, with the headers of IPv6. */
function mtuAtFirst(link: Link, netns: Netns): number {
  let mtu = link.mtu;
  for (const above of netns.links.values()) {
    if (above.kind !== 'vxlan' || above.device !== link.name) continue;
    mtu = Math.max(mtu, above.mtu + (typeof above.local === 'bigint' ? 70 : 50));
  }
  return mtu;
}

/** Ports in the order in which the bridges got them. */
export function portLines(netns: Netns): string[] {
  const bridges = [...netns.links.values()].filter((link): link is Bridge => link.kind === 'bridge');
  return bridges.flatMap((bridge) =>
    bridge.ports.flatMap((name) => {
      const { port } = netns.links.get(name) ?? {};
      const words = [
        port?.hairpin === true ? ' hairpin on' : '',
        port?.learning === false ? ' learning off' : '',
        port?.flood === false ? ' flood off' : '',
      ].join('');
      const line = `link set ${name} master ${bridge.name}`;
      return words === '' ? [line] : [line, `link set ${name} type bridge_slave${words}`];
    }),
  );
}

/** A device that has been up and is down comes up too: what the kernel says of it and its peer depends on that. */
export function upLines(netns: Netns): string[] {
  return [...netns.links.values()]
    .filter((link) => link.kind !== 'loopback' && (link.up || link.wasUp === true))
    .map(({ name, promisc }) => `link set ${name} up${promisc === true ? ' promisc on' : ''}`);
}

/** Devices that were taken down, and `lo` that the script sets up with its namespace. */
export function downLines(netns: Netns): string[] {
  return [...netns.links.values()]
    .filter((link) => !link.up && (link.kind === 'loopback' || link.wasUp === true))
    .map(({ name }) => `link set ${name} down`);
}
