import { Document, isScalar, Scalar, visit } from 'yaml';
import { isHostile, visibleLines } from '../formats/text/index.ts';

/**
 * Plain values as YAML in kubectl's manner: two spaces, list dashes not indented, no folding, no aliases. Strings with
 * characters that a terminal obeys stand in double quotes, where they are written as escapes (YAML 1.1, section 5.7).
 */
export function renderYaml(value: unknown): string {
  const document = new Document(value, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && typeof node.value === 'string' && isHostile(node.value.replace(/[\n\t]/g, '')))
        node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const text = document.toString({
    indentSeq: false,
    lineWidth: 0,
    doubleQuotedMinMultiLineLength: Infinity,
  });
  // Whatever is left of them stands between double quotes.
  return visibleLines(text.replace(/[\u{e0000}-\u{e007f}]/gu, longEscape));
}

/** Beyond 16 bits YAML has an escape of its own. */
function longEscape(character: string): string {
  return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;
}
