import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../../src/k8s/yaml-text.ts';
import { codes, diagnose, loadFine } from './fixtures.ts';

function read(text: string): unknown {
  const [document] = parseYaml(text);
  expect(document?.problems).toEqual([]);
  return JSON.parse(JSON.stringify(document?.value));
}

describe('YAML is read as kubectl reads it', () => {
  test('yes, no, on and off are booleans, and octal, hexadecimal and underscored numbers are integers', () => {
    expect(read('[yes, No, on, OFF, true, 010, 0o10, 0x1f, 0b11, 1_000, -7, +7, 1e3, .5]')).toEqual([
      true,
      false,
      true,
      false,
      true,
      8,
      8,
      31,
      3,
      1000,
      -7,
      7,
      1000,
      0.5,
    ]);
  });

  test('dates, base 60, versions and anything in quotes are text', () => {
    const items = [
      '2026-01-01',
      '2026-01-01T00:00:00Z',
      '22:22',
      '1.2.3',
      '08',
      '1e',
      '"yes"',
      "'010'",
      '!!str 5',
    ];
    expect(read(`[${items.join(', ')}]`)).toEqual([
      '2026-01-01',
      '2026-01-01T00:00:00Z',
      '22:22',
      '1.2.3',
      // Not octal, but a float to go-yaml's yamlStyleFloat.
      8,
      '1e',
      'yes',
      '010',
      '5',
    ]);
  });

  test('~, null and nothing are null', () => {
    expect(read('{a: ~, b: null, c: , d: ""}')).toEqual({ a: null, b: null, c: null, d: '' });
  });

  test('merge keys give what is not there already', () => {
    expect(read('base: &b {a: 1, b: 2}\nmore:\n  <<: *b\n  b: 3')).toEqual({
      base: { a: 1, b: 2 },
      more: { a: 1, b: 3 },
    });
  });

  test('a bare y stays text, with a warning that kubectl differs', () => {
    const text = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: y\n';
    expect(loadFine(text).namespaces[0]?.meta.name).toBe('y');
    expect(diagnose(text)).toEqual([
      expect.objectContaining({ code: 'PW107', position: { file: 'test.yaml', line: 4, column: 9 } }),
    ]);
  });

  test('a key called __proto__ is a key like any other', () => {
    const [document] = parseYaml('__proto__: {kind: Pod}');
    const value = document?.value;
    expect(value).toBeTypeOf('object');
    expect(Object.keys(value ?? {})).toEqual(['__proto__']);
    expect(Reflect.get(Object(value), 'kind')).toBeUndefined();
  });

  test('empty documents are skipped and the others are read', () => {
    const text = '---\n# nothing\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n';
    expect(loadFine(text).namespaces.map((n) => n.meta.name)).toEqual(['a']);
  });

  test('a List, lists in it and typed lists give their items', () => {
    const text =
      'kind: List\napiVersion: v1\nitems:\n- {kind: Namespace, apiVersion: v1, metadata: {name: a}}\n' +
      '- kind: NamespaceList\n  apiVersion: v1\n  items: [{metadata: {name: b}}, {metadata: {name: c}}]\n';
    expect(loadFine(text).namespaces.map((n) => n.meta.name)).toEqual(['a', 'b', 'c']);
  });

  test('other kinds are counted, and those of other groups under their own name', () => {
    const text =
      'kind: Secret\napiVersion: v1\nmetadata: {name: a}\n---\nkind: Service\napiVersion: serving.knative.dev/v1\nmetadata: {name: a}\n---\nkind: Secret\napiVersion: v1\nmetadata: {name: b}\n';
    expect([...loadFine(text).ignored]).toEqual([
      ['Secret', 2],
      ['Service.serving.knative.dev', 1],
    ]);
  });
});

describe('nonsense gets a diagnostic and no exception', () => {
  const huge: readonly (readonly [string, string, string])[] = [
    ['a hundred thousand open brackets', `x: ${'['.repeat(100_000)}`, 'error PW106'],
    ['a hundred thousand dashes', '- '.repeat(100_000), 'error PW106'],
    ['deep JSON', '[{"a":'.repeat(100_000), 'error PW106'],
    ['deep JSON that is closed', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'error PW106'],
    ['lines that are no YAML', 'a: b: c: [}{\n'.repeat(50_000), 'error PW103'],
    ['an unending JSON string', `{"a": "${'x'.repeat(1_000_000)}`, 'error PW104'],
    ['two hundred thousand anchors', '&a '.repeat(200_000), 'error PW103'],
    ['two hundred thousand commas', `x: {${','.repeat(200_000)}`, 'error PW103'],
    ['two hundred thousand bad escapes', `"${'\\x'.repeat(200_000)}`, 'error PW103'],
    ['zero bytes', '\0'.repeat(100_000), 'error PW108'],
    ['an alias of itself', 'a: &a [*a]', 'error PW106'],
  ];
  test('many aliases, commas and escapes in their places are fine', () => {
    const aliases = Array.from({ length: 500 }, () => '*a').join(', ');
    const quoted = `"${'\\\\x\\n\\x41'.repeat(500)}"`;
    expect(parseYaml(`a: &a 1\nb: [${aliases}]\nc: ${quoted}`).map((d) => d.problems)).toEqual([[]]);
  });

  test.each(huge)('%s', (_, text, code) => {
    expect(codes(text)[0]).toBe(code);
  });
});
