import type { Ip } from '../../addr/index.ts';
import type { PodSpec } from '../../k8s/index.ts';

/** The host ports of one node that pods hold (framework.HostPortInfo). */
export type HostPorts = Map<string, Set<Ip | undefined>>;

/** Whether a node still has every host port that the pod wants. A port on all addresses conflicts with any. */
export function fitsPorts(held: HostPorts | undefined, pod: PodSpec): boolean {
  if (held === undefined) return true;
  return wanted(pod).every(({ key, ip }) => {
    const holders = held.get(key);
    if (holders === undefined) return true;
    return ip !== undefined && !holders.has(ip) && !holders.has(undefined);
  });
}

export function holdPorts(held: HostPorts, pod: PodSpec): void {
  for (const { key, ip } of wanted(pod)) {
    const holders = held.get(key);
    if (holders === undefined) held.set(key, new Set([ip]));
    else holders.add(ip);
  }
}

export function wantsPorts(pod: PodSpec): boolean {
  return pod.ports.some((port) => port.hostPort !== 0);
}

/** Undefined stands for all addresses: no hostIP, 0.0.0.0 or ::. */
function wanted(pod: PodSpec): { readonly key: string; readonly ip: Ip | undefined }[] {
  return pod.ports
    .filter((port) => port.hostPort !== 0)
    .map(({ hostPort, protocol, hostIP }) => ({
      key: `${protocol}/${hostPort}`,
      ip: hostIP === 0 || hostIP === 0n ? undefined : hostIP,
    }));
}
