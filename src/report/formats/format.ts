import type {AgentAudit, AuditHead, AuditReport, AuditTail} from '../../fleet/types.ts'
import type {LintReport} from '../../lint/types.ts'
import type {Tint} from '../tint.ts'

/** What `--report` takes, in the order in which help lists it. */
export const FORMAT_NAMES = [
  'table',
  'json',
  'ndjson',
  'csv',
  'sarif',
  'junit',
  'markdown',
  'github',
  'openmetrics',
  'html',
  'blob',
] as const
export type FormatName = (typeof FORMAT_NAMES)[number]

/** What `lint --report` takes: all that an audit can be shown as, but no blob, for nobody merges lint runs. */
export type LintFormatName = Exclude<FormatName, 'blob'>

/** The same, in the order in which help lists it. */
export const LINT_FORMAT_NAMES: readonly LintFormatName[] = FORMAT_NAMES.filter((name) => name !== 'blob')

/** What a report needs to know of one rule; the engine's `RULES` have it. */
export interface RuleText {
  id: string
  severity: 'critical' | 'high' | 'medium' | 'low'
  /** A few words, as in a heading. */
  title: string
  /** One or two sentences: what it means and why it matters. */
  explains: string
  /** The runbook or rule page, relative to the repository. */
  ref: string
  /** Sources that it needs, all of one of these sets; without it the rule is taken as applied. */
  needs?: readonly (readonly string[])[]
}

/** What the audit itself does not tell, but a report shows. */
export interface FormatContext {
  tool: {name: string; version: string}
  /** Absolute path that reported files are made relative to (the repository or working directory). */
  root: string
  /** The rules that were checked, for formats that carry them along (SARIF, JUnit). */
  rules: readonly RuleText[]
  /** Columns of the terminal; undefined off a terminal, where nothing is cut. */
  width?: number
  /** Colours; without it there are none. */
  tint?: Tint
  /** Agents with the gravest findings first, where the format can do that; else in the order of the inventory. */
  worstFirst?: boolean
  /** What the run exits with, given the audit's own exit: `--exit-zero` makes 3 a 0. Default: the same. */
  exit?: (audited: number) => number
  /** Warnings collected so far, asked for at the end; the JSON envelope carries them. */
  warnings?: () => readonly string[]
}

/** What a format shows of a lint, besides. */
export interface LintContext extends FormatContext {
  /** Absolute path of the directory that the report's file names are relative to. */
  from: string
  /** Files that were passed over are named, and not only counted. */
  verbose?: boolean
}

/**
 * One report being written. The text of `start`, of each `agent` in turn and of `end`, put together in this order, is
 * the whole document. Formats that need the whole audit return '' until `end`.
 */
export interface ReportWriter {
  readonly start: string
  agent: (audit: AgentAudit) => string
  end: (tail: AuditTail) => string
}

/**
 * A way to show what was found. Pure: it makes text, and whoever asked for it writes the text. An audit is shown while it
 * runs; a lint when it is over, for the secrets that it comes upon are to be taken out of what it said before.
 */
export interface ReportFormat {
  audit: (head: AuditHead, context: FormatContext) => ReportWriter
  lint: (report: LintReport, context: LintContext) => string
}

/** A format that needs the whole audit before it can write its first line. */
export function collecting(render: (report: AuditReport, context: FormatContext) => string): ReportFormat['audit'] {
  return (head, context) => {
    const agents: AgentAudit[] = []
    return {
      start: '',
      agent(audit) {
        agents.push(audit)
        return ''
      },
      end: (tail) => render({...head, agents, ...tail}, context),
    }
  }
}
