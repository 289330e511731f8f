import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseIptablesSave, parseRule, printIptablesSave, printRule } from '../../../src/formats/index.ts';

const FOLDER = new URL('../../golden/formats/iptables/', import.meta.url);

/**
 * Each file lists what iptables 1.8.9 (nf_tables) on Linux 6.18 made of a rule: `< written`, then `> saved` lines or
 * `! error`. The number in its name is the family; its first word the table.
 */
function* measured(): Generator<[string, string, string]> {
  for (const file of readdirSync(FOLDER)) {
    if (!file.endsWith('.txt')) continue;
    for (const block of readFileSync(new URL(file, FOLDER), 'utf8').split(/^< /m).slice(1)) {
      const [written = '', ...answer] = block.trimEnd().split('\n');
      yield [file, written, answer.join('\n')];
    }
  }
}

function answerOf(file: string, written: string): string {
  const table = /^[a-z]+/.exec(file)?.[0];
  const result = parseIptablesSave(`*${table}\n:X - [0:0]\n${written}\nCOMMIT\n`, {
    family: file.includes('6') ? 6 : 4,
  });
  if (!result.ok) return result.errors.map(({ message }) => `! ${message}`).join('\n');
  const lines = printIptablesSave(result.ruleset).split('\n');
  return lines.flatMap((line) => (line.startsWith('-A') ? `> ${line}` : [])).join('\n');
}

describe('a rule comes back as the real iptables gives it back', () => {
  test.each([...measured()])('%s: %s', (file, written, answer) => {
    expect(answerOf(file, written)).toBe(answer);
  });
});

describe('where podwalk reads more than iptables does', () => {
  test.each([
    ['-s ! 10.0.0.1 -j ACCEPT', '! -s 10.0.0.1/32 -j ACCEPT'],
    ['-p ! tcp -j ACCEPT', '! -p tcp -j ACCEPT'],
    ['-p tcp --dport ! 80 -j ACCEPT', '-p tcp -m tcp ! --dport 80 -j ACCEPT'],
  ])('the old place of the exclamation mark is read: %s', (written, saved) => {
    const result = parseRule(written, 4);
    expect(result.ok && result.rules.map((rule) => printRule(rule, 4))).toEqual([saved]);
  });

  test('a range that can match nothing is kept, where iptables-nft loses it', () => {
    const result = parseRule('-p tcp ! --dport 0:65535 -j DROP', 4);
    expect(result.ok && printRule(result.rules[0]!, 4)).toBe('-p tcp -m tcp ! --dport 0:65535 -j DROP');
  });
});

describe('what is not modelled keeps its words', () => {
  test.each([
    '-m string --string "a \\"b\\" -j DROP" --algo bm --to 65535 -j ACCEPT',
    '-p tcp -m tcp --dport 22 -m hashlimit --hashlimit-upto 512kb/s --hashlimit-name x -j ACCEPT',
    '-m u32 --u32 "0x6&0xff=0x1" -j ACCEPT',
    '-m bpf --bytecode "1,6 0 0 1" -j DROP',
    '-m recent --rcheck --seconds 10 --rttl --name x --mask 255.255.255.255 --rsource -j DROP',
    '-j NFQUEUE --queue-num 5',
    '-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff --left-shift-mark 4',
    '-m cgroup ! --cgroup 5 -m comment --comment "after it" -j TRACE',
  ])('%s', (text) => {
    const result = parseRule(text, 4);
    if (!result.ok) throw new Error(result.error.message);
    const [rule] = result.rules;
    expect(rule && printRule(rule, 4)).toBe(text);
    expect([...(rule?.matches ?? []), rule?.target].some((part) => part?.kind === 'unknown')).toBe(true);
  });

  test('a reject type that the model lacks stays a REJECT in words', () => {
    const result = parseRule('-j REJECT --reject-with icmp6-policy-fail', 6);
    expect(result.ok && result.rules[0]?.target).toEqual({
      kind: 'unknown',
      name: 'REJECT',
      text: '--reject-with icmp6-policy-fail',
    });
  });
});

describe('values are the ones that kube-proxy builds', () => {
  test('a DNAT rule with a match that has no options', () => {
    const result = parseRule(
      '-p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.0.0.1:80',
      4,
    );
    expect(result.ok && result.rules).toEqual([
      {
        protocol: { number: 6, not: false },
        matches: [{ kind: 'comment', text: 'default/web' }, { kind: 'tcp' }],
        target: {
          kind: 'DNAT',
          to: { ip: 0x0a000001, port: 80 },
          random: false,
          randomFully: false,
          persistent: false,
        },
        origin: { program: 'user' },
      },
    ]);
  });

  test('probabilities are thresholds of 31 bits, a half rounded as C rounds it', () => {
    const thresholdOf = (p: string): unknown => {
      const result = parseRule(`-m statistic --mode random --probability ${p}`, 4);
      return result.ok && result.rules[0]?.matches[0];
    };
    expect(thresholdOf('0.3333333333')).toMatchObject({ threshold: 715827883 });
    expect(thresholdOf('0.0002441406')).toMatchObject({ threshold: 524288 });
    const rule = parseRule('-m statistic --mode random --probability 0.0002441406', 4);
    expect(rule.ok && printRule(rule.rules[0]!, 4)).toBe(
      '-m statistic --mode random --probability 0.00024414062',
    );
  });
});
