import { describe, expect, test } from 'vitest';
import { formatDiagnostic, loadCluster } from '../../../src/k8s/index.ts';
import { parseYaml } from '../../../src/k8s/yaml-text.ts';
import { codes, diagnose, loadFine } from './fixtures.ts';

function read(text: string): unknown {
  const documents = parseYaml(text);
  expect(documents.flatMap(({ problems }) => problems)).toEqual([]);
  return documents[0]?.value;
}

describe('what kubectl reads is read', () => {
  test('a quoted scalar may go on at the column of its key, and further left', () => {
    expect(read('a:\n  b: \'one\n  two\'\n  c: "three\nfour\n\n  five"\n')).toEqual({
      a: { b: 'one two', c: 'three four\nfive' },
    });
  });

  test('a flow collection may go on at the column of its key, and further left', () => {
    expect(read('a:\n  b: {\n  c: d,\n  e: [f,\ng]\n  }\n  h: [\ni\n]\n')).toEqual({
      a: { b: { c: 'd', e: ['f', 'g'] }, h: ['i'] },
    });
  });

  test('tabs are blanks in flow collections, before comments and at the end of lines', () => {
    expect(read('a:\t{\tb: c,\n\td: e\n}\t# f\ng: h\t\ni:\tj\n')).toEqual({
      a: { b: 'c', d: 'e' },
      g: 'h',
      i: 'j',
    });
  });

  test('a comment may begin right behind a quote or a bracket', () => {
    expect(read('a: "b"#c\nd: [e,#f\n g]#h\n')).toEqual({ a: 'b', d: ['e', 'g'] });
  });

  test('scalars of every style go on over several lines', () => {
    const text =
      'a: one\n  two\n\n  three # c\nb: "x\\\n  \\ y"\nc: >-\n  p\n  q\n\n   r\n  s\nd: |+\n  t\n\ne: u\n';
    expect(read(text)).toEqual({ a: 'one two\nthree', b: 'x y', c: 'p q\n\n r\ns', d: 't\n\n', e: 'u' });
  });

  test('long keys stand behind a question mark, as kubectl prints them', () => {
    expect(
      read('a:\n  ? "k:{\\"port\\":80}"\n  : .: {}\n    b: 1\n'.replace('.: {}\n    b: 1', '{}')),
    ).toEqual({
      a: { 'k:{"port":80}': {} },
    });
    expect(read('? a\n:\n  b: 1\n? c\n: d\n')).toEqual({ a: { b: 1 }, c: 'd' });
  });

  test('keys that are numbers are called as in JSON, and words stay words', () => {
    expect(Object.keys(read('010: a\n1.10: b\n0x1f: c\non: d\nyes: e\n') as object)).toEqual([
      '8',
      '31',
      '1.1',
      'on',
      'yes',
    ]);
  });

  test('merge keys overwrite what stands before them, and the earlier of several mappings wins', () => {
    const text = 'a: &a {p: 1}\nb: &b {p: 2, q: 3}\nc:\n  q: 9\n  r: 8\n  <<: [*a, *b]\n  r: 5\n';
    expect(read(text)).toMatchObject({ c: { p: 1, q: 3, r: 5 } });
  });

  test('an anchor that is given again means the later value from there on', () => {
    expect(read('a: &x 1\nb: *x\nc: &x {d: &y 2}\ne: [*x, *y]\n')).toEqual({
      a: 1,
      b: 1,
      c: { d: 2 },
      e: [{ d: 2 }, 2],
    });
  });

  test('so may those that stand beside anchors, aliases and tags', () => {
    const text = 'a: &x "one\n  two"\nb: *x\nc: &y {d: [1,\n2]}\ne: [*y, !!str 5,\n*x]\nf: !!str 6\n';
    expect(read(text)).toEqual({
      a: 'one two',
      b: 'one two',
      c: { d: [1, 2] },
      e: [{ d: [1, 2] }, '5', 'one two'],
      f: '6',
    });
  });

  test('tags of text, binary data and numbers are followed, and other tags make text', () => {
    expect(read('a: !!str 5\nb: !!binary aGVsbG8=\nc: !!int "5"\n')).toEqual({ a: '5', b: 'hello', c: 5 });
    expect(read('a: !own 5\nb: ! 5\n')).toEqual({ a: '5', b: '5' });
  });

  test('directives, document ends, carriage returns and comments at markers are no hindrance', () => {
    const text = '%YAML 1.1\n---\na: 1\n...\n--- # c\nb: 2\n---\n...\n# d\nc: 3\n';
    for (const one of [text, text.replaceAll('\n', '\r\n')]) {
      expect(parseYaml(one).map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }, null, { c: 3 }]);
    }
  });

  test('a document that is broken does not hide the ones around it', () => {
    const values = parseYaml('a: 1\n---\nb: "x\n---\nc: 3\n');
    expect(values.map(({ value }) => value)).toEqual([{ a: 1 }, null, { c: 3 }]);
    expect(values.map(({ problems }) => problems.length > 0)).toEqual([false, true, false]);
  });
});

