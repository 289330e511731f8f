import { Option } from 'commander';
import type { GetOptions } from '../actions/get.ts';
import type { Register } from '../context.ts';

export const registerGet: Register = (program, io, finish) => {
  program
    .command('get')
    .summary('list nodes, pods, svc, endpointslices or ns')
    .description(
      "Lists objects in kubectl's columns, as podwalk completed them: with nodes, addresses and slices.",
    )
    .argument('<KIND>', 'nodes, pods, svc, endpointslices or ns')
    .argument('[NAME...]', 'only these')
    .addOption(new Option('-o, --output <format>', 'how').choices(['wide', 'json', 'yaml', 'name']))
    .option('-v, --verbose', 'notes on the input too', false)
    .action(async (kind: string, names: string[], _, command) => {
      const { get } = await import('../actions/get.ts');
      finish(get(kind, names, command.optsWithGlobals() as GetOptions, io));
    });
};
