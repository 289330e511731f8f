import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Templates that nobody has rendered: a chart's files hold actions (`{{ .Values.image }}`) where a manifest has
 * values. In manifests the same braces are common inside quoted text and block scalars (alerting rules, workflows),
 * so an action counts only where it stands bare.
 */

/** The chart that a file is a template of: the folder of the Chart.yaml beside a `templates` folder above it. */
export function chartOf(file: string): string | undefined {
  let folder = dirname(file);
  for (let i = 0; i < 8; i++) {
    const name = basename(resolve(folder));
    const above = join(folder, '..');
    if (name === 'templates' && isChart(above)) return above;
    if (name === '' || name === basename(resolve(above))) return undefined;
    folder = above;
  }
  return undefined;
}

/** Whether a folder is a Helm chart. */
export function isChart(folder: string): boolean {
  return existsSync(join(folder, 'Chart.yaml')) && existsSync(join(folder, 'templates'));
}

/** The offset of the first template action that stands bare, outside block scalars, quotes and comments. */
export function bareAction(text: string): number | undefined {
  if (!text.includes('{{')) return undefined;
  /** The column of the key that a block scalar hangs on: its lines are further in. */
  let block: number | undefined;
  let start = 0;
  for (const line of text.split('\n')) {
    const indent = line.length - line.trimStart().length;
    const blank = line.trim() === '';
    if (block !== undefined && !blank && indent <= block) block = undefined;
    if (block === undefined && !blank) {
      const found = line.includes('{{') ? BARE.exec(line) : null;
      if (found !== null) return start + found[0].length - 2;
      if (BLOCK_SCALAR.test(line)) block = Math.max(indent, line.search(/[^\s-]\S*:\s/));
    }
    start += line.length + 1;
  }
  return undefined;
}

/** A line or a value that begins with an action, or a plain value that holds one: `image: repo:{{ .Values.tag }}`. */
const BARE = /^\s*(?:- +)*(?:[\w./"'-]+:[ \t]+)?(?:[^\s"'#|>[\]{}&*!%@`][^"'#]*?)?\{\{/;
const BLOCK_SCALAR = /[:-]\s+[|>][-+\d]*\s*(?:#.*)?$/;

/** How a template is rendered: by the tool whose words it holds. */
export function renderFix(text: string): string {
  if (
    /\{\{[^}]*(?:\.(?:Values|Release|Chart|Capabilities|Template|Files)\b|\b(?:include|template|tpl|define)\b)/.test(
      text,
    )
  )
    return 'helm template NAME DIR | podwalk ... -f -, where DIR is the folder of its Chart.yaml';
  return 'render it with its tool first; a chart: helm template NAME DIR | podwalk ... -f -';
}
