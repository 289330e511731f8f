import { Option } from 'commander';
import type { CheckOptions } from '../actions/check.ts';
import type { Register } from '../context.ts';

const HELP = `
A file of expectations:

  apiVersion: podwalk/v1
  kind: Expectations
  expectations:
    - { from: shop/web-0, to: svc/shop/db, port: 5432, expect: allowed }
    - { from: external, to: shop/db-0, port: 5432/TCP, expect: denied }
    - { from: shop/web-0, to: svc/shop/api, port: 80, expect: allowed, endpoint: shop/api-0, snat: false }

  expect    allowed: it comes to whom it is for; denied: a NetworkPolicy ends it; refused, timeout: what the client sees
  via       the node by which traffic from outside enters
  endpoint  the pod that has to answer, whatever branch is taken
  snat      the source address that it has to see, or whether it is another than the client's

Every branch is walked, and each has to meet the expectation. docs/expectations.schema.json is the file's JSON Schema.

Exit status: 0 when all hold, 1 when one does not, 2 bad usage or input.
`;

export const registerCheck: Register = (program, io, finish) => {
  program
    .command('check')
    .summary('hold a file of expectations against the cluster')
    .description('Checks who reaches whom against a file of expectations, for CI.')
    .argument('[FILE]', 'the expectations; - is stdin')
    .option(
      '--init',
      'print expectations that the cluster meets now, for each pair of workloads, and workload and Service',
      false,
    )
    .option('-v, --verbose', 'notes on the input too', false)
    .addOption(new Option('-o, --output <format>', 'how').choices(['text', 'tap', 'junit']).default('text'))
    .addHelpText('after', HELP)
    .action(async (file: string | undefined, _, command) => {
      const { check } = await import('../actions/check.ts');
      finish(await check(file, command.optsWithGlobals() as CheckOptions, io));
    });
};
