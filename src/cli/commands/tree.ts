import { Option } from 'commander';
import type { TreeOptions } from '../actions/tree.ts';
import type { Register } from '../context.ts';

export const registerTree: Register = (program, io, finish) => {
  program
    .command('tree')
    .summary('draw what hangs on an object, down to cables and chains')
    .description(
      'Draws what hangs on an object: Service > EndpointSlice > pod > veth, and its chains KUBE-SVC > KUBE-SEP; ' +
        'workload > ReplicaSet > pod > veth; node > device > pod.',
    )
    .argument('<TYPE>', 'a kind (see podwalk get --help), or TYPE/NAME')
    .argument('[NAME...]', 'only these')
    .addOption(new Option('-o, --output <format>', 'how').choices(['text', 'json']))
    .option('-v, --verbose', 'notes on the input too', false)
    .action(async (type: string, names: string[], _, command) => {
      const { tree } = await import('../actions/tree.ts');
      finish(await tree([type, ...names], command.optsWithGlobals() as TreeOptions, io));
    });
};
