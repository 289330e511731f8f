import type { RealServer, VirtualServer } from './model.ts';

const lists = new WeakMap<VirtualServer, readonly RealServer[]>();

/** The real servers as the kernel's list has them: the newest first (ip_vs_add_dest puts it at the head). */
export function listOrder(service: VirtualServer): readonly RealServer[] {
  let list = lists.get(service);
  if (list === undefined) {
    list = service.realServers.toReversed();
    lists.set(service, list);
  }
  return list;
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
