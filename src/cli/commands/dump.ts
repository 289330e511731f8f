import { Argument, Option } from 'commander';
import type { DumpOptions } from '../actions/dump.ts';
import type { Register } from '../context.ts';
import { DUMPS, PROGRAMS } from '../dumps.ts';

export const registerDump: Register = (program, io, finish) => {
  program
    .command('dump')
    .summary("print a namespace's state as the real tools do")
    .description(
      'Prints the state of a node or pod as iptables-save, ip, bridge, ipset, ipvsadm, conntrack and sysctl print it, and what it ' +
        'has for looking up names: /etc/resolv.conf, /etc/hosts, the variables of Services.',
    )
    .addArgument(new Argument('<WHAT>', 'which tool').choices(Object.keys(DUMPS)))
    .option('--node <name>', 'of a node')
    .option('--pod <[ns/]name>', 'of a pod')
    .addOption(new Option('--program <name>', 'as if only that program had run').choices(PROGRAMS))
    .option('--dev <name>', 'of one device')
    .option(
      '--after <flow>',
      "the state that a flow 'SRC DST [-p udp]' leaves behind; repeatable",
      (value: string, before: readonly string[]) => [...before, value],
      [] as readonly string[],
    )
    .addOption(
      new Option(
        '-L <nc>',
        'of ipvsadm: -Lnc lists the connections that --after leaves, -Ln the servers',
      ).choices(['n', 'nc']),
    )
    .option('-v, --verbose', 'notes on the input too', false)
    .action(async (what: keyof typeof DUMPS, _, command) => {
      const { dump } = await import('../actions/dump.ts');
      finish(await dump(what, command.optsWithGlobals() as DumpOptions, io));
    });
};
