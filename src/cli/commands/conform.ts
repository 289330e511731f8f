import { Option } from 'commander';
import type { ConformOptions } from '../actions/conform.ts';
import type { Register } from '../context.ts';
import { integer } from '../options.ts';

const HELP = `
Needs root and Debian's iproute2, iptables, nftables, conntrack and tcpdump; iputils-ping for pings.
  sudo podwalk conform -t two-nodes
  sudo podwalk conform -t two-nodes --probe 'pod/client 10.96.0.10:80 --ttl 1'
`;

export const registerConform: Register = (program, io, finish) => {
  program
    .command('conform')
    .summary('hold the walks against the kernel of this machine')
    .description(
      'Builds the cluster in network namespaces, sends probes, and compares what the kernel did with every step of the walk.',
    )
    .addOption(new Option('--count <number>', 'how many probes').argParser(integer(1, 100_000)).default(60))
    .addOption(new Option('--seed <number>', 'which probes').argParser(integer(0, 0xffffffff)).default(1))
    .option('--every', 'every source to every destination', false)
    .option(
      '--probe <flow>',
      "a flow 'SRC DST [-p udp] [--ttl N] [--size N] [--df]' instead; repeatable",
      (value: string, before: readonly string[]) => [...before, value],
      [] as readonly string[],
    )
    .addOption(new Option('-o, --output <format>').choices(['text', 'json']).default('text'))
    .option('-v, --verbose', 'both ways in full, and notes on the input', false)
    .addHelpText('after', HELP)
    .action(async (_, command) => {
      const { conform } = await import('../actions/conform.ts');
      finish(await conform(command.optsWithGlobals() as ConformOptions, io));
    });
};
