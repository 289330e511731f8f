/** Bob Jenkins' hash of 32-bit words as the kernel has it (include/linux/jhash.h, jhash2). */
export function jhash2(words: readonly number[], initval: number): number {
  const state = new Uint32Array(3).fill(0xdeadbeef + words.length * 4 + initval);
  let at = 0;
  for (; words.length - at > 3; at += 3) {
    add(state, words, at, 3);
    mix(state);
  }
  const rest = words.length - at;
  if (rest > 0) {
    add(state, words, at, rest);
    final(state);
  }
  return state[2] ?? 0;
}

function add(state: Uint32Array, words: readonly number[], at: number, count: number): void {
  for (let i = 0; i < count; i++) state[i] = (state[i] ?? 0) + (words[at + i] ?? 0);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function mix(s: Uint32Array): void {
  let [a = 0, b = 0, c = 0] = s;
  a = (a - c) ^ rotate(c, 4);
  c = (c + b) | 0;
  b = (b - a) ^ rotate(a, 6);
  a = (a + c) | 0;
  c = (c - b) ^ rotate(b, 8);
  b = (b + a) | 0;
  a = (a - c) ^ rotate(c, 16);
  c = (c + b) | 0;
  b = (b - a) ^ rotate(a, 19);
  a = (a + c) | 0;
  c = (c - b) ^ rotate(b, 4);
  b = (b + a) | 0;
  s.set([a, b, c]);
}

function final(s: Uint32Array): void {
  let [a = 0, b = 0, c = 0] = s;
  c = (c ^ b) - rotate(b, 14);
  a = (a ^ c) - rotate(c, 11);
  b = (b ^ a) - rotate(a, 25);
  c = (c ^ b) - rotate(b, 16);
  a = (a ^ c) - rotate(c, 4);
  b = (b ^ a) - rotate(a, 14);
  c = (c ^ b) - rotate(b, 24);
  s.set([a, b, c]);
}