describe('a key that stands twice', () => {
  const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: c, image: x}]\n';

  test('counts as the last, with a warning that points there', () => {
    const text = `${pod}  hostname: first\n  hostname: second\n`;
    const { objects, diagnostics, sources } = loadCluster([{ file: 'a.yaml', text }]);
    expect(objects.pods).toHaveLength(1);
    const [first] = diagnostics;
    expect(first === undefined ? '' : formatDiagnostic(first, sources)).toBe(
      [
        'a.yaml:7:3: warning PW105 the key "hostname" stands twice in one mapping: the last counts',
        '  7 |   hostname: second',
        '    |   ^',
        '  fix: keep one of the two',
      ].join('\n'),
    );
  });

  test('counts as the last in flow mappings, beside anchors, and in JSON', () => {
    for (const text of [
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, name: b}\n',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: &x a, name: b}\n',
      '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "name": "b"}}',
      '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "\\u006eame": "b"}}',
    ]) {
      expect(codes(text)).toContain('warning PW105');
      expect(loadFine(text).namespaces.map(({ meta }) => meta.name)).toEqual(['b']);
    }
  });

  test('is looked for only where it is: a colon in a text makes no key', () => {
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'a', annotations: { a: 'b": "c', d: '\\' } },
    });
    expect(codes(text)).not.toContain('warning PW105');
  });

  test('is told of at most five times in one document, and the rest counted', () => {
    const told = diagnose(
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n${'  k: v\n'.repeat(20)}`,
    );
    expect(told.filter(({ code }) => code === 'PW105').map(({ severity }) => severity)).toEqual([
      ...Array<string>(5).fill('warning'),
      'note',
    ]);
  });
});

describe('a JSON text', () => {
  test('is one document of a YAML stream where a line of dashes parts it from the next', () => {
    const pod = (name: string): string =>
      `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "${name}"}, "spec": {"containers": [{"name": "c"}]}}`;
    const yaml = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: d}\n';
    for (const text of [
      `${pod('a')}\n---\n${pod('b')}\n---\n${yaml}`,
      `---\n${pod('a')}\n---\r\n${pod('b')}\n---\n${yaml}`,
    ])
      expect(loadFine(text).pods.map(({ meta }) => meta.name)).toEqual(['a', 'b']);
    const { diagnostics, sources } = loadCluster([{ file: 'a.json', text: `${pod('a')}\n---\n${pod('B')}` }]);
    const [first] = diagnostics;
    expect(first === undefined ? '' : formatDiagnostic(first, sources)).toMatch(
      /^a\.json:3:58: error PW202 metadata\.name/,
    );
  });

  const one = (name: string): string =>
    `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "${name}"}}`;

  test('may hold several values, one behind the other', () => {
    expect(loadFine(`${one('a')}\n${one('b')}${one('c')}\n`).namespaces.map(({ meta }) => meta.name)).toEqual(
      ['a', 'b', 'c'],
    );
  });

  test('has places in each of them', () => {
    const text = `${one('a')}\n${one('B_')}`;
    const { diagnostics, sources } = loadCluster([{ file: 'a.json', text }]);
    const [first] = diagnostics;
    expect(first === undefined ? '' : formatDiagnostic(first, sources)).toMatch(
      /^a\.json:2:64: error PW202 metadata\.name/,
    );
  });
});
