import { Option } from 'commander';
import type { GetOptions } from '../actions/get.ts';
import type { Register } from '../context.ts';

const HELP = `
  TYPE  all | nodes (no) | namespaces (ns) | pods (po) | services (svc) | endpoints (ep) | endpointslices
        | deployments (deploy) | replicasets (rs) | statefulsets (sts) | daemonsets (ds) | jobs
        | replicationcontrollers (rc) | networkpolicies (netpol); several with commas, or as TYPE/NAME

Columns are kubectl's, but for those that no manifest can fill: AGE, RESTARTS, VERSION, IMAGES and the like.
`;

export const registerGet: Register = (program, io, finish) => {
  program
    .command('get')
    .summary('list objects as kubectl get does')
    .description(
      "Lists objects in kubectl's columns, as podwalk completed them: pods with nodes and addresses, slices made.",
    )
    .argument('<TYPE>', 'which kind, see below')
    .argument('[NAME...]', 'only these')
    .addOption(new Option('-o, --output <format>', 'how').choices(['wide', 'json', 'yaml', 'name']))
    .option('-l, --selector <query>', 'only with these labels: app=web,tier!=db,env in (a,b),!old')
    .option('--no-headers', 'leave the heads of the columns out')
    .option('-v, --verbose', 'notes on the input too', false)
    .addHelpText('after', HELP)
    .action(async (type: string, names: string[], _, command) => {
      const { get } = await import('../actions/get.ts');
      finish(await get([type, ...names], command.optsWithGlobals() as GetOptions, io));
    });
};
