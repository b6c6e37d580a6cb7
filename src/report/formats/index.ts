import type {ReportFormat, LintFormatName} from './format.ts'

export {FORMAT_NAMES, LINT_FORMAT_NAMES} from './format.ts'
export type {
  ReportFormat,
  FormatContext,
  FormatName,
  LintContext,
  LintFormatName,
  ReportWriter,
  RuleText,
} from './format.ts'

/** Every format by its name; each is loaded only when it is asked for. */
export const formats = {
  table: async () => (await import('./table.ts')).table,
  json: async () => (await import('./json.ts')).json,
  ndjson: async () => (await import('./json.ts')).ndjson,
  csv: async () => (await import('./csv.ts')).csv,
  sarif: async () => (await import('./sarif.ts')).sarif,
  junit: async () => (await import('./junit.ts')).junit,
  markdown: async () => (await import('./markdown.ts')).markdown,
  github: async () => (await import('./github.ts')).github,
  openmetrics: async () => (await import('./openmetrics.ts')).openmetrics,
  html: async () => (await import('../html/index.ts')).html,
  blob: async () => (await import('./blob.ts')).blob,
} satisfies Record<LintFormatName, () => Promise<ReportFormat>> &
  Record<'blob', () => Promise<Pick<ReportFormat, 'audit'>>>
