/** A word as a POSIX shell reads it back. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Lines for the standard input of a command. Unquoted, so that `${P}` may stand in them. */
export function hereDocument(command: string, lines: readonly string[]): string[] {
  const end = endMark(lines);
  return [`${command} <<${end}`, ...lines.map(escapeExpansions), end];
}

/** Lines that the shell leaves as they are. */
export function literalDocument(command: string, lines: readonly string[]): string[] {
  const end = endMark(lines);
  return [`${command} <<'${end}'`, ...lines, end];
}

function endMark(lines: readonly string[]): string {
  return lines.includes('END') ? 'END_OF_TEXT' : 'END';
}

/** Everything but `${P}` stays as written. */
function escapeExpansions(line: string): string {
  return line.replace(/[\\`]|\$(?!\{P\})/g, (sign) => `\\${sign}`);
}
