import { perText } from './per-text.ts';
import type { Watch } from './watch.ts';
import { type YamlChunk, yamlChunks } from './yaml-chunks.ts';
import { readComposed } from './yaml-composed.ts';
import { newCursor, UNUSUAL } from './yaml-cursor.ts';
import { noPlaces, placeAt, type YamlPlace, type YamlPlaces } from './yaml-places.ts';
import { readPlainDocument, skimDocument, type Wanted } from './yaml-plain.ts';
import { MAX_PROBLEMS, type YamlDocument } from './yaml-problem.ts';

/**
 * Parses a text into its documents. Never throws: trouble is among the documents' problems. Each document is read by
 * the plain reader, and by the whole parser where that one gives up.
 *
 * @param wanted which objects' bodies are read; of others there are apiVersion, kind and metadata
 */
export function parseYaml(text: string, wanted?: Wanted, watch?: Watch): YamlDocument[] {
  return yamlChunks(text).map((chunk, index, all) => {
    watch?.('documents', index, all.length);
    return readPlain(text, chunk, wanted) ?? moved(readComposed(sliceOf(text, chunk)), chunk.start);
  });
}

function sliceOf(text: string, chunk: YamlChunk): string {
  return text.slice(chunk.start, chunk.end);
}

/** The document as the plain reader reads it; undefined: it does not. */
export function readPlain(text: string, chunk: YamlChunk, wanted?: Wanted): YamlDocument | undefined {
  if (!chunk.plain) return undefined;
  const cursor = newCursor(text, chunk.body, chunk.end, { wanted });
  try {
    const value = skimDocument(cursor) ?? readPlainDocument(cursor);
    const { repeated, letter } = cursor;
    return {
      value,
      problems: [],
      more: 0,
      repeated: repeated.slice(0, MAX_PROBLEMS),
      moreRepeated: Math.max(0, repeated.length - MAX_PROBLEMS),
      ...(letter < 0 ? {} : { letter: { offset: letter, text: text.charAt(letter) } }),
    };
  } catch (error) {
    if (error === UNUSUAL) return undefined;
    throw error;
  }
}

/** A document whose text began at `base`. */
function moved(document: YamlDocument, base: number): YamlDocument {
  const move = <T extends { readonly offset: number }>(one: T): T => ({ ...one, offset: one.offset + base });
  const { letter } = document;
  return {
    ...document,
    problems: document.problems.map(move),
    repeated: document.repeated.map(move),
    ...(letter === undefined ? {} : { letter: move(letter) }),
  };
}

/** A text's documents, and the tables of places of those that were asked for. */
const documentsOf = perText((text) => ({
  chunks: yamlChunks(text),
  tables: new Map<number, { readonly places: YamlPlaces; readonly base: number }>(),
}));

/** Where the value at `path` of document number `index` stands; the nearest ancestor when it is absent. */
export function locateYaml(
  text: string,
  index: number,
  path: readonly (string | number)[],
): YamlPlace | undefined {
  const { chunks, tables } = documentsOf(text);
  const chunk = chunks[index];
  if (chunk === undefined) return undefined;
  let table = tables.get(index);
  if (table === undefined) {
    table = placesOf(text, chunk);
    tables.set(index, table);
  }
  return placeAt(table.places, path, table.base);
}

function placesOf(text: string, chunk: YamlChunk): { places: YamlPlaces; base: number } {
  const places = plainPlaces(text, chunk);
  if (places !== undefined) return { places, base: 0 };
  const composed = noPlaces();
  readComposed(sliceOf(text, chunk), composed);
  return { places: composed, base: chunk.start };
}

/** Where the values of a document stand, as the plain reader finds them; undefined: it does not read it. */
export function plainPlaces(text: string, chunk: YamlChunk): YamlPlaces | undefined {
  if (!chunk.plain) return undefined;
  const places = noPlaces();
  try {
    readPlainDocument(newCursor(text, chunk.body, chunk.end, { places }));
    return places;
  } catch (error) {
    if (error === UNUSUAL) return undefined;
    throw error;
  }
}
