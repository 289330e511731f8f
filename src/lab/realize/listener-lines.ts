import { formatIp } from '../../addr/index.ts';
import { ANY_PORT, localAddresses, type Netns, type Socket } from '../../kernel/index.ts';

/** Who answers on a socket, as a listener says it: `default/web-0`, `node/node1`, `host/db.example.com`. */
export function ownerName({ owner }: Socket): string | undefined {
  switch (owner.kind) {
    case 'pod':
      return `${owner.namespace}/${owner.name}`;
    case 'node':
      return `node/${owner.node}`;
    case 'host':
      return `host/${owner.name}`;
    // The kernel's own.
    case 'vxlan':
      return undefined;
  }
}

/** The sockets of a namespace as a listener takes them, `PROTOCOL/PORT/WHO`; the kernel's own are not among them. */
export function socketSpecs(netns: Netns): string[] {
  return netns.sockets.flatMap((socket) => {
    // No real program listens on every port, nor do these on one address alone.
    if (socket.port === ANY_PORT || socket.ip !== undefined) return [];
    const who = ownerName(socket);
    return who === undefined ? [] : [`${socket.protocol}/${socket.port}/${who}`];
  });
}

/** The addresses that a UDP server has sockets on. */
export function listenAddresses(netns: Netns): string[] {
  return localAddresses(netns, 4).map(formatIp);
}
