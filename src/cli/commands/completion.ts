import { Argument } from 'commander';
import type { Register } from '../context.ts';

const HELP = `
  bash   source <(podwalk completion bash)       in ~/.bashrc
  zsh    source <(podwalk completion zsh)        in ~/.zshrc, behind compinit
  fish   podwalk completion fish > ~/.config/fish/completions/podwalk.fish

Completes commands, options and what they take, and the names in the cluster that -f and -t on the line name.
`;

export const registerCompletion: Register = (program, io, finish) => {
  program
    .command('completion')
    .summary('print a script that completes podwalk in your shell')
    .description('Prints a script that completes commands, options and names in bash, zsh or fish.')
    .addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh', 'fish'] as const))
    .addHelpText('after', HELP)
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completionScript } = await import('../completion/scripts.ts');
      io.stdout(completionScript(shell));
      finish(0);
    });
};
