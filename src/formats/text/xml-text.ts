import { escaped, visibleLines } from './visible.ts';

const MARKUP: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // As references, so that they stay what they are in an attribute (XML 1.0, section 3.3.3).
  '\n': '&#10;',
  '\t': '&#9;',
};

/**
 * Text for the content of an XML element or for an attribute in quotes. Every string gives a well-formed document:
 * characters that XML 1.0 forbids (section 2.2: most controls, U+FFFE, U+FFFF, halves of surrogate pairs) cannot be written
 * as references either, and stand there as `\u001b`; so do those that act on a terminal.
 */
export function xmlText(text: string): string {
  return visibleLines(text)
    .replace(/[\ufffe\uffff]/g, escaped)
    .replace(/[&<>"'\n\t]/g, (character) => MARKUP[character] ?? character);
}
