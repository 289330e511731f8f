import { expect, test } from 'vitest';
import { didYouMean, matchLabels } from '../../../src/k8s/index.ts';

test('a slip of the fingers is understood, and case first of all', () => {
  expect(didYouMean('wbe', ['api', 'web'])).toBe('web');
  expect(didYouMean('clusterip', ['clusterIPs', 'clusterIP'])).toBe('clusterIP');
  expect(didYouMean('Servcie', ['Service', 'Secret'])).toBe('Service');
});

test('words that are far apart suggest nothing', () => {
  expect(didYouMean('web', ['database', 'cache'])).toBeUndefined();
  expect(didYouMean('a', ['b'])).toBeUndefined();
  expect(didYouMean('web', ['web'])).toBeUndefined();
});

test('a selector matches when every pair is among the labels', () => {
  const labels = new Map([
    ['app', 'web'],
    ['tier', 'front'],
  ]);
  expect(matchLabels(new Map([['app', 'web']]), labels)).toBe(true);
  expect(matchLabels(new Map([['app', 'db']]), labels)).toBe(false);
  expect(matchLabels(new Map([['zone', '']]), labels)).toBe(false);
  expect(matchLabels(new Map(), labels)).toBe(true);
});
