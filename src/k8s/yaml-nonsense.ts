/** Marks that YAML never has twice in a row, and escapes that no quoted text may have, before it is given up. */
const MAX_NONSENSE = 100;
const BAD_ESCAPE =
  /\\(?:[^0abtnvfrexuUNLP_ "/\\\t\r\n]|x(?![0-9a-fA-F]{2})|u(?![0-9a-fA-F]{4})|U(?![0-9a-fA-F]{8})|\\)/g;

/**
 * Whether the lexemes so far are nonsense that the composer would answer with an error each: runs of anchors,
 * tags, aliases or commas, and floods of bad escapes. A megabyte of them would take it many seconds.
 */
export function nonsenseDetector(): (lexeme: string) => boolean {
  let previous = '';
  let run = 0;
  return (lexeme) => {
    const first = lexeme[0] ?? '';
    if (first === ' ' || first === '\n' || first === '\r' || first === '\t') return false;
    run = first === previous && '&!*,'.includes(first) ? run + 1 : 0;
    previous = first;
    return (
      run > MAX_NONSENSE || (first === '"' && lexeme.length > 1000 && countBadEscapes(lexeme) > MAX_NONSENSE)
    );
  };
}

function countBadEscapes(lexeme: string): number {
  let count = 0;
  for (const [match] of lexeme.matchAll(BAD_ESCAPE)) {
    // An escaped backslash is no mistake, but must be stepped over as a whole.
    if (match !== '\\\\' && ++count > MAX_NONSENSE) break;
  }
  return count;
}
