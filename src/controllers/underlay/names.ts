import { stableHex } from '../../addr/index.ts';

const MAX_NAME = 15;

/** A device name `PREFIX-OWNER`; owners that do not fit IFNAMSIZ are replaced by a digest. */
export function deviceName(prefix: string, owner: string): string {
  const name = `${prefix}${owner}`;
  // A device name has no slash, no blank and is no dot.
  if (name.length <= MAX_NAME && /^[\w.-]+$/.test(name)) return name;
  return `${prefix}${stableHex(owner, MAX_NAME - prefix.length)}`;
}

export const switchId = (lan: string): string => `switch/${lan}`;
export const routerId = (router: string): string => `router/${router}`;
export const hostId = (host: string): string => `host/${host}`;
export const nodeId = (node: string): string => `node/${node}`;
