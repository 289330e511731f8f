import { entryKey, type IpSet, type IpSetEntry, type Origin } from '../kernel/index.ts';
import { formatOptions, parseCreate } from './ipset/create.ts';
import { formatElement, parseElement } from './ipset/element.ts';
import { formatExtras, parseExtras } from './ipset/extras.ts';
import type { LineError } from './lines.ts';

export interface IpsetSaveOptions {
  /** False leaves `initval` out, as older versions of ipset do; the number is random in the real kernel. */
  readonly initval?: boolean;
}

/**
 * What `ipset save` of version 7.17 prints of a namespace's sets (`Netns.sets`): each set with its elements, and lists
 * of sets last, as they refer to the others. Elements stand in the order in which they were added; the kernel has them
 * in that of its hash.
 */
export function printIpsetSave(sets: Iterable<IpSet>, options: IpsetSaveOptions = {}): string {
  const all = [...sets];
  const lists = all.filter((set) => set.type === 'list:set');
  const lines: string[] = [];
  for (const set of [...all.filter((one) => one.type !== 'list:set'), ...lists]) {
    lines.push(`${createLine(set, options.initval !== false)}\n`);
    for (const entry of listed(set)) lines.push(`${addLine(set, entry)}\n`);
  }
  return lines.join('');
}

/** A bitmap has its elements by number. */
function listed(set: IpSet): Iterable<IpSetEntry> {
  const entries = set.entries.values();
  return set.type === 'bitmap:port' ? [...entries].sort((a, b) => portIn(a) - portIn(b)) : entries;
}

function portIn({ fields: [field] }: IpSetEntry): number {
  return field?.kind === 'port' ? field.port : 0;
}

function createLine(set: Pick<IpSet, 'name' | 'type' | 'options'>, initval: boolean): string {
  return `create ${set.name} ${set.type} ${formatOptions(set, initval)}`;
}

function addLine(set: IpSet, entry: IpSetEntry): string {
  const element = formatElement(entry.fields, set.options.family ?? 4);
  return `add ${set.name} ${element}${formatExtras(entry, set.options)}`;
}

export type IpsetSaveResult =
  | { readonly ok: true; readonly sets: readonly IpSet[] }
  | { readonly ok: false; readonly errors: readonly LineError[] };

/**
 * Reads what `ipset save` printed, with or without `initval`. Strict: a line that the tool would print in another way
 * is an error with its number.
 */
export function parseIpsetSave(text: string, origin: Origin = { program: 'user' }): IpsetSaveResult {
  const sets = new Map<string, IpSet>();
  const errors: LineError[] = [];
  const lines = text.split('\n');
  if (lines.pop() !== '') errors.push({ line: lines.length + 1, message: 'the last line has no newline' });
  lines.forEach((line, index) => {
    const problem = readLine(sets, line, origin);
    if (problem !== undefined) errors.push({ line: index + 1, message: problem });
  });
  return errors.length === 0 ? { ok: true, sets: [...sets.values()] } : { ok: false, errors };
}

function readLine(sets: Map<string, IpSet>, line: string, origin: Origin): string | undefined {
  const [command, name = ''] = line.split(' ');
  if (command === 'create') return readCreate(sets, line, origin);
  if (command !== 'add') return 'expected "create NAME TYPE ..." or "add NAME ELEMENT ..."';
  const set = sets.get(name);
  if (set === undefined) return `set "${name}" was not created`;
  return readAdd(set, line, origin);
}

function readCreate(sets: Map<string, IpSet>, line: string, origin: Origin): string | undefined {
  const created = parseCreate(line.split(' ').slice(1));
  if (typeof created === 'string') return created;
  if (sets.has(created.name)) return `set "${created.name}" was already created`;
  const canonical = createLine(created, / initval /.test(line));
  if (canonical !== line) return `not as the tool prints it: expected ${JSON.stringify(canonical)}`;
  sets.set(created.name, { ...created, entries: new Map(), origin, generation: 0 });
  return undefined;
}

function readAdd(set: IpSet, line: string, origin: Origin): string | undefined {
  const rest = line.slice(`add ${set.name} `.length);
  const [word = ''] = rest.split(' ');
  const fields = parseElement(word, set);
  if (fields === undefined) return `"${word}" is no element of a ${set.type}`;
  const extras = parseExtras(rest.slice(word.length));
  if (extras === undefined) return `expected options of an element, got "${rest.slice(word.length + 1)}"`;
  const entry: IpSetEntry = { fields, ...extras, origin };
  const canonical = addLine(set, entry);
  if (canonical !== line) return `not as the tool prints it: expected ${JSON.stringify(canonical)}`;
  const key = entryKey(fields);
  if (set.entries.has(key)) return `element ${word} is already in set "${set.name}"`;
  set.entries.set(key, entry);
  return undefined;
}
