/**
 * The listener of a namespace: TCP and UDP servers that answer `WHO|PEER-ADDRESS|PEER-PORT`. The function is
 * self-contained, because its text is put into the script that builds a lab (realize/listener-lines.ts) and into the
 * agents of a conformance run: it uses nothing but its parameters.
 *
 * @param net,dgram the modules of Node
 * @param sockets `tcp/PORT/WHO` and `udp/PORT/WHO`
 * @param addresses what UDP servers bind to. A server with a socket on each of the namespace's addresses answers from
 *   the address that was asked; one that is bound to 0.0.0.0 answers from whichever the route chooses.
 */
export function listen(
  net: typeof import('node:net'),
  dgram: typeof import('node:dgram'),
  sockets: readonly string[],
  addresses: readonly string[],
): Promise<unknown> {
  const opened: Promise<void>[] = [];
  const answer = (who: string, address: string | undefined, port: number | undefined): string =>
    [who, (address ?? '').replace('::ffff:', ''), port].join('|');
  for (const spec of sockets) {
    const [protocol, port, ...rest] = spec.split('/');
    const who = rest.join('/');
    if (protocol === 'tcp') {
      const server = net.createServer((client) => {
        client.on('error', () => client.destroy());
        client.end(answer(who, client.remoteAddress, client.remotePort));
      });
      opened.push(
        new Promise((resolve, reject) => {
          server.on('error', reject);
          server.listen(Number(port), '0.0.0.0', 511, () => resolve());
        }),
      );
    } else if (protocol === 'udp') {
      for (const address of addresses) {
        const socket = dgram.createSocket('udp4');
        opened.push(
          new Promise((resolve, reject) => {
            socket.on('error', reject);
            socket.bind(Number(port), address, () => {
              socket.removeAllListeners('error');
              socket.on('error', () => undefined);
              resolve();
            });
          }),
        );
        socket.on('message', (_, from) => {
          socket.send(answer(who, from.address, from.port), from.port, from.address);
        });
      }
    }
  }
  return Promise.all(opened);
}
