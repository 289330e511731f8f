import type { LineChange, PlaceChanges, TextChanges } from '../cluster/diff/index.ts';
import { jsonText, visible } from '../formats/text/index.ts';
import type { Paint } from './colour.ts';
import type { FieldChange, ObjectChange } from './object-changes.ts';

/** Everything that differs between two clusters. */
export interface ClusterDiff {
  readonly objects: readonly ObjectChange[];
  readonly places: readonly PlaceChanges[];
}

/** A diff in the manner of `diff -u` without context: what is changed behind `@@`, lines behind `-` and `+`. */
export function renderDiff(diff: ClusterDiff, names: readonly [string, string], paint: Paint): string {
  const { objects, places } = diff;
  if (objects.length === 0 && places.length === 0) return '';
  const [before, after] = names;
  return [
    paint.strong(`--- ${visible(before)}`),
    paint.strong(`+++ ${visible(after)}`),
    ...(objects.length === 0
      ? []
      : [heading('objects', paint), ...objects.flatMap((one) => objectLines(one, paint))]),
    ...sharedChanges(places).flatMap((shared) => sharedLines(shared, paint)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function heading(text: string, paint: Paint): string {
  return paint.strong(`@@ ${visible(text)} @@`);
}

const added = (text: string, paint: Paint): string => paint.good(`+${visible(text)}`);
const removed = (text: string, paint: Paint): string => paint.bad(`-${visible(text)}`);

function objectLines({ change, kind, namespace, name, fields }: ObjectChange, paint: Paint): string[] {
  const text = `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
  if (change === 'added') return [added(text, paint)];
  if (change === 'removed') return [removed(text, paint)];
  return [` ${visible(text)}`, ...fields.flatMap((field) => fieldLines(field, paint))];
}

function fieldLines({ path, before, after }: FieldChange, paint: Paint): string[] {
  return [
    ...(before === undefined ? [] : [removed(`  ${path}: ${jsonText(before)}`, paint)]),
    ...(after === undefined ? [] : [added(`  ${path}: ${jsonText(after)}`, paint)]),
  ];
}

/** Changes that are the same in several places, told once. */
interface Shared {
  readonly text: TextChanges;
  readonly places: string[];
}

/** What changed where, in order of the first place; what several nodes have in common stands there for all. */
function sharedChanges(places: readonly PlaceChanges[]): Shared[] {
  const found = new Map<string, Shared>();
  for (const place of places) {
    const name = nameOf(place);
    if (place.texts.length === 0) found.set(name, { text: NOTHING, places: [name] });
    for (const text of place.texts) {
      const known = JSON.stringify([place.kind, text]);
      const shared = found.get(known);
      if (shared === undefined) found.set(known, { text, places: [name] });
      else shared.places.push(name);
    }
  }
  return [...found.values()];
}

const NOTHING: TextChanges = { command: 'ip link', lines: [] };

function nameOf({ kind, name, change }: PlaceChanges): string {
  return `${kind === 'node' ? name : `${kind} ${name}`}${change === undefined ? '' : ` (${change})`}`;
}

function sharedLines({ text, places }: Shared, paint: Paint): string[] {
  const where = places.join(', ');
  if (text.lines.length === 0) return [heading(where, paint)];
  return [
    heading(`${where}: ${commandOf(text)}`, paint),
    ...text.lines.map((line) => changeLine(line, paint)),
  ];
}

function commandOf({ command, table, chain }: TextChanges): string {
  return table === undefined ? command : `${command} -t ${table}, chain ${chain}`;
}

function changeLine({ change, text }: LineChange, paint: Paint): string {
  return change === 'added' ? added(text, paint) : removed(text, paint);
}
