import { stableSuffix } from '../../k8s/index.ts';

/** maxGeneratedNameLength of k8s.io/apiserver's SimpleNameGenerator: 63 characters, five of them drawn. */
const MAX_PREFIX = 58;

/** Names of pods by namespace; those of the input are taken. */
export type TakenNames = Map<string, Set<string>>;

/** A generated name, drawn from what the pod is and not at random; another one where that is taken. */
export function generatedName(namespace: string, prefix: string, number: number, taken: TakenNames): string {
  let names = taken.get(namespace);
  if (names === undefined) {
    names = new Set();
    taken.set(namespace, names);
  }
  const head = prefix.slice(0, MAX_PREFIX);
  let name = '';
  for (let attempt = 0; name === '' || names.has(name); attempt++) {
    name = `${head}${stableSuffix(`${namespace}/${prefix}/${number}${'+'.repeat(attempt)}`)}`;
  }
  names.add(name);
  return name;
}
