import { stringify } from 'yaml';

/** Plain values as YAML in kubectl's manner: two spaces, list dashes not indented, no folding, no aliases. */
export function renderYaml(value: unknown): string {
  return stringify(value, { version: '1.1', indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false });
}
