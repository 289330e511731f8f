import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseIpsetSave, printIpsetSave } from '../../../src/formats/index.ts';

const FOLDER = new URL('../../golden/formats/ipset/', import.meta.url);

function parsed(text: string): ReturnType<typeof parseIpsetSave> & { readonly ok: true } {
  const result = parseIpsetSave(text);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result;
}

describe('texts of the real ipset 7.17', () => {
  test.each(readdirSync(FOLDER))('%s is parsed and printed the same', (file) => {
    const text = readFileSync(new URL(file, FOLDER), 'utf8');
    const { sets } = parsed(text);
    expect(printIpsetSave(sets, { initval: text.includes(' initval ') })).toBe(text);
  });
});

describe('printIpsetSave', () => {
  const text = 'create x hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12\n';

  test('the start of the hash follows from the name, and reads back as none', () => {
    const { sets } = parsed(text);
    const printed = printIpsetSave(sets);
    expect(printed).toMatch(/^create x hash:ip .* bucketsize 12 initval 0x[0-9a-f]{8}\n$/);
    expect(printIpsetSave(parsed(printed).sets)).toBe(printed);
    expect(parsed(printed).sets).toEqual(sets);
  });

  test('lists of sets stand behind the sets that they list', () => {
    const { sets } = parsed(`create l list:set size 8\nadd l x\n${text}`);
    expect(printIpsetSave(sets, { initval: false })).toBe(`${text}create l list:set size 8\nadd l x\n`);
  });
});

describe('parseIpsetSave', () => {
  const ip = 'create x hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12\n';
  test.each([
    ['add x 10.0.0.1\n', ['1: set "x" was not created']],
    [`${ip}${ip}`, ['2: set "x" was already created']],
    [`${ip}add x 10.0.0\n`, ['2: "10.0.0" is no element of a hash:ip']],
    [`${ip}add x fd00::1\n`, ['2: "fd00::1" is no element of a hash:ip']],
    [`${ip}add x 10.0.0.1\nadd x 10.0.0.1\n`, ['3: element 10.0.0.1 is already in set "x"']],
    [`${ip}add x 10.0.0.1 foo\n`, ['2: expected options of an element, got "foo"']],
    [`${ip}add x 10.0.0.1 timeout 5\n`, ['2: not as the tool prints it: expected "add x 10.0.0.1"']],
    ['create x hash:ip,mac family inet\n', ['1: set type "hash:ip,mac" is not modelled']],
    ['create x hash:ip family\n', ['1: "family" has no value']],
    ['create x hash:ip bitmask 255.0.255.0\n', ['1: option "bitmask" is not modelled']],
    ['create x bitmap:ip range 10.0.0.0\n', ['1: invalid range: 10.0.0.0']],
    ['create x hash:ip maxelem -1\n', ['1: invalid number: -1']],
    ['flush x\n', ['1: expected "create NAME TYPE ..." or "add NAME ELEMENT ..."']],
    [ip.trimEnd(), ['1: the last line has no newline']],
  ])('%j is refused', (given, errors) => {
    const result = parseIpsetSave(given);
    expect(result.ok ? [] : result.errors.map(({ line, message }) => `${line}: ${message}`)).toEqual(errors);
  });
});
