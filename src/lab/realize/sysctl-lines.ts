import { type Netns, sysctls } from '../../kernel/index.ts';

/**
 * The settings of a namespace as `sysctl -p -` reads them. A new namespace takes some of its values from the machine
 * (devinet_init_net), so the kernel's defaults that a packet meets are written too, not only what a program set.
 */
export interface SysctlLines {
  /** Before any device exists: devices copy `conf.default` when they are made. */
  readonly before: readonly string[];
  /** Of single devices. */
  readonly after: readonly string[];
}

/** What is the same in every namespace unless a program says otherwise; the script writes it once. */
export function commonSysctls(netns: Iterable<Netns>): ReadonlyMap<string, string> {
  const common = new Map<string, string>();
  for (const one of netns) {
    for (const { key, value } of sysctls(one)) if (!one.sysctls.has(key)) common.set(key, value);
  }
  // No IPv6 address waits for others to object: the state that is built is the one after.
  common.set('net.ipv6.conf.all.accept_dad', '0');
  common.set('net.ipv6.conf.default.accept_dad', '0');
  return common;
}

export function sysctlLines(netns: Netns): SysctlLines {
  const before: string[] = [];
  const after: string[] = [];
  for (const [key, { value }] of netns.sysctls) {
    const line = `${sysctlPath(key)} = ${value}`;
    const device = deviceOf(key);
    if (device === undefined || device === 'all' || device === 'default') before.push(line);
    else if (netns.links.has(device)) after.push(line);
  }
  return { before, after };
}

const PER_DEVICE = /^(net\.ipv[46]\.(?:conf|neigh))\.(.+)\.([^.]+)$/;

function deviceOf(key: string): string | undefined {
  return PER_DEVICE.exec(key)?.[2];
}

/** With slashes a device's name keeps its dots (sysctl(8)). */
export function sysctlPath(key: string): string {
  const match = PER_DEVICE.exec(key);
  if (match === null) return key;
  const [, head = '', device = '', leaf = ''] = match;
  return `${head.replaceAll('.', '/')}/${device}/${leaf}`;
}
