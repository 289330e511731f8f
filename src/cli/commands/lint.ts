import { Option } from 'commander';
import type { LintOptions } from '../actions/lint.ts';
import type { Register } from '../context.ts';

const HELP = `
A NAME is "name", "namespace/name", "kind/name" or "kind/namespace/name"; "*" stands for anything in it, and in a CODE.
The annotation podwalk.dev/ignore: CODE,... on an object (a workload for its pods, a Namespace for all that is in it)
does the same from within the manifests.

Exit status: 0 without errors and warnings (notes do not count; --fail-on draws another line), 1 with some, 2 if the
input cannot be read.
`;

export const registerLint: Register = (program, io, finish) => {
  program
    .command('lint')
    .summary('tell what is wrong with the manifests')
    .description('Checks the input as the API server does, and then for what it takes and nobody means.')
    .addOption(new Option('-o, --output <format>', 'how').choices(['text', 'json', 'sarif']).default('text'))
    .addOption(
      new Option('--fail-on <severity>', 'the least severity that makes the exit status 1')
        .choices(['error', 'warning', 'note'])
        .default('warning'),
    )
    .option(
      '--ignore <code[=name]>',
      'do not tell these: PW320, PW330=shop/*; repeatable, or with commas between them',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .option('-v, --verbose', 'notes too, and what --ignore was for nothing', false)
    .addHelpText('after', HELP)
    .action(async (_, command) => {
      const { lint } = await import('../actions/lint.ts');
      finish(await lint(command.optsWithGlobals() as LintOptions, io));
    });
};
