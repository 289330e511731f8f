import type { Diagnostic } from '../diagnostics.ts';
import { speller } from '../did-you-mean.ts';
import type { ClusterObjects, Ingress, Service } from '../objects.ts';
import { differsByNumber } from './absence.ts';
import { listed, tellOf } from './advice.ts';

/** Annotations by which a controller takes a back end's name for something of its own: an action, not a Service. */
const ACTION = 'alb.ingress.kubernetes.io/actions.';
const NO_PORT = 'use-annotation';

/**
 * Back ends of Ingresses whose Service does not exist or has no such port (PW315). That a Service is missing is a
 * warning where its name is nearly one that is there; else it may be in another file, or an operator's.
 */
export function checkIngresses({ ingresses = [], services }: ClusterObjects): Diagnostic[] {
  if (ingresses.length === 0) return [];
  const named = new Map(
    services.map((service) => [`${service.meta.namespace}/${service.meta.name}`, service]),
  );
  const names = new Map<string, string[]>();
  for (const { meta } of services) {
    const own = names.get(meta.namespace);
    if (own === undefined) names.set(meta.namespace, [meta.name]);
    else own.push(meta.name);
  }
  const spellers = new Map([...names].map(([namespace, own]) => [namespace, speller(own)]));
  const anywhere = new Map(services.map((service) => [service.meta.name, service]));
  return ingresses.flatMap((ingress) => {
    const told = new Set<string>();
    return ingress.backends.flatMap((backend): Diagnostic[] => {
      const { meta } = ingress;
      const { service: name, path, port, portPath } = backend;
      const key = `${name} ${port}`;
      if (told.has(key) || isAction(ingress, name, port)) return [];
      told.add(key);
      const service = named.get(`${meta.namespace}/${name}`);
      if (service === undefined) {
        const near = spellers.get(meta.namespace)?.(name);
        const meant = near !== undefined && !differsByNumber(near, name) ? near : undefined;
        const other = names.has(meta.namespace) ? undefined : anywhere.get(name);
        const message = `Ingress ${meta.namespace}/${meta.name}: its back end, Service ${meta.namespace}/${name}, does not exist`;
        const fix =
          meant !== undefined
            ? `did you mean "${meant}"?`
            : other !== undefined
              ? `Service ${other.meta.namespace}/${name} is in another namespace; a back end is of the Ingress' own`
              : undefined;
        const severity = fix === undefined ? 'note' : 'warning';
        return [tellOf(severity, meta, path, 'PW315', message, fix)];
      }
      if (port === undefined || portPath === undefined || hasPort(service, port)) return [];
      const ports = service.ports.map((one) =>
        one.name === '' ? `${one.port}` : `${one.port} (${one.name})`,
      );
      const shown = typeof port === 'string' ? `named "${port}"` : port;
      const message = `Ingress ${meta.namespace}/${meta.name}: its back end, Service ${meta.namespace}/${name}, has no port ${shown}`;
      const fix = `its ports are ${ports.length === 0 ? 'none' : listed(ports)}`;
      return [tellOf('warning', meta, portPath, 'PW315', message, fix)];
    });
  });
}

function isAction({ meta }: Ingress, name: string, port: number | string | undefined): boolean {
  return port === NO_PORT || meta.annotations.has(`${ACTION}${name}`);
}

function hasPort(service: Service, port: number | string): boolean {
  // A name of an ExternalName Service has its ports elsewhere.
  if (service.type === 'ExternalName' && service.ports.length === 0) return true;
  return service.ports.some((one) => (typeof port === 'string' ? one.name === port : one.port === port));
}
