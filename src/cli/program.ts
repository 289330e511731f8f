import { Command, CommanderError } from 'commander';
import { registerCheck } from './commands/check.ts';
import { registerCompare } from './commands/compare.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerConform } from './commands/conform.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDescribe } from './commands/describe.ts';
import { registerDiff } from './commands/diff.ts';
import { registerDig } from './commands/dig.ts';
import { registerDnsServe } from './commands/dns-serve.ts';
import { registerDump } from './commands/dump.ts';
import { registerGet } from './commands/get.ts';
import { registerLint } from './commands/lint.ts';
import { registerMatrix } from './commands/matrix.ts';
import { registerRealize } from './commands/realize.ts';
import { registerResolve } from './commands/resolve.ts';
import { registerTrace } from './commands/trace.ts';
import { registerTree } from './commands/tree.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { guarded } from './guard.ts';
import type { Io } from './io.ts';
import { addClusterOptions } from './options.ts';
import { version } from './version.ts';

const EXAMPLES = `
Examples:
  podwalk demo
  podwalk trace pod/client svc/web:80 -t two-nodes
  podwalk trace external svc/web -f cluster.yaml --all
  podwalk dump iptables-save --node node1 -f manifests/
  kubectl get all,nodes,endpointslices,netpol -A -o yaml | podwalk get svc -A -f -
  podwalk dig web.default.svc.cluster.local --from pod/client -t two-nodes
  podwalk lint -f manifests/

Exit status: 0 delivered or true, 1 a valid negative answer, 2 bad usage or input, 3 a bug.
`;

/**
 * Runs one command line. Never throws and never exits: what went wrong is on stderr and in the exit code.
 *
 * @param argv the words after the program's name
 */
export async function main(argv: readonly string[], outside: Io): Promise<number> {
  const io = guarded(outside);
  let code: ExitCode = EXIT.yes;
  const program = createProgram(io, (result) => {
    code = result;
  });
  try {
    if (argv.length === 0) program.outputHelp();
    // What the shells ask, hidden: its words are a line that is being typed, not options of podwalk.
    else if (argv[0] === '__complete') {
      const { complete, formatCompletion } = await import('./completion/complete.ts');
      io.stdout(formatCompletion(complete(program, argv.slice(1))));
    } else await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.yes : EXIT.usage;
    reportBug(error, io);
    return EXIT.bug;
  }
}

/** Commands register with a name, options and a help text only; what they do is imported when they run. */
function createProgram(io: Io, finish: (code: ExitCode) => void): Command {
  const program = new Command('podwalk');
  program
    .description('Walks packets through an emulated Kubernetes cluster, from its manifests alone.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(podwalk --help lists what there is)')
    .addHelpText('after', EXAMPLES);
  addClusterOptions(program);
  for (const register of [
    registerTrace,
    registerDump,
    registerDig,
    registerResolve,
    registerDnsServe,
    registerGet,
    registerDescribe,
    registerTree,
    registerDiff,
    registerCompare,
    registerMatrix,
    registerCheck,
    registerLint,
    registerConform,
    registerRealize,
    registerDemo,
    registerCompletion,
  ])
    register(program, io, finish);
  for (const command of program.commands)
    command.showHelpAfterError(`(podwalk ${command.name()} --help says how it is used)`);
  return program;
}

function reportBug(error: unknown, io: Io): void {
  const message = error instanceof Error ? error.message : String(error);
  io.stderr(`podwalk: internal error: ${message.split('\n')[0]}; this is a bug, please report it\n`);
  if (io.env['PODWALK_DEBUG'] === '1' && error instanceof Error) io.stderr(`${error.stack}\n`);
}
