import type { Match, Target } from '../../kernel/index.ts';
import { matchSyntax } from './matches.ts';
import { KNOWN_MATCHES, KNOWN_TARGETS } from './names.ts';
import type { Option, OptionSpec, RuleContext, Syntax } from './syntax.ts';
import { targetSyntax } from './targets.ts';
import { RuleError, rawText, Unmodelled, type Word } from './words.ts';

/** XT_EXTENSION_MAXNAMELEN, without the end mark. */
const LONGEST = 28;

/** A match or target while its words are collected. */
export interface Extension<T> {
  readonly name: string;
  /** Undefined: not modelled, everything that follows is kept as words. */
  readonly syntax: Syntax<T> | undefined;
  readonly options: Map<string, Option>;
  readonly words: Word[];
  unmodelled: boolean;
}

/** Opens `-m NAME`; a name that iptables does not know is an error. */
export function openMatch(name: Word): Extension<Match> {
  if (name.text.length > LONGEST)
    throw new RuleError(`Invalid match name "${name.text}" (${LONGEST} chars max)`, name);
  const syntax = matchSyntax(name.text);
  if (syntax === undefined && !KNOWN_MATCHES.has(name.text)) {
    throw new RuleError(`Couldn't load match \`${name.text}':No such file or directory`, name);
  }
  return { name: name.text, syntax, options: new Map(), words: [], unmodelled: syntax === undefined };
}

/** Opens `-j NAME`. Whether a chain of that name exists is asked at COMMIT. */
export function openTarget(name: Word): Extension<Target> {
  if (name.text === '') throw new RuleError('Invalid target name (too short)', name);
  if (name.text.length > LONGEST)
    throw new RuleError(`Invalid target name \`${name.text}' (${LONGEST} chars max)`, name);
  if (/\s/.test(name.text)) throw new RuleError(`Invalid target name \`${name.text}'`, name);
  const syntax = targetSyntax(name.text);
  const unmodelled = syntax === undefined && KNOWN_TARGETS.has(name.text);
  return { name: name.text, syntax, options: new Map(), words: [], unmodelled };
}

/** The option of an extension that a word names, other spellings resolved. */
export function optionOf(
  extension: Extension<Match> | Extension<Target>,
  name: string,
): { readonly name: string; readonly spec: OptionSpec } | undefined {
  const options = extension.syntax?.options;
  if (options === undefined || !Object.hasOwn(options, name)) return undefined;
  const spec = options[name];
  return spec && { name: spec.alias ?? name, spec };
}

/** Adds an option to its extension, refusing what libxtables refuses. */
export function addOption(
  extension: Extension<Match> | Extension<Target>,
  option: Option,
  spec: OptionSpec,
  words: readonly Word[],
): void {
  if (option.not && spec.not !== true) {
    throw new RuleError(`${extension.name}: option "--${option.name}" cannot be inverted.`, option.word);
  }
  if (extension.options.has(option.name)) {
    throw new RuleError(`${extension.name}: option "--${option.name}" can only be used once.`, option.word);
  }
  extension.options.set(option.name, option);
  extension.words.push(...words);
  if (spec.unmodelled === true) extension.unmodelled = true;
}

/** The match that its words mean. */
export function closeMatch(
  { name, syntax, options, words, unmodelled }: Extension<Match>,
  context: RuleContext,
  line: string,
  all: readonly Word[],
): Match {
  if (syntax !== undefined && !unmodelled) {
    try {
      return syntax.read(options, context);
    } catch (error) {
      if (!(error instanceof Unmodelled)) throw error;
    }
  }
  return { kind: 'unknown', name, text: rawText(line, words, all) };
}

/** The target that its words mean; a name that is no target is a jump to a chain. */
export function closeTarget(
  { name, syntax, options, words, unmodelled }: Extension<Target>,
  isGoto: boolean,
  context: RuleContext,
  line: string,
  all: readonly Word[],
): Target {
  if (isGoto) return { kind: 'goto', chain: name };
  if (name === 'ACCEPT' || name === 'DROP' || name === 'RETURN') return { kind: name };
  if (syntax !== undefined && !unmodelled) {
    try {
      return syntax.read(options, context);
    } catch (error) {
      if (!(error instanceof Unmodelled)) throw error;
      return { kind: 'unknown', name, text: rawText(line, words, all) };
    }
  }
  if (unmodelled) return { kind: 'unknown', name, text: rawText(line, words, all) };
  return { kind: 'jump', chain: name };
}
