import { Option } from 'commander';
import type { MatrixOptions } from '../actions/matrix.ts';
import type { Register } from '../context.ts';

const HELP = `
  .  allowed   X  denied   ~  some of the pairs   #  itself   -  has no such port   !  lost for another reason (--datapath)

Rows send, columns receive; --by namespace or workload makes rows of many pods, and large clusters are shown so. The destination's ports are the pod's own, after a Service's DNAT.
-o json and -o csv list pairs of pods, unless --by says otherwise.

Modes, for what the specification leaves open (the first is kube-router's):
  hairpin=either|both|allowed   hostNetwork=node|pod   serviceAddress=after-dnat|before-dnat   endPort=range|first

With --datapath nobody outside asks a pod's own address, as nothing leads there: --svc asks Services. Its lists have
ingress null where a packet came no further than its sender's egress.

Exit status: 0, with --diff 1 when anything differs, with --explain 1 when it is denied; 2 bad usage or input.

Examples:
  podwalk matrix -f manifests/ --port 80
  podwalk matrix -f manifests/ --explain 'shop/web shop/db:5432'
  podwalk matrix -f manifests/ --datapath --svc
  podwalk matrix --diff before.yaml after.yaml
`;

function append(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

export const registerMatrix: Register = (program, io, finish) => {
  program
    .command('matrix')
    .summary('who reaches whom by NetworkPolicies')
    .description('Evaluates the NetworkPolicies for every pair of pods, by their specification.')
    .argument('[A]', 'with --diff: the manifests before, beside those of -f')
    .argument('[B]', 'with --diff: the manifests after, beside those of -f')
    .option('-p, --port <port>', 'ask about this port: 80, 53/udp; repeatable', append, [])
    .option(
      '--all-ports',
      "ask about every port of the destination's own (the default without --port)",
      false,
    )
    .option('--external <ip>', 'an address outside the cluster, as another end; repeatable', append, [])
    .addOption(new Option('--by <level>', 'a row each').choices(['pod', 'workload', 'namespace']))
    .option('--svc', 'columns are Services', false)
    .option(
      '--datapath',
      "walk every pair through the controller's rules; a footnote names where that is not what the specification says",
      false,
    )
    .option('--explain <cell>', "why one cell is as it is: 'FROM TO:PORT'")
    .option('--diff', 'what the change from A to B opens and closes', false)
    .option('--mode <key=value>', 'decide what the specification leaves open; repeatable', append, [])
    .option('-v, --verbose', 'notes on the input too', false)
    .addOption(new Option('-o, --output <format>', 'how').choices(['table', 'csv', 'json']).default('table'))
    .addHelpText('after', HELP)
    .action(async (a: string | undefined, b: string | undefined, _, command) => {
      const { matrix } = await import('../actions/matrix.ts');
      finish(await matrix([a, b], command.optsWithGlobals() as MatrixOptions, io));
    });
};
