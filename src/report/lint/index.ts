import type {LintFormatName} from '../formats/format.ts'
import type {LintFormat} from './format.ts'

/** Every format by its name; each is loaded only when it is asked for. */
export const lintFormats: Readonly<Record<LintFormatName, () => Promise<LintFormat>>> = {
  table: async () => (await import('./table.ts')).table,
  json: async () => (await import('../formats/json.ts')).json.lint,
  ndjson: async () => (await import('../formats/json.ts')).ndjson.lint,
  csv: async () => (await import('../formats/csv.ts')).csv.lint,
  sarif: async () => (await import('../formats/sarif.ts')).sarif.lint,
  junit: async () => (await import('../formats/junit.ts')).junit.lint,
  markdown: async () => (await import('./markdown.ts')).markdown,
  github: async () => (await import('../formats/github.ts')).github.lint,
  openmetrics: async () => (await import('./openmetrics.ts')).openmetrics,
  html: async () => (await import('./html.ts')).html,
}
