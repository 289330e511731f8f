import type { DescribeOptions } from '../actions/describe.ts';
import type { Register } from '../context.ts';

export const registerDescribe: Register = (program, io, finish) => {
  program
    .command('describe')
    .summary('show an object and what the nodes hold because of it')
    .description(
      'Shows objects as kubectl describe does, then their part of the emulated state: who serves a Service and who ' +
        'does not and why, its rules on each node; the devices, routes and listening ports of a pod or node.',
    )
    .argument('<TYPE>', 'a kind (see podwalk get --help), or TYPE/NAME')
    .argument('[NAME...]', 'only these')
    .option('-l, --selector <query>', 'only with these labels')
    .option('-v, --verbose', 'notes on the input too', false)
    .action(async (type: string, names: string[], _, command) => {
      const { describe } = await import('../actions/describe.ts');
      finish(await describe([type, ...names], command.optsWithGlobals() as DescribeOptions, io));
    });
};
