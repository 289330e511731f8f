import { jsonText } from '../../formats/text/index.ts';
import { renderTree, treeOf } from '../../render/index.ts';
import type { ChooseOptions } from '../choose-objects.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openChosen } from '../open-chosen.ts';

export interface TreeOptions extends ChooseOptions {
  readonly output?: 'text' | 'json';
  readonly verbose: boolean;
}

/** `podwalk tree TYPE [NAME...]` and `podwalk tree TYPE/NAME...`. Exit 1 when a named object is not there. */
export async function tree(words: readonly string[], options: TreeOptions, io: Io): Promise<ExitCode> {
  const chosen = await openChosen(words, options, io);
  if (chosen === undefined) return EXIT.usage;
  const trees = chosen.listed.flatMap(({ objects }) =>
    objects.map((object) => treeOf(object, chosen.cluster)),
  );
  if (options.output === 'json') io.stdout(trees.map((root) => `${jsonText(root, 2)}\n`).join(''));
  else io.stdout(trees.map(renderTree).join('\n'));
  return chosen.missing ? EXIT.no : EXIT.yes;
}
