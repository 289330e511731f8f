import { describeObject } from '../../render/index.ts';
import type { ChooseOptions } from '../choose-objects.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openChosen } from '../open-chosen.ts';

export interface DescribeOptions extends ChooseOptions {
  readonly verbose: boolean;
}

/** `podwalk describe TYPE [NAME...]` and `podwalk describe TYPE/NAME...`. Exit 1 when a named object is not there. */
export async function describe(
  words: readonly string[],
  options: DescribeOptions,
  io: Io,
): Promise<ExitCode> {
  const chosen = await openChosen(words, options, io);
  if (chosen === undefined) return EXIT.usage;
  const pages = chosen.listed.flatMap(({ objects }) =>
    objects.map((object) => describeObject(object, chosen.cluster)),
  );
  if (pages.length === 0 && !chosen.missing) {
    const everywhere = options.allNamespaces || chosen.choice.kinds.every(({ namespaced }) => !namespaced);
    io.stderr(`No resources found${everywhere ? '' : ` in ${options.namespace} namespace`}\n`);
  }
  // Two empty lines between objects, as kubectl leaves.
  io.stdout(pages.join('\n\n'));
  return chosen.missing ? EXIT.no : EXIT.yes;
}
