import type { RealizeOptions } from '../actions/realize.ts';
import type { Register } from '../context.ts';

const HELP = `
Without --up, --down, --status or --exec the script is printed:
  podwalk realize -t two-nodes > lab.sh && sudo sh lab.sh up
  sudo podwalk realize -t two-nodes --up
  sudo podwalk realize -t two-nodes --exec pod/client -- curl -s 10.96.0.10
  sudo podwalk realize --down
`;

export const registerRealize: Register = (program, io, finish) => {
  program
    .command('realize')
    .summary('build the cluster in network namespaces of this machine')
    .description(
      'Writes a shell script that builds the cluster in network namespaces of a Linux kernel, or runs it.',
    )
    .argument('[COMMAND...]', 'with --exec: the command')
    .option('--up', 'build it (root)')
    .option('--down', 'take it away (root)')
    .option('--status', 'what is there (root)')
    .option('--exec <who>', 'run COMMAND in a node, pod/[NS/]NAME, router, host or switch (root)')
    .option('--prefix <text>', 'before the name of every namespace', 'pw-')
    .option('-v, --verbose', 'notes on the input too', false)
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], _, command) => {
      const { realize } = await import('../actions/realize.ts');
      finish(await realize(words, command.optsWithGlobals() as RealizeOptions, io));
    });
};
