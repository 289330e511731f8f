/** Something that makes a YAML text unusable, by offset. */
export interface YamlProblem {
  readonly code: 'PW103' | 'PW106';
  readonly offset: number;
  readonly message: string;
  readonly fix?: string;
}

/** A key that its mapping has already. */
export interface RepeatedKey {
  readonly key: string;
  readonly offset: number;
}

/** What one document comes to. */
export interface YamlDocument {
  /** Plain data as kubectl's conversion to JSON gives it. Null for an empty document. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /** Problems that were left out of the list. */
  readonly more: number;
  /** Keys that stand twice in one mapping: the last counts. */
  readonly repeated: readonly RepeatedKey[];
  /** Repeated keys that were left out of the list. */
  readonly moreRepeated: number;
  /** Offset of the first plain `y` or `n`, which kubectl reads as a boolean and podwalk as text. */
  readonly letter?: { readonly offset: number; readonly text: string };
}

/** Syntax errors and repeated keys kept of one document: after the first few they only echo each other. */
export const MAX_PROBLEMS = 5;

export function problem(code: YamlProblem['code'], offset: number, message: string): YamlProblem {
  return { code, offset, message };
}
