import type {LintFormatName} from '../formats/format.ts'
import type {LintFormat} from './format.ts'

/** Every format by its name; each is loaded only when it is asked for. */
export const lintFormats: Readonly<Record<LintFormatName, () => Promise<LintFormat>>> = {
  table: async () => (await import('../formats/table.ts')).table.lint,
  json: async () => (await import('../formats/json.ts')).json.lint,
  ndjson: async () => (await import('../formats/json.ts')).ndjson.lint,
  csv: async () => (await import('../formats/csv.ts')).csv.lint,
  sarif: async () => (await import('../formats/sarif.ts')).sarif.lint,
  junit: async () => (await import('../formats/junit.ts')).junit.lint,
  markdown: async () => (await import('../formats/markdown.ts')).markdown.lint,
  github: async () => (await import('../formats/github.ts')).github.lint,
  openmetrics: async () => (await import('../formats/openmetrics.ts')).openmetrics.lint,
  html: async () => (await import('./html.ts')).html,
}
