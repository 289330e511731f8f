import { type Ip, parseIp } from '../addr/index.ts';
import { KUBE_ROUTER_MODES, type PolicyModes, type PortQuery } from '../intent/index.ts';
import { didYouMean, type Protocol } from '../k8s/index.ts';
import { POLICY_MODES } from './policy-modes.ts';

/** `--mode KEY=VALUE`, in order; text is what is wrong. */
export function parseModes(texts: readonly string[]): PolicyModes | string {
  let modes: PolicyModes = KUBE_ROUTER_MODES;
  for (const text of texts) {
    const [key = '', value = ''] = text.split('=', 2);
    const known = Object.entries(POLICY_MODES).find(([name]) => name === key);
    if (known === undefined) {
      const near = didYouMean(key, Object.keys(POLICY_MODES));
      const hint =
        near === undefined
          ? `; there are ${Object.keys(POLICY_MODES).join(', ')}`
          : ` (did you mean "${near}"?)`;
      return `--mode: unknown mode "${key}"${hint}`;
    }
    if (!known[1].includes(value)) return `--mode ${key}: "${value}" is none of ${known[1].join(', ')}`;
    modes = { ...modes, [key]: value };
  }
  return modes;
}

/** `80`, `53/udp`; text is what is wrong. */
export function parsePort(text: string): PortQuery | string {
  const match = /^([1-9]\d{0,4})(?:\/(tcp|udp|sctp))?$/i.exec(text);
  const port = Number(match?.[1]);
  if (match === null || port > 65535) return `"${text}" is no port: write 80 or 53/udp`;
  return { port, protocol: (match[2] ?? 'tcp').toUpperCase() as Protocol };
}

/** Addresses of `--external`; text is what is wrong. */
export function parseExternals(texts: readonly string[]): Ip[] | string {
  const ips: Ip[] = [];
  for (const text of texts) {
    const ip = parseIp(text);
    if (ip === undefined) return `--external: "${text}" is no IP address`;
    if (!ips.includes(ip)) ips.push(ip);
  }
  return ips;
}
