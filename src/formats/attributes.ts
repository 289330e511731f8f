/**
 * `name value name value ...`, as iproute2's detailed output prints what a device type knows of itself. The
 * values are kept as text; a table says which names may come, in which order, and what their values look like.
 */
export interface Attribute {
  readonly name: string;
  /** Empty for words that stand alone, such as `nolearning`. */
  readonly value: string;
}

export type AttributeShape = 'int' | 'hex' | 'switch' | 'word' | 'pair' | 'bridge-id' | 'timer' | 'alone';
export type AttributeTable = readonly (readonly [name: string, shape: AttributeShape])[];

const PATTERN: { readonly [S in AttributeShape]: RegExp } = {
  int: /\d+ /y,
  hex: /0x[0-9a-f]+ /y,
  switch: /(?:on|off) /y,
  word: /\S+ /y,
  pair: /\S+ \S+ /y,
  'bridge-id': /[0-9a-f]{4}\.[0-9a-f:]+ /y,
  timer: / {0,6}\d+\.\d\d /y,
  alone: /(?:)/y,
};

/** printf's `%4i.%.2i`: hundredths of a second, the value ends in column 7. */
const TIMER_WIDTH = 7;

export function formatAttributes(attributes: readonly Attribute[], table: AttributeTable): string {
  const shapes = new Map(table);
  return attributes
    .map(({ name, value }) => {
      const shape = shapes.get(name);
      if (shape === 'alone') return `${name} `;
      return `${name} ${shape === 'timer' ? value.padStart(TIMER_WIDTH) : value} `;
    })
    .join('');
}

/** Reads as many attributes of the table as follow one another from `from`; the caller looks at what is left. */
export function readAttributes(
  text: string,
  from: number,
  table: AttributeTable,
): { readonly attributes: Attribute[]; readonly end: number } {
  const attributes: Attribute[] = [];
  let end = from;
  for (const [name, shape] of table) {
    if (!text.startsWith(`${name} `, end)) continue;
    const pattern = PATTERN[shape];
    pattern.lastIndex = end + name.length + 1;
    const match = pattern.exec(text);
    if (match === null) break;
    attributes.push({ name, value: match[0].trim() });
    end += name.length + 1 + match[0].length;
  }
  return { attributes, end };
}

/** Attributes of a table from plain values, in the table's order; names without a value are left out. */
export function attributesOf(
  table: AttributeTable,
  values: { readonly [name: string]: string | number | boolean | undefined },
): Attribute[] {
  const attributes: Attribute[] = [];
  for (const [name, shape] of table) {
    const value = values[name];
    if (value === undefined || (shape === 'alone' && value === false)) continue;
    if (shape === 'alone') attributes.push({ name, value: '' });
    else if (typeof value === 'boolean') attributes.push({ name, value: value ? 'on' : 'off' });
    else attributes.push({ name, value: String(value) });
  }
  return attributes;
}
