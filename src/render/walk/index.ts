/**
 * # walk: traces for people and programs
 *
 * The part of render that shows traces, by itself: a walk on the command line loads nothing else. See render.
 */
export { COLOUR, type Paint, PLAIN, paintFor } from '../colour.ts';
export { renderJson, renderJsonLine } from '../json.ts';
export { renderText, type TextOptions } from '../text.ts';
