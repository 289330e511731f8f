import {
  type Cidr,
  cidr,
  cidrFamily,
  cidrOf,
  contains,
  containsCidr,
  type Family,
  familyOf,
  type Ip,
  lastIp,
  widthOf,
} from '../addr/index.ts';

/** kubeadm's and flannel's habits, used where the input does not say otherwise. */
export const DEFAULT_POD_NETWORK: Cidr = cidr('10.244.0.0/16');
export const DEFAULT_SERVICE_RANGE: Cidr = cidr('10.96.0.0/12');
export const DEFAULT_SERVICE_RANGE_V6: Cidr = cidr('fd00:10:96::/112');
export const DEFAULT_LAN: Cidr = cidr('192.168.56.0/24');
const LAN_LENGTH = 24;

/** The longest prefix that holds both. */
function join(a: Cidr, b: Cidr): Cidr {
  let length = Math.min(a.length, b.length);
  while (length > 0 && cidrOf(a.base, length).base !== cidrOf(b.base, length).base) length--;
  return cidrOf(a.base, length);
}

/** The longest prefix, of at most `most` bits, that holds all of them; all of one family. */
export function smallestHolding(cidrs: readonly Cidr[], most: number): Cidr | undefined {
  const [first, ...rest] = cidrs;
  if (first === undefined) return undefined;
  const all = rest.reduce(join, first);
  return all.length > most ? cidrOf(all.base, most) : all;
}

/**
 * The pod network where no net-conf.json states it: kube-proxy's clusterCIDR if it holds every podCIDR, else
 * the default if it does, else the smallest network (a /16 at least, /48 for IPv6) that holds them.
 */
export function inferPodNetwork(
  family: Family,
  clusterCIDR: readonly Cidr[],
  podCIDRs: readonly Cidr[],
): Cidr | undefined {
  const own = podCIDRs.filter((one) => cidrFamily(one) === family);
  const candidates = clusterCIDR.filter((one) => cidrFamily(one) === family);
  if (family === 4) candidates.push(DEFAULT_POD_NETWORK);
  const holding = candidates.find((candidate) => own.every((one) => containsCidr(candidate, one)));
  return holding ?? smallestHolding(own, family === 4 ? 16 : 48);
}

/**
 * The Service range of a family, inferred from the clusterIPs: the default if it holds the first of them (or
 * there is none), else the neighbourhood of the first that holds as many as a range may (/12, /108 for IPv6).
 */
export function inferServiceRange(family: Family, clusterIPs: readonly Ip[]): Cidr {
  const own = clusterIPs.filter((ip) => familyOf(ip) === family);
  const fallback = family === 4 ? DEFAULT_SERVICE_RANGE : DEFAULT_SERVICE_RANGE_V6;
  const [first] = own;
  if (first === undefined || own.some((ip) => contains(fallback, ip))) return fallback;
  const [widest, most] = family === 4 ? [12, 16] : [108, 112];
  const neighbours = own.filter((ip) => contains(cidrOf(first, widest), ip));
  return (
    smallestHolding(
      neighbours.map((ip) => cidrOf(ip, widthOf(family))),
      most,
    ) ?? fallback
  );
}

/** A LAN that the nodes' addresses suggest, with its gateway and a place for an outside client. */
export interface InferredLan {
  readonly cidr: Cidr;
  readonly gateway: Ip;
  readonly client: Ip;
}

/**
 * The LANs of nodes whose networks no Topology states: 192.168.56.0/24 if it holds them all, else one per /24 that
 * has nodes. The gateway is the first free address, the client .100 or the next free one.
 */
export function inferLans(internalIPs: readonly Ip[]): InferredLan[] {
  const own = internalIPs.filter((ip) => typeof ip === 'number');
  if (own.every((ip) => contains(DEFAULT_LAN, ip))) return [furnish(DEFAULT_LAN, own)];
  const groups = new Map<Ip, Ip[]>();
  for (const ip of own) {
    const { base } = cidrOf(ip, LAN_LENGTH);
    const group = groups.get(base);
    if (group === undefined) groups.set(base, [ip]);
    else group.push(ip);
  }
  return [...groups].map(([base, group]) => furnish(cidrOf(base, LAN_LENGTH), group));
}

function furnish(lan: Cidr, taken: readonly Ip[]): InferredLan {
  const base = Number(lan.base);
  const last = Number(lastIp(lan));
  const free = (from: number): number => {
    let ip = from;
    while (taken.includes(ip) && ip < last - 1) ip++;
    return ip;
  };
  const gateway = free(base + 1);
  let client = free(base + 100);
  if (client === gateway) client = free(gateway + 1);
  return { cidr: lan, gateway, client };
}
