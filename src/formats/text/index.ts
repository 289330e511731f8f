/**
 * # text: words of the input in texts of every kind
 *
 * A writer for each kind of text that goes out: a terminal's, JSON, XML. Whatever a manifest or a command line says is data there:
 * it ends no line, no quote and no element, and moves no cursor.
 *
 * Guarantees: the same characters are escaped everywhere (`HOSTILE`); JSON and XML stay what they are for every string;
 * a text without such characters is not changed.
 *
 * Leaves out: the shell, whose words are the lab's.
 */
export { jsonText } from './json-text.ts';
export { guardOutput, wantsColour } from './terminal.ts';
export { isHostile, visible, visibleDeep, visibleLines } from './visible.ts';
export { xmlText } from './xml-text.ts';
