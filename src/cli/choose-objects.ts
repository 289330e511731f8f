import type { Cluster } from '../cluster/index.ts';
import { didYouMean, type Meta } from '../k8s/index.ts';
import {
  ALL_KINDS,
  findKind,
  KINDS,
  type KindInfo,
  kindWords,
  type Listed,
  listObjects,
} from '../render/index.ts';
import type { Io } from './io.ts';
import { parseLabelQuery } from './label-query.ts';
import type { ClusterOptions } from './options.ts';

/** What the words of `get`, `describe` and `tree` name: kinds, and names of each; no names: all of them. */
export interface Choice {
  readonly kinds: readonly KindInfo[];
  /** By plural; every kind that names were given for. */
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/** Reads `TYPE[,TYPE...] [NAME...]` or `TYPE/NAME...`, as kubectl does; a string is what is wrong. */
export function readChoice(words: readonly string[]): Choice | string {
  const [first = '', ...rest] = words;
  if (!words.some((word) => word.includes('/'))) {
    const kinds: KindInfo[] = [];
    for (const word of first.split(',')) {
      const found =
        word === 'all' ? KINDS.filter(({ plural }) => ALL_KINDS.includes(plural)) : [findKind(word)];
      for (const info of found) {
        if (info === undefined) return unknownKind(word);
        if (!kinds.includes(info)) kinds.push(info);
      }
    }
    return { kinds, names: new Map(rest.length === 0 ? [] : kinds.map(({ plural }) => [plural, rest])) };
  }
  const names = new Map<string, string[]>();
  const kinds: KindInfo[] = [];
  for (const word of words) {
    const [type = '', name, ...more] = word.split('/');
    if (name === undefined || name === '' || more.length > 0) {
      return `"${word}" is no TYPE/NAME; there is no need to specify a resource type as a separate argument when passing arguments in resource/name form`;
    }
    const info = findKind(type);
    if (info === undefined) return unknownKind(type);
    if (!kinds.includes(info)) kinds.push(info);
    names.set(info.plural, [...(names.get(info.plural) ?? []), name]);
  }
  return { kinds, names };
}

function unknownKind(word: string): string {
  const near = didYouMean(word, kindWords());
  const hint =
    near === undefined
      ? `; there are ${KINDS.map(({ plural, names }) => names[1] ?? plural).join(', ')}`
      : ` (did you mean "${near}"?)`;
  return `unknown kind "${word}"${hint}`;
}

export interface ChooseOptions extends ClusterOptions {
  readonly selector?: string;
}

/** What was chosen, and whether a name was not there. */
export interface Chosen {
  readonly listed: readonly Listed[];
  readonly missing: boolean;
}

/** The objects of a choice; what is not there is said on stderr. A string is what is wrong with the options. */
export function chooseObjects(
  choice: Choice,
  cluster: Cluster,
  options: ChooseOptions,
  io: Io,
): Chosen | string {
  const query = parseLabelQuery(options.selector ?? '');
  if (!query.ok)
    return `-l: "${query.term}" is no requirement on a label: write key=value, key!=value, key in (a,b), key or !key`;
  if (options.selector !== undefined && choice.names.size > 0)
    return 'a name cannot be given together with -l';
  let missing = false;
  const listed = choice.kinds.map((info) => {
    const inScope = (meta: Meta): boolean =>
      (!info.namespaced || options.allNamespaces || meta.namespace === options.namespace) &&
      query.query(meta.labels);
    const names = choice.names.get(info.plural);
    if (names === undefined) return listObjects(info, cluster.objects, inScope);
    const all = listObjects(info, cluster.objects, inScope).objects.map(({ meta }) => meta.name);
    const known = new Set(all);
    for (const name of names) {
      if (known.has(name)) continue;
      missing = true;
      io.stderr(`error: ${info.plural} "${name}" not found${whereElse(info, name, all, cluster, options)}\n`);
    }
    const wanted = new Set(names);
    return listObjects(info, cluster.objects, (meta) => wanted.has(meta.name) && inScope(meta));
  });
  return { listed, missing };
}

/** Where an object of this name is, or what name is near. */
function whereElse(
  info: KindInfo,
  name: string,
  all: readonly string[],
  cluster: Cluster,
  options: ClusterOptions,
): string {
  const near = didYouMean(name, all);
  if (near !== undefined) return ` (did you mean "${near}"?)`;
  if (!info.namespaced || options.allNamespaces) return '';
  const [other] = listObjects(info, cluster.objects, (meta) => meta.name === name).objects;
  return other === undefined
    ? ` in namespace "${options.namespace}"`
    : ` in namespace "${options.namespace}" (there is one in "${other.meta.namespace}": use -n)`;
}
