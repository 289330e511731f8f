/** A word as a shell takes it, for the commands that fixes name: a name of a file may hold anything. */
export function shellWord(text: string): string {
  return /^[\w.:/@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
