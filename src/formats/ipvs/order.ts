import type { Ip } from '../../addr/index.ts';
import { PROTOCOL, type VirtualServerName } from '../../kernel/index.ts';

/**
 * The order in which ipvsadm 1.31 lists (ipvs_cmp_services, ipvs_cmp_dests): IPv4 first, then by protocol, address and
 * port. Addresses are subtracted as 32-bit numbers, so that 192.168.0.1 stands before 10.0.0.1, and of three addresses
 * each may stand before the next one in a circle: then the order also depends on how the C library sorts.
 */
function compareIp(a: Ip, b: Ip): number {
  if (typeof a === 'number' || typeof b === 'number') return (Number(a) - Number(b)) | 0;
  for (let shift = 96n; shift >= 0n; shift -= 32n) {
    const difference = Number(((a >> shift) & 0xffffffffn) - ((b >> shift) & 0xffffffffn)) | 0;
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareFamily(a: Ip, b: Ip): number {
  return Number(typeof a !== 'number') - Number(typeof b !== 'number');
}

export function compareServices(a: VirtualServerName, b: VirtualServerName): number {
  return (
    compareFamily(a.ip, b.ip) ||
    PROTOCOL[a.protocol] - PROTOCOL[b.protocol] ||
    compareIp(a.ip, b.ip) ||
    a.port - b.port
  );
}

interface Place {
  readonly ip: Ip;
  readonly port: number;
}

export function compareServers(a: Place, b: Place): number {
  return compareFamily(a.ip, b.ip) || compareIp(a.ip, b.ip) || a.port - b.port;
}

/** qsort() of glibc 2.36: a merge sort that halves downwards. */
export function mergeSort<T>(items: readonly T[], compare: (a: T, b: T) => number): T[] {
  if (items.length < 2) return [...items];
  const half = items.length >> 1;
  const left = mergeSort(items.slice(0, half), compare);
  const right = mergeSort(items.slice(half), compare);
  const out: T[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i] as T, right[j] as T];
    if (compare(a, b) <= 0) {
      out.push(a);
      i++;
    } else {
      out.push(b);
      j++;
    }
  }
  return out.concat(left.slice(i), right.slice(j));
}
