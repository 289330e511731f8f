import { Option } from 'commander';
import type { LintOptions } from '../actions/lint.ts';
import type { Register } from '../context.ts';

const HELP = `
Exit status: 0 without errors and warnings (notes do not count), 1 with some, 2 if the input cannot be read.
`;

export const registerLint: Register = (program, io, finish) => {
  program
    .command('lint')
    .summary('tell what is wrong with the manifests')
    .description('Checks the input as the API server does, and then for what it takes and nobody means.')
    .addOption(new Option('-o, --output <format>', 'how').choices(['text', 'json', 'sarif']).default('text'))
    .option('-v, --verbose', 'notes too', false)
    .addHelpText('after', HELP)
    .action(async (_, command) => {
      const { lint } = await import('../actions/lint.ts');
      finish(lint(command.optsWithGlobals() as LintOptions, io));
    });
};
