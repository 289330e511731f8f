import { Option } from 'commander';
import type { DiffOptions } from '../actions/diff.ts';
import type { Register } from '../context.ts';

const HELP = `
  podwalk diff -f before.yaml -f after.yaml          two files or directories; -t NAME may be one of the sides
  podwalk diff -t two-nodes --break 'node1: ip route del default'     one side, without and with what is changed

Exit status: 0 when nothing differs, 1 when something does.
`;

export const registerDiff: Register = (program, io, finish) => {
  program
    .command('diff')
    .summary('what a change adds and removes on every node')
    .description(
      'Compares two clusters: which objects differ, and which rules, routes, neighbours, FDB entries, addresses, ' +
        'sysctls and sockets a change adds (+) or removes (-) on which node or pod, as the real tools print them.',
    )
    .addOption(new Option('-o, --output <format>', 'how').choices(['text', 'json']))
    .option('-v, --verbose', 'notes on the input too', false)
    .addHelpText('after', HELP)
    .action(async (_, command) => {
      const { diff } = await import('../actions/diff.ts');
      finish(await diff(command.optsWithGlobals() as DiffOptions, io));
    });
};
