import { jsonText } from '../formats/text/index.ts';
import type { Severity } from '../k8s/index.ts';
import type { Finding } from './findings.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
const HOME = 'https://github.com/podwalk/podwalk';

/** What a reader of a SARIF log is told of a code. */
export interface SarifRule {
  /** The severity that it has, the worst where it has several. */
  readonly severity: Severity;
  readonly meaning: string;
  readonly advice: string;
}

/**
 * Findings as a SARIF log (OASIS SARIF 2.1.0, one run), which code hosts show beside the lines of a change. The
 * severities are SARIF's levels; a fix stands in the message, for it is words and no edit. Findings about no place
 * are put on `file`, the first of the input.
 */
export function renderSarif(
  findings: readonly Finding[],
  version: string,
  file: string | undefined,
  about: ReadonlyMap<string, SarifRule> = new Map(),
): string {
  const codes = [...new Set(findings.map((finding) => finding.code))].sort();
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'podwalk',
            version,
            informationUri: HOME,
            rules: codes.map((id) => ruleOf(id, about.get(id))),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => resultOf(finding, codes, file)),
      },
    ],
  };
  return `${jsonText(log, 2)}\n`;
}

function ruleOf(id: string, about: SarifRule | undefined): unknown {
  const helpUri = `${HOME}/blob/main/docs/diagnostics.md`;
  if (about === undefined) return { id, helpUri };
  const { severity, meaning, advice } = about;
  return {
    id,
    shortDescription: { text: plain(meaning) },
    help: { text: plain(advice), markdown: advice },
    helpUri,
    defaultConfiguration: { level: severity },
  };
}

/** Markdown's marks of code are of no use in plain text. */
function plain(markdown: string): string {
  return markdown.replaceAll('`', '').replaceAll('*', '');
}

function resultOf(finding: Finding, codes: readonly string[], file: string | undefined): unknown {
  const { severity, code, message, fix, line, column, endColumn } = finding;
  const place = finding.file ?? file;
  const region =
    line === undefined || column === undefined
      ? undefined
      : { startLine: line, startColumn: column, ...(endColumn === undefined ? {} : { endColumn }) };
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: severity,
    message: { text: fix === undefined ? message : `${message}\nfix: ${fix}` },
    locations:
      place === undefined
        ? []
        : [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(place) },
                ...(region === undefined ? {} : { region }),
              },
            },
          ],
  };
}

/** A path as a URI reference: relative ones stay relative to where podwalk ran. */
function uriOf(file: string): string {
  const path = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${path}` : path;
}
