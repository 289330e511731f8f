import { Option } from 'commander';
import type { CompareOptions } from '../actions/compare.ts';
import type { Register } from '../context.ts';
import { integer } from '../options.ts';

const HELP = `
  podwalk compare -t three-nodes                           what is worth asking of each Service, where modes differ
  podwalk compare pod/client svc/web -t two-nodes          one question, side by side
  podwalk compare --growth -t two-nodes                    rules and lookups per packet, from 10 to 10,000 Services
  podwalk compare --svg growth.svg -t two-nodes            the same as a chart

SRC and DST are those of podwalk trace.
Exit status: 0 when nothing differs that a client or a server would notice, 1 when something does.
`;

export const registerCompare: Register = (program, io, finish) => {
  program
    .command('compare')
    .summary('the same walks in several modes of kube-proxy, side by side')
    .description(
      'Walks the same flows with kube-proxy in each mode and tells what differs: how they end, who answers, what source the ' +
        'server sees, and how many rules the kernel evaluates and hashes it looks up for a packet.',
    )
    .argument('[SRC]', 'who sends')
    .argument('[DST]', 'whom to reach')
    .option('--modes <list>', 'two or more of iptables and ipvs, separated by commas', 'iptables,ipvs')
    .addOption(
      new Option('-p, --protocol <name>', "default: the port's own, else tcp").choices([
        'tcp',
        'udp',
        'sctp',
        'icmp',
      ]),
    )
    .option('--via <node>', 'the node by which traffic from outside enters')
    .option('--same', 'list also what is the same in all modes', false)
    .option('--growth', 'what a packet costs as Services grow in number', false)
    .addOption(
      new Option('--services <number>', 'so many Services at most, with --growth and charts')
        .argParser(integer(10, 30_000))
        .default(10_000),
    )
    .option('--svg <file>', 'write the growth as a chart into a file')
    .option('-v, --verbose', 'notes on the input too', false)
    .addOption(
      new Option('-o, --output <format>', 'svg is the chart of --growth').choices(['text', 'json', 'svg']),
    )
    .addHelpText('after', HELP)
    .action(async (source: string | undefined, destination: string | undefined, _, command) => {
      const { compare } = await import('../actions/compare.ts');
      finish(await compare(source, destination, command.optsWithGlobals() as CompareOptions, io));
    });
};
