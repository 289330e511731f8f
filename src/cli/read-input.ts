import { readSources, type Sources } from '../k8s/index.ts';
import type { Io } from './io.ts';
import { renderKustomization } from './kustomize.ts';
import type { InputOptions } from './options.ts';

/** Everything that the options name as input: the paths in order, then what kustomizations render to. */
export function readInput(
  paths: readonly string[],
  { recursive, kustomize = [], skipInvalid }: InputOptions,
  io: Pick<Io, 'stdin' | 'env'>,
): Sources {
  const read = readSources(paths, io.stdin, {
    recursive: recursive === true,
    skipInvalid: skipInvalid === true,
  });
  const rendered = kustomize.map((folder) => renderKustomization(folder, io));
  return {
    sources: [read, ...rendered].flatMap(({ sources }) => sources),
    diagnostics: [read, ...rendered].flatMap(({ diagnostics }) => diagnostics),
  };
}
