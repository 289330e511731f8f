/**
 * # render: answers for people and programs
 *
 * Models nothing: turns plain values (a trace, lists of objects) into text, tables and JSON.
 *
 * Guarantees: the same value gives the same bytes; colour never carries what the words do not say; a walk's first
 * line is the flow and its last the verdict, steps are indented once; tables are kubectl's (three spaces between
 * columns, `<none>` for nothing).
 *
 * Leaves out: deciding anything (verdicts and fixes come with the trace), and the formats of the Linux tools, which
 * are in formats.
 */
export { type Checked, renderChecked } from './checked.ts';
export { COLOUR, type Paint, PLAIN, paintFor } from './colour.ts';
export { type Column, formatTable } from './columns.ts';
export { renderComparison, renderComparisons, renderGrowth } from './compare.ts';
export { describeObject } from './describe/describe.ts';
export { type ClusterDiff, renderDiff } from './diff-text.ts';
export { type Finding, findingsOf, formatFindings, type ReadableFinding } from './findings.ts';
export { type GlyphTable, renderGlyphTable } from './glyph-table.ts';
export { growthChart } from './growth-chart.ts';
export { renderJson, renderJsonLine } from './json.ts';
export {
  ALL_KINDS,
  findKind,
  KINDS,
  type KindInfo,
  type KindName,
  kindWords,
  resourceOf,
} from './kinds.ts';
export { manifestOf } from './manifest.ts';
export type { Manifest } from './manifest-parts.ts';
export { diffObjects, type ObjectChange } from './object-changes.ts';
export { type Listed, type ListedObject, listObjects, type TableLayout } from './objects.ts';
export { type PcapngOptions, renderPcapng } from './pcapng/index.ts';
export { renderSarif, type SarifRule } from './sarif.ts';
export { renderSeries } from './series.ts';
export { renderText, type TextOptions } from './text.ts';
export { renderTree, type TreeNode, treeOf } from './tree.ts';
export { renderYaml } from './yaml.ts';
