import { describe, expect, test, vi } from 'vitest';
import { Alias } from 'yaml';
import { loadCluster } from '../../../src/k8s/index.ts';
import { perText } from '../../../src/k8s/per-text.ts';
import { newCursor } from '../../../src/k8s/yaml-cursor.ts';
import { readPlainDocument, skimDocument } from '../../../src/k8s/yaml-plain.ts';
import { parseYaml } from '../../../src/k8s/yaml-text.ts';
import { diagnose } from './fixtures.ts';

/** Nodes that the plain reader makes of a text, when it wants Pods alone. */
function nodesOf(text: string): number {
  const cursor = newCursor(text, 0, text.length, { wanted: (kind) => kind === 'Pod' || kind === 'List' });
  const value = skimDocument(cursor) ?? readPlainDocument(cursor);
  expect(value).toBeTypeOf('object');
  return cursor.nodes;
}

const lines = (n: number, line: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => line(i)).join('');

function definition(fields: number, indent: string = ''): string {
  const body = lines(fields, (i) => `${indent}    field${i}: {type: string}\n`);
  return `apiVersion: x.example/v1\n${indent}kind: Widget\n${indent}metadata:\n${indent}  name: w\n${indent}spec:\n${indent}  properties:\n${body}`;
}

describe('work that is as long as the text', () => {
  test('an object that nothing reads costs its envelope, however long it is', () => {
    expect(nodesOf(definition(1000))).toBe(nodesOf(definition(10)));
    expect(nodesOf(definition(1000))).toBeLessThan(10);
  });

  test('an item of a List that nothing reads costs its envelope', () => {
    const list = (fields: number): string =>
      `apiVersion: v1\nkind: List\nitems:\n- ${definition(fields, '  ')}- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: p\n`;
    expect(nodesOf(list(1000))).toBe(nodesOf(list(10)));
  });

  test('an object that is read costs its nodes, once each', () => {
    const pod = (n: number): string =>
      `apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n${lines(n, (i) => `    k${i}: v\n`)}`;
    expect(nodesOf(pod(2000)) - nodesOf(pod(1000))).toBe(nodesOf(pod(1000)) - nodesOf(pod(0)));
  });

  test('an alias is no walk through the document', () => {
    const resolve = vi.spyOn(Alias.prototype, 'resolve');
    const [document] = parseYaml(`a: &a v\n${lines(500, (i) => `k${i}: *a\n`)}`);
    expect(document?.value).toMatchObject({ k0: 'v', k499: 'v' });
    expect(resolve).not.toHaveBeenCalled();
  });

  test('twenty thousand aliases are no bomb, and tens of tens of tens of tens of tens are', () => {
    const many = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  b: &b v\n${lines(20_000, (i) => `  k${i}: *b\n`)}`;
    expect(diagnose(many).filter(({ severity }) => severity === 'error')).toEqual([]);
    const ten = (name: string): string => `[${Array(10).fill(`*${name}`).join(', ')}]`;
    const levels = [...'bcdefg'].map((name, i) => `${name}: &${name} ${ten('abcdef'.charAt(i))}\n`);
    const bomb = `a: &a [x]\n${levels.join('')}`;
    expect(parseYaml(bomb)[0]?.problems).toEqual([
      expect.objectContaining({ code: 'PW106', message: 'the document contains excessive aliasing' }),
    ]);
  });

  test('an alias shares its value: a thousand documents of a thousand aliases each fit into memory', () => {
    const [document] = parseYaml(`a: &a {b: [c]}\n${lines(100, (i) => `k${i}: *a\n`)}`);
    const value = document?.value as Record<string, unknown>;
    expect(value['k0']).toBe(value['a']);
    expect(value['k99']).toBe(value['a']);
  });

  test('what is made once of a text is made once, and again only when others came between', () => {
    const make = vi.fn((text: string) => text.length);
    const lengthOf = perText(make);
    for (let i = 0; i < 1000; i++) expect(lengthOf('long text') + lengthOf('x')).toBe(10);
    expect(make).toHaveBeenCalledTimes(2);
    for (const other of ['a', 'b', 'c', 'd']) lengthOf(other);
    lengthOf('x');
    expect(make).toHaveBeenCalledTimes(7);
  });
});

describe('objects that nothing reads', () => {
  test('are counted by kind and group, alone and in Lists', () => {
    const text = `${definition(3)}---\napiVersion: v1\nkind: List\nitems:\n- ${definition(3, '  ')}- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n`;
    const { objects } = loadCluster([{ file: 'a.yaml', text }]);
    expect([...objects.ignored]).toEqual([
      ['Widget.x.example', 2],
      ['Secret', 1],
    ]);
  });

  test.each([
    ['a key twice', 'kind: Widget\nkind: Pod\n'],
    ['a kind in quotes', '"kind": Pod\nmetadata: {name: p}\n'],
    ['a kind inside a quoted text', 'a: "x\nkind: Widget"\nkind: Pod\nmetadata: {name: p}\n'],
    ['a comment behind the kind', 'kind: Widget # c\nkind: Pod\n'],
  ])('are not taken for such by %s', (_, rest) => {
    const [document] = parseYaml(`apiVersion: v1\n${rest}`, (kind) => kind === 'Pod');
    expect(document?.value).toMatchObject({ kind: 'Pod' });
  });
});
