import { Option } from 'commander';
import type { ResolveOptions } from '../actions/resolve.ts';
import type { Register } from '../context.ts';
import { integer } from '../options.ts';

const HELP = `
  podwalk resolve web --from pod/client -t two-nodes
  podwalk resolve api.example.com --from pod/client -t two-nodes --libc musl
  podwalk resolve web --from pod/client -t two-nodes --walk

Exit status: 0 with addresses, 1 without, 2 bad usage or input.
`;

export const registerResolve: Register = (program, io, finish) => {
  program
    .command('resolve')
    .summary('look a name up as a program in a pod does')
    .description(
      "Does what a program's getaddrinfo does with a name: every query by the pod's resolv.conf, and the addresses.",
    )
    .argument('<NAME>', 'as a program gives it: web, web.prod, api.example.com')
    .requiredOption('--from <pod>', 'who asks: pod/NAME, NS/NAME, deploy/NAME or node/NAME')
    .addOption(new Option('--libc <name>', 'whose').choices(['glibc', 'musl']).default('glibc'))
    .option('--walk', 'walk each query to the nameserver and back', false)
    .addOption(new Option('--seed <number>', 'with --walk: which branches').argParser(integer(0, 0xffffffff)))
    .addOption(new Option('-o, --output <format>').choices(['text', 'json']).default('text'))
    .option('-v, --verbose', 'notes on the input too; with --walk every walk, every step', false)
    .addHelpText('after', HELP)
    .action(async (name: string, _, command) => {
      const { resolve } = await import('../actions/resolve.ts');
      finish(await resolve(name, command.optsWithGlobals() as ResolveOptions, io));
    });
};
