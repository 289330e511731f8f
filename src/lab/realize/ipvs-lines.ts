import { formatIpvsadmSave } from '../../formats/index.ts';
import { type Netns, virtualServersOf } from '../../kernel/index.ts';

/**
 * Virtual servers as `ipvsadm-restore` reads them, in the order in which they were added: schedulers go round the list
 * that the kernel has, which `ipvsadm-save` does not tell.
 */
export function ipvsLines(netns: Netns): string[] {
  const services = [...virtualServersOf(netns).values()].map(({ realServers, ...service }) => ({
    ...service,
    servers: realServers.map((server) => ({ ...server, activeConnections: 0, inactiveConnections: 0 })),
  }));
  const text = formatIpvsadmSave(services);
  return text === '' ? [] : text.trimEnd().split('\n');
}
