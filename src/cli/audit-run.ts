import {Writable} from 'node:stream'
import {reportRoot, stepSummaryFile} from '../config.ts'
import type {AgentAudit, AuditEvent, AuditHead, AuditProgress, AuditTail, AuditFinding} from '../fleet/index.ts'
import {formats} from '../report/formats/index.ts'
import type {FormatContext, ReportWriter} from '../report/formats/index.ts'
import {auditView} from './audit-progress.ts'
import type {Accepted, Accepting} from './baseline-file.ts'
import {exitUnder} from './envelope.ts'
import type {Outcome} from './envelope.ts'
import {appendReport, JSON_TARGET, parseReportFlag, prepareOutputs, reported, withTable} from './outputs.ts'
import type {ReportTarget} from './outputs.ts'
import {put} from './streams.ts'

/** How an audit, or a merge of audits, is to be shown. */
export interface Showing {
  targets: readonly ReportTarget[]
  /** Files the run reads; no report takes their place. */
  inputs: readonly string[]
  context: FormatContext & Required<Pick<FormatContext, 'exit'>>
  /** For what stdout shows, where it is a terminal. */
  paper: Pick<FormatContext, 'tint' | 'width'>
  /** The page that the CI host shows for a run; a Markdown report is added to it. */
  stepSummary: string | undefined
  json: boolean
  /** Takes every finding into the baseline. */
  accept?: Accepting | undefined
  /** A screen in the place of standard output; as only its head may be in sight, the worst stand first. */
  stdout?: NodeJS.WritableStream
}

/** What flags and surroundings say about showing. */
export function showingOf(
  flags: {report?: string[] | undefined; 'exit-zero'?: boolean},
  inputs: readonly (string | undefined)[],
  shell: {json: boolean; tool: FormatContext['tool']; warnings: () => readonly string[]; paper: Showing['paper']},
  rules: FormatContext['rules'],
): Showing {
  const {json, tool, warnings, paper} = shell
  const exit = exitUnder(flags['exit-zero'] ?? false)
  return {
    targets: (flags.report ?? []).map(parseReportFlag),
    inputs: inputs.filter((input) => input !== undefined),
    context: {tool, root: reportRoot(), rules, warnings, exit},
    paper,
    stepSummary: stepSummaryFile(),
    json,
  }
}

/** Starts the audit; called when every report is known to be writable. */
export type AuditStart = (onProgress: (progress: AuditProgress) => void) => AsyncIterable<AuditEvent>

/**
 * Runs an audit, writes its reports while it runs, and tells how it ended. The exit is the audit's own, whatever the
 * formats; what was just accepted no longer counts. Throws as `prepareOutputs` and as the audit.
 */
export async function runAudit(start: AuditStart, showing: Showing): Promise<Outcome<object>> {
  const {json, accept} = showing
  const context = accept ? {...showing.context, exit: exitUnder(true)} : showing.context
  const view = auditView({json})
  const whole = json ? new Whole() : undefined
  let tail: AuditTail | undefined
  let written: Accepted | undefined
  try {
    const stdout = showing.stdout ?? beneath(view.hide)
    const targets = withTable(showing.targets, json)
    const outputs = await prepareOutputs(json ? [...targets, JSON_TARGET] : targets, {stdout, inputs: showing.inputs})
    const page = await summaryPage({...showing, context})
    const paper = {...context, ...showing.paper, worstFirst: showing.stdout !== undefined}
    const onPaper = (target: ReportTarget) => (target.path === undefined ? paper : context)
    for await (const event of reported(start(view.on), {...outputs, targets}, onPaper)) {
      const findings = findingsOf(event)
      const counted = findings.filter(({accepted}) => !accepted || accepted.expired).length
      if (event.kind === 'agent') view.judged(event.audit.agent, counted)
      accept?.add(findings)
      whole?.take(event)
      page?.take(event)
      if (event.kind === 'tail') tail = event.tail
    }
    await page?.save()
    written = await accept?.save()
  } finally {
    view.hide()
    await accept?.abort()
  }
  const status = context.exit(tail!.summary.exit)
  const parts = whole ? await whole.parts() : {result: {summary: tail!.summary}}
  return {...parts, result: {...parts.result, ...(written && {baseline: written})}, exit: status}
}

function findingsOf(event: AuditEvent): readonly AuditFinding[] {
  if (event.kind === 'agent') return event.audit.findings
  return event.kind === 'tail' ? event.tail.unclaimed : []
}

/** Standard output, with whatever is written over on the same terminal taken away first. */
function beneath(hide: () => void): NodeJS.WritableStream {
  return new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      hide()
      put(text, done)
    },
  })
}

/** The Markdown report as the CI host shows it, where one was asked for and there is such a host. */
async function summaryPage({targets, stepSummary, context}: Showing) {
  if (stepSummary === undefined || !targets.some(({format}) => format === 'markdown')) return undefined
  const format = await formats.markdown()
  let writer: ReportWriter | undefined
  let text = ''
  return {
    take(event: AuditEvent): void {
      if (event.kind === 'head') text += (writer = format.audit(event.head, context)).start
      else if (event.kind === 'agent') text += writer!.agent(event.audit)
      else text += writer!.end(event.tail)
    },
    save: () => appendReport(stepSummary, text),
  }
}

/** An audit put together again, for the envelope. */
class Whole {
  readonly #agents: AgentAudit[] = []
  #head: AuditHead | undefined
  #tail: AuditTail | undefined

  take(event: AuditEvent): void {
    if (event.kind === 'head') this.#head = event.head
    else if (event.kind === 'agent') this.#agents.push(event.audit)
    else this.#tail = event.tail
  }

  async parts() {
    const {auditParts} = await import('../report/formats/json.ts')
    return auditParts({...this.#head!, agents: this.#agents, ...this.#tail!})
  }
}
