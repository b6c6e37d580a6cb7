import {setImmediate} from 'node:timers/promises'
import {processPlaces, reportRoot, stepSummaryFile} from '../config.ts'
import type {LintRun} from '../context/lint.ts'
import {OpsError} from '../errors.ts'
import {rewrite} from '../files.ts'
import type {LintedFile, LintInput, LintReport} from '../lint/types.ts'
import {diff} from '../report/diff.ts'
import {visible} from '../visible.ts'
import {formats, LINT_FORMAT_NAMES} from '../report/formats/index.ts'
import type {LintContext, LintFormatName} from '../report/formats/index.ts'
import type {Tint} from '../report/tint.ts'
import {redacted, remember} from '../secret.ts'
import {exitUnder} from './envelope.ts'
import type {Outcome} from './envelope.ts'
import {appendReport, JSON_TARGET, prepareOutputs, reportFlagReader, withTable} from './outputs.ts'
import type {ReportTarget} from './outputs.ts'

/** How a lint run is to be shown, and whether it mends. */
export interface LintShowing {
  targets: readonly ReportTarget<LintFormatName>[]
  context: LintContext & Required<Pick<LintContext, 'exit'>>
  paper: {tint: Tint; width: number | undefined}
  stepSummary: string | undefined
  json: boolean
  /** `show` is `--fix --dry-run`. */
  fix: 'no' | 'show' | 'write'
  signal: AbortSignal
  log: (text: string) => void
  talk: (text: string) => void
}

/** What flags and surroundings say about showing. Throws `REPORT_INVALID`. */
export function lintShowing(
  flags: {report?: string[] | undefined; 'exit-zero': boolean; fix: boolean; 'dry-run': boolean; verbose: boolean},
  shell: Pick<LintShowing, 'json' | 'paper' | 'signal' | 'log' | 'talk'> & Pick<LintContext, 'tool' | 'warnings'>,
  rules: LintContext['rules'],
): LintShowing {
  const {tool, warnings, ...rest} = shell
  return {
    ...rest,
    targets: (flags.report ?? []).map(reportFlagReader(LINT_FORMAT_NAMES)),
    context: {
      tool,
      root: reportRoot(),
      from: processPlaces().cwd,
      rules,
      exit: exitUnder(flags['exit-zero']),
      verbose: flags.verbose,
      ...(warnings && {warnings}),
    },
    stepSummary: stepSummaryFile(),
    fix: flags.fix ? (flags['dry-run'] ? 'show' : 'write') : 'no',
  }
}

/**
 * Lints, mends where that is wanted, and writes every report. The exit is the linter's, whatever the formats. Throws as
 * `prepareOutputs` before anything is linted, `INTERRUPTED`, and as `rewrite`.
 */
export async function runLint(linter: LintRun, showing: LintShowing): Promise<Outcome<object>> {
  const {json, context} = showing
  const inputs = await all(linter.inputs)
  const targets = withTable(showing.targets, json)
  const edges = {stdout: process.stdout, inputs: inputs.map(({file}) => file)}
  const outputs = await prepareOutputs(json ? [...targets, JSON_TARGET] : targets, edges)
  try {
    const report = redacted(linter.summarise(await judged(linter, inputs, showing), inputs))
    for (const target of targets) await outputs.write(target, await textOf(report, target, showing))
    await outputs.commit()
    if (showing.stepSummary !== undefined && targets.some(({format}) => format === 'markdown'))
      await appendReport(showing.stepSummary, (await formats.markdown()).lint(report, context))
    const exit = context.exit(report.summary.exit)
    if (!json) return {result: {summary: report.summary}, exit}
    const {lintParts} = await import('../report/formats/json.ts')
    return {...lintParts(report), exit}
  } finally {
    await outputs.abort()
  }
}

async function textOf(report: LintReport, {format, path}: ReportTarget<LintFormatName>, showing: LintShowing) {
  const {lint} = await formats[format]()
  return lint(report, path === undefined ? {...showing.context, ...showing.paper} : showing.context)
}

async function judged(linter: LintRun, inputs: readonly LintInput[], showing: LintShowing): Promise<LintedFile[]> {
  const files: LintedFile[] = []
  let mended = 0
  for (const [done, input] of inputs.entries()) {
    // Lets a signal in: a file takes the linter some time, and the processor all of it.
    await setImmediate()
    if (showing.signal.aborted) throw interrupted(done, inputs.length, showing.fix === 'write' ? mended : undefined)
    const found = await judgement(linter, input)
    if (!found) continue
    if ('text' in input) hide(input.text, found)
    const mends = showing.fix !== 'no' && found.findings.some(({edit}) => edit)
    const after = mends && 'text' in input ? await fixed(linter, input, found, showing) : found
    if (after !== found) mended++
    files.push(after)
  }
  return files
}

/** One file's findings; nothing for a file in another language, unless it was named: it then was not read. */
async function judgement(linter: LintRun, input: LintInput): Promise<LintedFile | undefined> {
  const [linted] = await all(linter.lint([input], false))
  if (linted || !linter.named(input.file)) return linted?.result
  const unread =
    'this is no shell, .env, workflow, YAML, JSON, Terraform, Dockerfile, Makefile, unit, Nix or Markdown file'
  const [refused] = await all(linter.lint([{file: input.file, unread}], false))
  return refused?.result
}

/** Shows how a file is mended and, unless only that was wanted, mends it. */
async function fixed(
  linter: LintRun,
  input: {file: string; text: string},
  found: LintedFile,
  showing: LintShowing,
): Promise<LintedFile> {
  const [linted] = await all(linter.lint([input], true))
  if (linted?.fixedText === undefined) return found
  show(diff(input.file, input.text, linted.fixedText), showing)
  if (showing.fix === 'show') return found
  await rewrite(input.file, input.text, linted.fixedText)
  return linted.result
}

/** What an edit or a diff quotes can hold a secret besides; from now on nothing prints it. */
function hide(text: string, {findings, suppressed}: LintedFile): void {
  for (const {rule, at} of [...findings, ...suppressed.map(({finding}) => finding)]) {
    if (!rule.startsWith('secret-in-')) continue
    const lines = text.slice(at.from, at.to).split('\n')
    // Shorter ones would take ordinary words out of the reports.
    for (const line of lines.map((each) => each.trim())) if (line.length >= 8) remember(line)
  }
}

/** Where standard output belongs to a report for programs, people read it on the other stream. */
function show(lines: readonly string[], {targets, paper: {tint}, log, talk}: LintShowing): void {
  const colours: Readonly<Record<string, keyof Tint>> = {'+': 'good', '-': 'bad', '@': 'dim'}
  const shown = lines.map((line) => {
    const text = line.split('\t').map(visible).join('\t')
    const colour = colours[line[0] ?? '']
    return colour ? tint[colour](text) : text
  })
  const say = targets.some(({path, format}) => path === undefined && format !== 'table') ? talk : log
  say(`${shown.join('\n')}\n`)
}

function interrupted(done: number, of: number, mended: number | undefined): OpsError {
  const state = mended === undefined ? 'nothing was written' : `${mended} mended, none of them halfway`
  return new OpsError('INTERRUPTED', {case: 'lint', done, of, state, mended: Boolean(mended)})
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}
