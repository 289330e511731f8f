import { Option } from 'commander';
import type { DnsServeOptions } from '../actions/dns-serve.ts';
import type { Register } from '../context.ts';
import { integer } from '../options.ts';

const HELP = `
  podwalk dns-serve -t two-nodes --port 5353 &
  dig @127.0.0.1 -p 5353 web.default.svc.cluster.local

Answers are those that CoreDNS gives a pod. It runs until it is interrupted (Ctrl-C).
`;

export const registerDnsServe: Register = (program, io, finish) => {
  program
    .command('dns-serve')
    .summary("answer the cluster's DNS on a port of this machine")
    .description(
      "Answers DNS queries with the cluster's names, over UDP and TCP, for dig and other programs.",
    )
    .addOption(
      new Option('-p, --port <number>', 'the port; 0 takes one that is free, and says which')
        .argParser(integer(0, 65535))
        .default(5353),
    )
    .option('--listen <address>', 'the address of this machine', '127.0.0.1')
    .option('-v, --verbose', 'every query, and notes on the input too', false)
    .addHelpText('after', HELP)
    .action(async (_, command) => {
      const { dnsServe } = await import('../actions/dns-serve.ts');
      finish(await dnsServe(command.optsWithGlobals() as DnsServeOptions, io));
    });
};
