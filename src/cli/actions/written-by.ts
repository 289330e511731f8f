import type { Link, Neighbour, Netns, Origin, Program } from '../../kernel/index.ts';

/** The share of a namespace's state that one program wrote, as a namespace to print; rules are built apart. */
export function writtenBy(netns: Netns, program: Program): Netns {
  const its = ({ origin }: { readonly origin: Origin }): boolean => origin.program === program;
  const links = new Map<string, Link>();
  for (const [name, link] of netns.links) {
    const addresses = link.addresses.filter(its);
    if (its(link) || addresses.length > 0) links.set(name, { ...withFdb(link, its), addresses });
  }
  const neighbours = new Map<string, Map<Neighbour['ip'], Neighbour>>();
  for (const [device, known] of netns.neighbours)
    neighbours.set(device, new Map([...known].filter(([, neighbour]) => its(neighbour))));
  return {
    ...netns,
    links,
    neighbours,
    routes: netns.routes.filter(its),
    rules: netns.rules.filter(its),
    sets: new Map([...netns.sets].filter(([, set]) => its(set))),
    ipvs: new Map([...netns.ipvs].filter(([, service]) => its(service))),
    sysctls: new Map([...netns.sysctls].filter(([, setting]) => its(setting))),
  };
}

function withFdb(link: Link, its: (entry: { readonly origin: Origin }) => boolean): Link {
  switch (link.kind) {
    case 'bridge':
      return { ...link, fdb: new Map([...link.fdb].filter(([, entry]) => its(entry))) };
    case 'vxlan':
      return { ...link, fdb: new Map([...link.fdb].filter(([, entry]) => its(entry))) };
    case 'loopback':
    case 'veth':
    case 'dummy':
    case 'tun':
      return link;
  }
}
