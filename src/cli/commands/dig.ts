import { Option } from 'commander';
import type { DigOptions } from '../actions/dig.ts';
import type { Register } from '../context.ts';
import { integer } from '../options.ts';

const HELP = `
  NAME      absolute, as dig takes it: web.default.svc.cluster.local; with +search as programs do: web
  TYPE      A (default), AAAA, CNAME, SRV, PTR, TXT, SOA, NS, ANY, AXFR, TYPE65, ...
  @SERVER   the nameserver, in place of that of the pod's resolv.conf
  +OPTION   dig's own: +short +search +noall +answer +tcp +noedns +dnssec +bufsize=512 ...

Without --from it is asked as by a pod of namespace -n with the usual dnsPolicy.
Why a name does not exist is said on stderr.

Exit status: 0 for an answer with records, 1 without (NXDOMAIN, no such record, no server), 2 bad usage or input.
`;

export const registerDig: Register = (program, io, finish) => {
  program
    .command('dig')
    .usage('[options] NAME [TYPE] [@SERVER] [+OPTION...] --from pod/NAME')
    .summary("ask the cluster's DNS as a pod does")
    .description('Asks for the DNS records of a name from a pod, and prints what dig prints there.')
    .argument('[QUERY...]', 'name, type, @server and +options, as dig takes them')
    .option('--from <pod>', 'who asks: pod/NAME, NS/NAME, deploy/NAME or node/NAME')
    .option('-x <address>', 'the name of an address (PTR)')
    .option('--walk', 'walk each query to the nameserver and back', false)
    .addOption(new Option('--seed <number>', 'with --walk: which branches').argParser(integer(0, 0xffffffff)))
    .addOption(new Option('-o, --output <format>').choices(['text', 'json']).default('text'))
    .option('-v, --verbose', 'notes on the input too; with --walk every walk, every step', false)
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], _, command) => {
      const { dig } = await import('../actions/dig.ts');
      finish(await dig(words, command.optsWithGlobals() as DigOptions, io));
    });
};
