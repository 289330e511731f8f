import type { Finding } from './findings.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
const HOME = 'https://github.com/podwalk/podwalk';

/**
 * Findings as a SARIF log (OASIS SARIF 2.1.0, one run), which code hosts show beside the lines of a change. The
 * severities are SARIF's levels; a fix stands in the message, for it is words and no edit. Findings about no place
 * are put on `file`, the first of the input.
 */
export function renderSarif(findings: readonly Finding[], version: string, file: string | undefined): string {
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
            rules: codes.map((id) => ({ id, helpUri: `${HOME}/blob/main/docs/diagnostics.md` })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => resultOf(finding, codes, file)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
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
