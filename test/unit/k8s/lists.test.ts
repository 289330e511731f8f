import { describe, expect, test } from 'vitest';
import { codes, diagnose, loadFine } from './fixtures.ts';

const list = (items: string, kind: string = 'List'): string => `apiVersion: v1\nkind: ${kind}\n${items}\n`;
const SERVICE =
  '- { apiVersion: v1, kind: Service, metadata: { name: web }, spec: { ports: [{ port: 80 }] } }';

describe('a List', () => {
  test.each([
    ['a number for items', 'items: 3', 'error PW207'],
    ['a mapping for items', 'items: { a: b }', 'error PW207'],
    ['a text for items', 'items: web', 'error PW207'],
    ['null for items', 'items:', 'error PW201'],
    ['no items', 'metadata: {}', 'error PW201'],
  ])('with %s is an error', (_, items, code) => {
    expect(codes(list(items))).toContain(code);
  });

  test.each(['itmes', 'Items', 'item'])('whose items are called %s is told what they are called', (key) => {
    expect(diagnose(list(`${key}: []`))[0]?.fix).toBe(`write "items" for "${key}"`);
  });

  test('that is empty is none, and neither is a PodList that says null', () => {
    expect(codes(list('items: []'))).not.toContain('error PW201');
    expect(loadFine(list('items: null', 'PodList')).pods).toEqual([]);
  });

  test('of a kind needs its items too', () => {
    expect(codes(list('metadata: {}', 'ServiceList'))).toContain('error PW201');
  });

  test.each(['list', 'Lists', 'LIST', 'Lsit'])('that is called %s is an error, not an object', (kind) => {
    expect(codes(list(`items:\n${SERVICE}`, kind))).toContain('error PW125');
  });

  test('of another API version is an error', () => {
    expect(codes(`apiVersion: apps/v1\nkind: List\nitems: []\n`)).toContain('error PW109');
  });

  test("of somebody else's kind that only ends so is an object", () => {
    const text = 'apiVersion: example.com/v1\nkind: AllowList\nmetadata: { name: a }\nspec: {}\n';
    expect(loadFine(text).ignored.get('AllowList.example.com')).toBe(1);
  });

  test("is not what the API server answers when it refuses: that is told in the server's words", () => {
    const text = 'apiVersion: v1\nkind: Status\nstatus: Failure\nmessage: pods is forbidden\n';
    expect(diagnose(text)[0]).toMatchObject({ severity: 'error', code: 'PW125' });
    expect(diagnose(text)[0]?.message).toContain('pods is forbidden');
  });
});

describe('a template that is not rendered', () => {
  test.each([
    ['in the place of a value', 'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n'],
    ['as a line', 'apiVersion: v1\n{{- if .Values.on }}\nkind: Service\n{{- end }}\n'],
    ['in quotes', 'apiVersion: v1\nkind: Service\nmetadata: { name: "{{ .Values.a }}" }\n'],
    ['at the beginning', '{{- if .Values.on }}\napiVersion: v1\nkind: Service\n{{- end }}\n'],
  ])('is named, with its action %s', (_, text) => {
    const told = diagnose(text).filter(({ severity }) => severity === 'error');
    expect(told).toMatchObject([{ code: 'PW115' }]);
    expect(told[0]?.fix).toContain('helm template');
  });

  test('is not a manifest that holds such text as data, whatever else is wrong with it', () => {
    const data =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n  t: |\n    {{ define "a" }}\n';
    const bad = `${data}---\napiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { ports: [{ port: 0 }] }\n`;
    expect(codes(bad)).toContain('error PW202');
    expect(codes(bad)).not.toContain('error PW115');
  });
});
