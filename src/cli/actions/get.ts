import { jsonText } from '../../formats/text/index.ts';
import { type Listed, type ListedObject, manifestOf, renderYaml } from '../../render/index.ts';
import type { Choice, ChooseOptions } from '../choose-objects.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openChosen } from '../open-chosen.ts';

export interface GetOptions extends ChooseOptions {
  readonly output?: 'wide' | 'json' | 'yaml' | 'name';
  readonly headers: boolean;
  readonly verbose: boolean;
}

/** `podwalk get TYPE[,TYPE...] [NAME...]` and `podwalk get TYPE/NAME...`. Exit 1 when a named object is not there. */
export async function get(words: readonly string[], options: GetOptions, io: Io): Promise<ExitCode> {
  const chosen = await openChosen(words, options, io);
  if (chosen === undefined) return EXIT.usage;
  print(chosen.listed, chosen.choice, options, io);
  return chosen.missing ? EXIT.no : EXIT.yes;
}

function print(listed: readonly Listed[], choice: Choice, options: GetOptions, io: Io): void {
  if (options.output === 'json' || options.output === 'yaml') {
    const manifest = asOne(
      listed.flatMap(({ objects }) => objects),
      choice,
    );
    if (manifest === undefined) return;
    io.stdout(options.output === 'json' ? `${jsonText(manifest, 4)}\n` : renderYaml(manifest));
    return;
  }
  const found = listed.filter(({ objects }) => objects.length > 0);
  if (found.length === 0) {
    if (choice.names.size > 0) return;
    const everywhere = options.allNamespaces || choice.kinds.every(({ namespaced }) => !namespaced);
    io.stderr(`No resources found${everywhere ? '' : ` in ${options.namespace} namespace`}\n`);
    return;
  }
  if (options.output === 'name') {
    io.stdout(found.map(({ names }) => names).join(''));
    return;
  }
  const layout = {
    wide: options.output === 'wide',
    withNamespace: options.allNamespaces,
    withKind: choice.kinds.length > 1,
  };
  const tables = found.map((list) => list.table(layout));
  io.stdout(
    tables.map((table) => (options.headers ? table : table.slice(table.indexOf('\n') + 1))).join('\n'),
  );
}

/** As kubectl: the object itself when one was asked for by name, else a List. */
function asOne(objects: readonly ListedObject[], choice: Choice): unknown {
  const asked = [...choice.names.values()].reduce((sum, names) => sum + names.length, 0);
  const [first] = objects;
  if (asked === 1 && choice.kinds.length === 1) return first === undefined ? undefined : manifestOf(first);
  return {
    apiVersion: 'v1',
    items: objects.map(manifestOf),
    kind: 'List',
    metadata: { resourceVersion: '' },
  };
}
