import type { Register } from '../context.ts';

export const registerDemo: Register = (program, io, finish) => {
  program
    .command('demo')
    .summary('a walk through a built-in cluster')
    .description('Walks a packet from a pod to a Service of a built-in cluster of two nodes, and back.')
    .option('-v, --verbose', 'every step and rule', false)
    .action(async (options: { readonly verbose: boolean }) => {
      const { demo } = await import('../actions/demo.ts');
      finish(await demo(options.verbose, io));
    });
};
