/** How many texts are remembered: a file, a text inside it, and two more for who goes to and fro. */
const REMEMBERED = 4;

/**
 * What is made once of each text and asked for many times (begins of lines, places of values), kept for the texts
 * that were asked for last.
 */
export function perText<T>(make: (text: string) => T): (text: string) => T {
  const recent: { readonly text: string; readonly made: T }[] = [];
  return (text) => {
    const index = recent.findIndex((one) => one.text === text);
    const known = recent[index];
    if (index === 0 && known !== undefined) return known.made;
    if (known !== undefined) recent.splice(index, 1);
    const entry = known ?? { text, made: make(text) };
    recent.unshift(entry);
    if (recent.length > REMEMBERED) recent.pop();
    return entry.made;
  };
}
