import { formatIp, type Ip } from '../../addr/index.ts';
import type { Draft } from '../draft.ts';
import { child, items } from '../field.ts';
import { claim, fullName, sentence } from './claim.ts';

/** Addresses and node ports of Services: each its own. */
export function checkServices(draft: Draft): void {
  const addresses = new Map<Ip, string>();
  const nodePorts = new Map<string, string>();
  for (const { object, field } of draft.services) {
    const name = fullName(object.meta);
    const spec = child(field, 'spec');
    for (const [i, ip] of object.clusterIPs.entries()) {
      const ipField = items(child(spec, 'clusterIPs'))[i] ?? child(spec, 'clusterIP');
      claim(addresses, ip, name, (first) => {
        sentence(
          ipField,
          'error',
          'PW303',
          `Service ${name} has the clusterIP ${formatIp(ip)} of Service ${first}`,
          'give every Service a clusterIP of its own',
        );
      });
    }
    for (const [i, port] of object.ports.entries()) {
      if (port.nodePort === 0) continue;
      claim(nodePorts, `${port.protocol} ${port.nodePort}`, name, (first) => {
        // Within one Service the decoder has told already.
        if (first === name) return;
        const portField = items(child(spec, 'ports'))[i] ?? child(spec, 'ports');
        sentence(
          child(portField, 'nodePort'),
          'error',
          'PW305',
          `${port.protocol} node port ${port.nodePort} of Service ${name} is allocated to Service ${first}`,
          'choose another',
        );
      });
    }
    if (object.healthCheckNodePort !== 0) {
      claim(nodePorts, `TCP ${object.healthCheckNodePort}`, name, (first) => {
        sentence(
          child(spec, 'healthCheckNodePort'),
          'error',
          'PW305',
          `health check node port ${object.healthCheckNodePort} of Service ${name} is allocated to Service ${first}`,
          'choose another',
        );
      });
    }
  }
}
