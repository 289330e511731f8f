import type { Service } from '../../../k8s/index.ts';
import { isSkipped } from './service-ports.ts';

/** A port on which kube-proxy answers a load balancer's health checks, on every node. */
export interface HealthCheckPort {
  readonly port: number;
  readonly service: Service;
}

/** The health check ports of all LoadBalancers with externalTrafficPolicy Local; each Service has its own. */
export function healthCheckNodePorts(services: readonly Service[]): HealthCheckPort[] {
  return services.flatMap((service) =>
    service.type === 'LoadBalancer' &&
    service.externalTrafficPolicy === 'Local' &&
    service.healthCheckNodePort !== 0 &&
    !service.headless &&
    !isSkipped(service.meta.labels)
      ? [{ port: service.healthCheckNodePort, service }]
      : [],
  );
}
