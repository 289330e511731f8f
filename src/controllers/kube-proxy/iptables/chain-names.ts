import { createHash } from 'node:crypto';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first 16 letters of base32(sha256(text)): 80 bits, two letters from each 10 bits (portProtoHash). */
export function hash16(text: string): string {
  const bytes = createHash('sha256').update(text).digest();
  let out = '';
  for (let i = 0; i < 10; i += 5) {
    const high = ((bytes[i] ?? 0) << 12) | ((bytes[i + 1] ?? 0) << 4) | ((bytes[i + 2] ?? 0) >> 4);
    const low = (((bytes[i + 2] ?? 0) & 15) << 16) | ((bytes[i + 3] ?? 0) << 8) | (bytes[i + 4] ?? 0);
    for (const word of [high, low]) {
      out +=
        (BASE32[word >> 15] ?? '') +
        (BASE32[(word >> 10) & 31] ?? '') +
        (BASE32[(word >> 5) & 31] ?? '') +
        (BASE32[word & 31] ?? '');
    }
  }
  return out;
}

/** The chains of a service port: cluster-wide endpoints, local ones, external traffic, source ranges. */
export interface ServiceChains {
  readonly svc: string;
  readonly svl: string;
  readonly ext: string;
  readonly fw: string;
}

/** `name` is `namespace/name:port`, the protocol in lower case. */
export function serviceChains(name: string, protocol: string): ServiceChains {
  const hash = hash16(name + protocol);
  return {
    svc: `KUBE-SVC-${hash}`,
    svl: `KUBE-SVL-${hash}`,
    ext: `KUBE-EXT-${hash}`,
    fw: `KUBE-FW-${hash}`,
  };
}

/** The chain of one endpoint of a service port; `endpoint` is `ip:port`. */
export function endpointChain(name: string, protocol: string, endpoint: string): string {
  return `KUBE-SEP-${hash16(name + protocol + endpoint)}`;
}
