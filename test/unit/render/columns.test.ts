import { expect, it } from 'vitest';
import { type Column, formatTable } from '../../../src/render/columns.ts';

const columns: Column<{ name: string; ip: string }>[] = [
  { head: 'NAME', value: (row) => row.name },
  { head: 'IP', value: (row) => row.ip },
  { head: 'NODE', value: () => '', wide: true },
];

it('pads columns to their widest cell and three spaces, the last not at all', () => {
  const rows = [
    { name: 'a', ip: '10.0.0.1' },
    { name: 'long-name', ip: '' },
  ];
  expect(formatTable(columns, rows)).toBe('NAME        IP\na           10.0.0.1\nlong-name   <none>\n');
});

it('shows wide columns only when asked', () => {
  expect(formatTable(columns, [{ name: 'a', ip: 'b' }], true)).toBe('NAME   IP   NODE\na      b    <none>\n');
});

it('writes ten thousand rows without noticing', () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => ({
    name: `pod-${i}`,
    ip: `10.0.${i >> 8}.${i & 255}`,
  }));
  expect(formatTable(columns, rows).split('\n')).toHaveLength(10_002);
});
