import type { Ip } from '../../addr/index.ts';
import { type ContainerPort, type Diagnostic, isFinished, type Pod } from '../../k8s/index.ts';

/**
 * Pods of one node that want the same host port (warning PW416), as kubelet's admission and the scheduler compare
 * them (NodePorts): same protocol and port, and one address or an unspecified one. Two pods on the network of their
 * node are left to whoever gives out sockets.
 */
export function hostPortConflicts(pods: readonly Pod[]): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const claims = new Map<string, { readonly pod: Pod; readonly port: ContainerPort }[]>();
  for (const pod of pods) {
    if (pod.nodeName === '' || isFinished(pod)) continue;
    for (const port of pod.ports) {
      if (port.hostPort === 0) continue;
      const place = `${pod.nodeName} ${port.protocol} ${port.hostPort}`;
      const others = claims.get(place);
      if (others === undefined) {
        claims.set(place, [{ pod, port }]);
        continue;
      }
      const other = others.find((claim) => claim.pod !== pod && meet(claim.port.hostIP, port.hostIP));
      others.push({ pod, port });
      if (other !== undefined && !(pod.hostNetwork && other.pod.hostNetwork))
        diagnostics.push(conflict(pod, other.pod, port));
    }
  }
  return diagnostics;
}

/** 0.0.0.0, [::] and nothing stand for every address (framework.HostPortInfo.CheckConflict). */
function meet(a: Ip | undefined, b: Ip | undefined): boolean {
  const anywhere = (ip: Ip | undefined): boolean => ip === undefined || BigInt(ip) === 0n;
  return anywhere(a) || anywhere(b) || a === b;
}

function conflict(pod: Pod, first: Pod, port: ContainerPort): Diagnostic {
  const { source } = pod.meta;
  return {
    severity: 'warning',
    code: 'PW416',
    message: `hostPort ${port.hostPort}/${port.protocol} of Node ${pod.nodeName} is wanted by Pod ${nameOf(pod)}, but Pod ${nameOf(first)} has it: kubelet would refuse the second (NodePorts)`,
    fix: 'give them different hostPorts or nodes',
    ...(source === undefined ? {} : { at: { source, path: ['spec', 'containers'] } }),
  };
}

function nameOf({ meta }: Pod): string {
  return `${meta.namespace}/${meta.name}`;
}
