/**
 * # render/names: a lookup as text
 *
 * Guarantees: every query that was sent is a line, in order; the last lines say what the program got.
 *
 * Leaves out: JSON, which is the Resolution itself.
 */
export { renderResolution } from './render-resolution.ts';
