import { isIP } from 'node:net';
import { answer, type DnsQuery, dnsServer, respond, withDns } from '../../controllers/dns/index.ts';
import { visible } from '../../formats/text/index.ts';
import { type DnsSockets, openDnsSockets } from '../dns-sockets.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { inputPaths } from '../open-cluster.ts';
import { openObjects } from '../open-objects.ts';
import type { ClusterOptions } from '../options.ts';

export interface DnsServeOptions extends ClusterOptions {
  readonly port: number;
  readonly listen: string;
  readonly verbose: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `podwalk dns-serve`: until a signal comes. */
export async function dnsServe(options: DnsServeOptions, io: Io): Promise<ExitCode> {
  const { listen, port, verbose } = options;
  if (isIP(listen) === 0) {
    io.stderr(`error: --listen ${listen}: it is no address; write 127.0.0.1, ::1 or one of this machine\n`);
    return EXIT.usage;
  }
  const paths = inputPaths(options, io);
  if (paths === undefined) return EXIT.usage;
  const objects = await openObjects(paths, options, io, verbose, withDns);
  if (objects === undefined) return EXIT.usage;
  const server = dnsServer(objects);
  const ask = (query: DnsQuery): ReturnType<typeof answer> => {
    const found = answer(server, query);
    if (verbose) {
      const why = found.reason === undefined ? '' : `: ${found.reason}`;
      io.stderr(`${visible(query.name)} ${query.type} ${found.rcode}${why}\n`);
    }
    return found;
  };
  let sockets: DnsSockets;
  try {
    sockets = await openDnsSockets(listen, port, (bytes, transport) => {
      try {
        return respond(ask, bytes, transport);
      } catch (bug) {
        // Whatever a query does, the next one is answered, as CoreDNS recovers from a panic.
        io.stderr(`podwalk: internal error: ${bug instanceof Error ? bug.message : String(bug)}\n`);
        return undefined;
      }
    });
  } catch (error) {
    io.stderr(`error: ${whyNot(error, listen, port)}\n`);
    return EXIT.usage;
  }
  // Before it says that it answers: who reads that may send the signal at once.
  const end = stopped();
  const at = listen.includes(':') ? `[${listen}]` : listen;
  io.stdout(`answering on ${at}:${sockets.port}, UDP and TCP; dig @${listen} -p ${sockets.port} NAME\n`);
  await end;
  await sockets.close();
  return EXIT.yes;
}

/** Resolves with the first signal. */
function stopped(): Promise<void> {
  return new Promise((done) => {
    const stop = (): void => {
      for (const name of SIGNALS) process.off(name, stop);
      done();
    };
    for (const name of SIGNALS) process.on(name, stop);
  });
}

/** What `bind` says, in words. */
function whyNot(error: unknown, address: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${address} is in use; choose another with --port, or 0 for any that is free`;
    case 'EACCES':
      return `port ${port} is for root only; choose one from 1024 on with --port`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${address}; --listen takes one of its own, as 127.0.0.1`;
    default:
      // EAFNOSUPPORT, EINVAL (a link-local address without its device), EMFILE, ...: no fault of podwalk's.
      if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) throw error;
      return `cannot answer on ${address}, port ${port}: ${code}; --listen takes an address of this machine, as 127.0.0.1`;
  }
}
