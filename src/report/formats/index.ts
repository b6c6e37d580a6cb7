import type {Format, FormatName} from './format.ts'

export {FORMAT_NAMES} from './format.ts'
export type {Format, FormatContext, FormatName, ReportWriter, RuleText} from './format.ts'

/** Every format by its name; each is loaded only when it is asked for. */
export const formats: Readonly<Record<FormatName, () => Promise<Format>>> = {
  table: async () => (await import('./table.ts')).format,
  json: async () => (await import('./json.ts')).format,
  ndjson: async () => (await import('./ndjson.ts')).format,
  csv: async () => (await import('./csv.ts')).format,
  sarif: async () => (await import('./sarif.ts')).format,
  junit: async () => (await import('./junit.ts')).format,
  markdown: async () => (await import('./markdown.ts')).format,
  github: async () => (await import('./github.ts')).format,
  openmetrics: async () => (await import('./openmetrics.ts')).format,
  html: async () => (await import('../html/index.ts')).format,
  blob: async () => (await import('./blob.ts')).format,
}
