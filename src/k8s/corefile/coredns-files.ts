import { child, type Field, isRecord } from '../field.ts';
import type { CorefileFile } from './read-corefile.ts';

/** Where the Corefile is in CoreDNS' container; relative paths are from there. */
const FOLDER = '/etc/coredns';
/** Where k3s, AKS and DigitalOcean put the ConfigMap coredns-custom. */
const CUSTOM = `${FOLDER}/custom`;
/** What k3s writes beside the Corefile, if it does: a line for each node. */
const NODE_HOSTS = `${FOLDER}/NodeHosts`;

/**
 * The files of CoreDNS that are keys of ConfigMaps: those of its own beside the Corefile, those of coredns-custom below
 * `custom`.
 */
export function coreDnsFiles(
  own: Field,
  custom: readonly Field[],
): (pattern: string) => readonly CorefileFile[] | undefined {
  return (pattern) => {
    const path = pattern.startsWith('/') ? pattern : `${FOLDER}/${pattern.replace(/^(\.\/)+/, '')}`;
    const slash = path.lastIndexOf('/');
    const folder = path.slice(0, slash);
    const matches = globOf(path.slice(slash + 1));
    if (folder === CUSTOM) return custom.flatMap((map) => filesOf(map, matches));
    if (folder !== FOLDER) return undefined;
    const found = filesOf(own, matches);
    if (found.length > 0 || path !== NODE_HOSTS) return found;
    return [{ name: 'NodeHosts', text: '', field: own }];
  };
}

function filesOf(map: Field, matches: (name: string) => boolean): CorefileFile[] {
  const data = child(map, 'data');
  if (!isRecord(data.value)) return [];
  return Object.entries(data.value)
    .filter(([name]) => name !== 'Corefile' && matches(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, text]) => (typeof text === 'string' ? [{ name, text, field: child(data, name) }] : []));
}

/** filepath.Glob, as far as names of keys need it. */
function globOf(pattern: string): (name: string) => boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const expression = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
  return (name) => expression.test(name);
}
