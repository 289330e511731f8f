import { behindBlanks, stepOf, walkJson } from './json-walk.ts';
import { perText } from './per-text.ts';
import { closeRow, noPlaces, openRow, placeAt, type YamlPlace, type YamlPlaces } from './yaml-places.ts';

/** Levels of a text's own table: of a List it holds the items, whose tables are made when they are asked for. */
const TOP_LEVELS = 2;

interface JsonPlaces {
  /** One for each value of the text. */
  readonly tops: readonly YamlPlaces[];
  /** The table of the value that was asked for last. */
  recent: { readonly offset: number; readonly places: YamlPlaces } | undefined;
}

const placesOf = perText((text): JsonPlaces => {
  const tops: YamlPlaces[] = [];
  for (let at = behindBlanks(text, 0); at < text.length; ) {
    const { places, end } = tableOf(text, at, TOP_LEVELS);
    tops.push(places);
    if (end === undefined) break;
    at = end;
  }
  return { tops, recent: undefined };
});

/** Where the value at `path` of value number `index` of a text stands; the nearest ancestor when it is absent. */
export function locateJson(
  text: string,
  index: number,
  path: readonly (string | number)[],
): YamlPlace | undefined {
  const known = placesOf(text);
  const top = known.tops[index];
  if (top === undefined) return undefined;
  const head = path.slice(0, TOP_LEVELS);
  const place = placeAt(top, head, 0);
  if (place === undefined || !place.exact || path.length <= TOP_LEVELS) return place;
  if (known.recent?.offset !== place.value) {
    const { places } = tableOf(text, place.value, Number.POSITIVE_INFINITY);
    known.recent = { offset: place.value, places };
  }
  const inner = placeAt(known.recent.places, path.slice(TOP_LEVELS), 0);
  // Nothing of it is there: what is meant is the item.
  return inner === undefined || (!inner.exact && inner.value === place.value)
    ? { ...place, exact: false }
    : inner;
}

/** The places of a value and of what is in it, down to some level, and the offset behind it. */
function tableOf(
  text: string,
  offset: number,
  levels: number,
): { places: YamlPlaces; end: number | undefined } {
  const places = noPlaces();
  const open: number[] = [];
  const end = walkJson(text, offset, {
    value: (at, frames) => {
      if (frames.length > levels) return;
      const frame = frames.at(-1);
      const step = frame === undefined ? '' : stepOf(frame);
      const keyStart = frame?.keys === undefined ? -1 : frame.keyOffset;
      open[frames.length] = openRow(places, step, keyStart, at);
    },
    close: (frames) => {
      const row = frames.length - 1 > levels ? undefined : open[frames.length - 1];
      if (row !== undefined) closeRow(places, row);
    },
  });
  return { places, end: typeof end === 'number' ? end : undefined };
}
