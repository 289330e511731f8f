import { hash16 } from '../../../addr/index.ts';

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
