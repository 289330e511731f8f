/** Whether a name can be put into a query: no empty label, none over 63 bytes, 253 in all (RFC 1035 section 2.3.4). */
export function isDomainName(name: string): boolean {
  if (name === '.') return true;
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  return plain.length <= 253 && plain.split('.').every((label) => label !== '' && label.length <= 63);
}

/** What glibc takes for a host's name (res_hnok): letters, digits, `-`, `_` and dots, no hyphen at the front. */
export function isHostName(name: string): boolean {
  return /^[A-Za-z0-9_.][-A-Za-z0-9_.]*$/.test(name);
}

/** `web` below `example.com.`: `web.example.com.` */
export function below(name: string, suffix: string): string {
  const bare = suffix.endsWith('.') ? suffix.slice(0, -1) : suffix;
  return bare === '' ? absolute(name) : `${name}.${bare}.`;
}

/** With its final dot. */
export function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

export function dotsIn(name: string): number {
  let dots = 0;
  for (const character of name) if (character === '.') dots++;
  return dots;
}
