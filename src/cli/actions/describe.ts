import { describeObject } from '../../render/index.ts';
import { type ChooseOptions, chooseObjects, readChoice } from '../choose-objects.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openCluster } from '../open-cluster.ts';

export interface DescribeOptions extends ChooseOptions {
  readonly verbose: boolean;
}

/** `podwalk describe TYPE [NAME...]` and `podwalk describe TYPE/NAME...`. Exit 1 when a named object is not there. */
export async function describe(
  words: readonly string[],
  options: DescribeOptions,
  io: Io,
): Promise<ExitCode> {
  const choice = readChoice(words);
  if (typeof choice === 'string') {
    io.stderr(`error: ${choice}\n`);
    return EXIT.usage;
  }
  const cluster = await openCluster(options, io, options.verbose);
  if (cluster === undefined) return EXIT.usage;
  const chosen = chooseObjects(choice, cluster, options, io);
  if (typeof chosen === 'string') {
    io.stderr(`error: ${chosen}\n`);
    return EXIT.usage;
  }
  const pages = chosen.listed.flatMap(({ objects }) =>
    objects.map((object) => describeObject(object, cluster)),
  );
  if (pages.length === 0 && !chosen.missing) {
    const everywhere = options.allNamespaces || choice.kinds.every(({ namespaced }) => !namespaced);
    io.stderr(`No resources found${everywhere ? '' : ` in ${options.namespace} namespace`}\n`);
  }
  // Two empty lines between objects, as kubectl leaves.
  io.stdout(pages.join('\n\n'));
  return chosen.missing ? EXIT.no : EXIT.yes;
}
