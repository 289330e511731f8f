import { Option } from 'commander';
import type { TraceOptions } from '../actions/trace.ts';
import type { Register } from '../context.ts';
import { integer } from '../options.ts';

const HELP = `
  SRC   pod/NAME | pod/NS/NAME | NS/NAME | deploy/NAME (or sts, ds, rs, job: one of its pods)
        | node/NAME | external | external/IP
  DST   svc/NAME[:PORT] | svc/NS/NAME[:PORT|:portname] | pod/NS/NAME[:PORT] | node/NAME[:PORT]
        | IP:PORT | IP (icmp) | a DNS name:PORT | URL
`;

export const registerTrace: Register = (program, io, finish) => {
  program
    .command('trace')
    .summary('walk a packet from SRC to DST and back')
    .description(
      'Walks a packet from SRC to DST and back, naming at each hop the rule that decided and its object.',
    )
    .argument('[SRC]', 'who sends')
    .argument('[DST]', 'whom to reach')
    .addOption(
      new Option('-p, --protocol <name>', "default: the port's own, else tcp").choices([
        'tcp',
        'udp',
        'sctp',
        'icmp',
      ]),
    )
    .option('--all', 'walk every branch', false)
    .addOption(
      new Option('--seed <number>', 'which branch, source port and id').argParser(integer(0, 0xffffffff)),
    )
    .option('--via <node>', 'the node by which traffic from outside enters')
    .addOption(new Option('--sport <number>', 'the source port').argParser(integer(1, 65535)))
    .addOption(new Option('--ttl <number>', 'the first TTL').argParser(integer(1, 255)))
    .addOption(new Option('--size <bytes>', 'bytes of payload').argParser(integer(0, 65507)))
    .option('--df', 'do not fragment')
    .option(
      '--diagnose',
      'say what was promised, and of a walk that failed what is at fault; without --batch failed walks say so',
    )
    .addOption(
      new Option(
        '--count <number>',
        'so many connections one after another, each on what those before it left',
      ).argParser(integer(1, 10_000)),
    )
    .option('--batch <file>', 'requests as JSON lines, from a file or - (stdin)')
    .option('-v, --verbose', 'every step and rule', false)
    .addOption(
      new Option(
        '-o, --output <format>',
        'default: text, or jsonl with --batch; pcapng is a capture file, for Wireshark',
      ).choices(['text', 'json', 'jsonl', 'pcapng']),
    )
    .addHelpText('after', HELP)
    .action(async (source: string | undefined, destination: string | undefined, _, command) => {
      const { trace } = await import('../actions/trace.ts');
      finish(await trace(source, destination, command.optsWithGlobals() as TraceOptions, io));
    });
};
