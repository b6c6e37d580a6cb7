import {SEVERITIES} from '../../fleet/types.ts'
import type {AgentAudit, AuditFinding, Summary, Unjudged} from '../../fleet/types.ts'
import type {LintedFile, LintReport} from '../../lint/types.ts'
import {serverLine} from '../forge.ts'
import type {Tint} from '../tint.ts'
import {columnsOf, indented, NARROWEST, padTo} from '../wrap.ts'
import {auditedFindings, CommonCures, countingFindings, curesOf, sentenceOf, worstFirst} from './findings.ts'
import type {AuditedFinding, Cure} from './findings.ts'
import type {ReportFormat} from './format.ts'
import {COLOUR, MARK, marked, PLAIN} from './rows.ts'
import {
  confinedTo,
  count,
  deployedToken,
  lintLines,
  lintVerdict,
  openOf,
  placeOf,
  signOf,
  sourceLines,
  summaryLines,
  verdictLine,
} from './words.ts'
import {visible} from '../../visible.ts'

/** The longest id of an audit's rule, and of a lint's that a terminal of 80 has room for. */
const RULE = 23
const LINT_RULE = 25
/** Columns of `120:34`. */
const PLACE = 6

/** What is written on; off a terminal it has no width. */
interface TablePaper {
  tint: Tint
  width: number | undefined
}

interface TableLine {
  mark: string
  colour: keyof Tint
  rule: string
  message: string
}

/**
 * For people at a terminal: a block per agent or file with something to say, its findings and what mends them, and a
 * plain summary last. Messages are wrapped to the width and commands never, so that they can be
 * copied; off a terminal nothing is wrapped. No line starts with a name, which a CI runner could take for a command.
 */
export const table: ReportFormat = {
  audit({gitea, failOn, sources}, {tint = PLAIN, rules, width, worstFirst: sorted, exit}) {
    const paper = {tint, width}
    const blocks: {gravity: number; text: string}[] = []
    const common = new CommonCures()
    return {
      start: '',
      agent(audit) {
        common.add(auditedFindings(audit.findings))
        const text = audit.findings.length + audit.unjudged.length > 0 ? agentBlock(audit, paper) : ''
        if (!sorted) return text
        blocks.push({gravity: gravityOf(audit), text})
        return ''
      },
      end({unclaimed, unjudged, summary}) {
        const passed = summary.exit !== 0 && exit?.(summary.exit) === 0
        const before = blocks.toSorted((a, b) => a.gravity - b.gravity).map(({text}) => text)
        const commands = common.commands.map((each) => `    ${tint.command(visible(each))}`)
        const together = commands.length > 0 ? ['Several at once:', ...commands] : []
        const told = [serverLine(gitea), ...sourceLines(sources, rules), ...summaryLines(summary)]
        const verdict = `${passed ? '~' : signOf(summary)} ${verdictLine(summary, failOn, exit)}`
        const summed = [...together, ...ending(told, verdict, passed ? 'warn' : toneOf(summary), paper)]
        return `${before.join('')}${nobodys(unclaimed, unjudged, paper)}${summed.join('\n')}\n`
      },
    }
  },
  lint(report, {tint = PLAIN, width, verbose = false}) {
    const paper = {tint, width}
    const blocks = report.files
      .filter(({findings, unread, fixed}) => findings.length + unread.length + fixed > 0)
      .map((file) => fileBlock(file, paper))
    const verdict = `${signOf(report.summary)} ${lintVerdict(report)}`
    const told = [...lintLines(report), ...(verbose ? passedNames(report) : [])]
    return `${blocks.join('')}${ending(told, verdict, toneOf(report.summary), paper).join('\n')}\n`
  },
}

/** Each file that was passed over, with why. */
function passedNames({passed}: LintReport): string[] {
  return passed.flatMap(({reason, files}) => files.map((file) => `  – ${visible(file)}: ${reason}`))
}

function toneOf({exit}: Pick<Summary, 'exit'>): 'good' | 'warn' | 'bad' {
  return exit === 0 ? 'good' : exit === 5 ? 'warn' : 'bad'
}

function ending(told: readonly string[], verdict: string, tone: keyof Tint, {tint, width}: TablePaper): string[] {
  return [
    ...told.flatMap((each) => indented('', each, width)),
    ...indented('', verdict, width).map((each) => tint[tone](each)),
  ]
}

/** A block under the name of what it is about. */
function titled(mark: string, name: string, lines: readonly string[], {tint, width}: TablePaper): string {
  const title = indented('', visible(name), width === undefined ? undefined : width - 2)
  return joined([...title.map((line, index) => `${index === 0 ? mark : ' '} ${tint.strong(line)}`), ...lines])
}

function agentBlock(audit: AgentAudit, paper: TablePaper): string {
  const {agent, findings, unjudged, profile, user, workspace, workspaceStatus} = audit
  const {tint, width} = paper
  const found = auditedFindings(findings)
  const mark = countingFindings(found).length > 0 ? tint.bad('✗') : unjudged.length > 0 ? tint.warn('?') : tint.dim('~')
  const facts = [
    `profile ${profile}`,
    `user ${user}`,
    `workspace ${workspace}${workspaceStatus ? ` ${workspaceStatus}` : ''}`,
    `token ${deployedToken(audit)} ${audit.liveness === 'unknown' ? 'of unknown state' : audit.liveness}`,
    ...confinedTo(audit),
  ]
  const lines = indented('  ', facts.map(visible).join(' · '), width).map((each) => tint.dim(each))
  return titled(mark, agent, [...lines, ...saying(found, unjudged, paper)], paper)
}

/** Smaller is worse: by the gravest finding that counts; then what is unknown; then what is accepted. */
function gravityOf({findings, unjudged}: AgentAudit): number {
  const [worst] = worstFirst(countingFindings(auditedFindings(findings)))
  if (worst) return SEVERITIES.indexOf(worst.severity)
  return SEVERITIES.length + (unjudged.length > 0 ? 0 : 1)
}

function nobodys(unclaimed: readonly AuditFinding[], unjudged: readonly Unjudged[], paper: TablePaper): string {
  const {tint} = paper
  const named = auditedFindings(unclaimed).map((finding) => ({
    ...finding,
    message: `${finding.agent}: ${finding.message}`,
  }))
  const found = [`${tint.bad('✗')} ${tint.strong('claimed by no agent')}`, ...saying(named, [], paper)]
  const open = [`${tint.warn('?')} ${tint.strong('the whole fleet')}`, ...saying([], unjudged, paper)]
  return `${named.length > 0 ? joined(found) : ''}${unjudged.length > 0 ? joined(open) : ''}`
}

/** What counts, what is not known, what is accepted; then what mends it. */
function saying(findings: readonly AuditedFinding[], unjudged: readonly Unjudged[], paper: TablePaper): string[] {
  const sorted = worstFirst(findings)
  const counting = countingFindings(sorted)
  const line = (finding: AuditedFinding): TableLine => ({
    mark: marked(finding),
    colour: finding.standing === 'accepted' ? 'dim' : COLOUR[finding.severity],
    rule: finding.rule,
    message: sentenceOf(finding),
  })
  const open = openOf(unjudged).map(({rules, reason}): TableLine => ({
    mark: '? unknown',
    colour: 'warn',
    rule: rules,
    message: reason,
  }))
  const accepted = sorted.filter((finding) => !counting.includes(finding))
  return [
    ...[...counting.map(line), ...open, ...accepted.map(line)].flatMap((each) => row(each, paper)),
    ...curesOf(findings).flatMap((cure) => cureLines(cure, paper)),
  ]
}

/** Commands are never wrapped, so that they can be copied. */
function cureLines({fix, note}: Cure, {tint, width}: TablePaper): string[] {
  const words = note === undefined ? [] : indented(fix === undefined ? '    ' : '      ', visible(note), width)
  return [...(fix === undefined ? [] : [`    ${tint.command(visible(fix))}`]), ...words.map((each) => tint.dim(each))]
}

/** Mark, rule and message side by side; on a narrow terminal the message stands under them. */
function row({mark, colour, rule, message}: TableLine, {tint, width}: TablePaper): string[] {
  const left = `  ${tint[colour](padTo(mark, MARK))}  ${padTo(visible(rule), RULE)}`
  const edge = columnsOf(left) + 2
  const narrow = width !== undefined && width - edge < NARROWEST
  const margin = ' '.repeat(narrow ? 6 : edge)
  const lines = indented(margin, visible(message), width)
  return narrow ? [left.trimEnd(), ...lines] : [`${left}  ${lines[0]!.slice(margin.length)}`, ...lines.slice(1)]
}

function fileBlock({file, findings, unread, fixed}: LintedFile, paper: TablePaper): string {
  const {tint, width} = paper
  const mark = findings.length > 0 ? tint.bad('✗') : unread.length > 0 ? tint.warn('?') : tint.good('✓')
  const lines = [
    ...unread.flatMap(({reason, at}) =>
      placedRow(placeOf(at), {mark: '? unread', colour: 'warn', rule: '', message: reason}, paper),
    ),
    ...findings.flatMap(({at, severity, rule, message, fix, edit}) => [
      ...placedRow(placeOf(at), {mark: marked({severity}), colour: COLOUR[severity], rule, message}, paper),
      ...hanging('fix: ', `${visible(fix)}${edit ? ' (--fix does it)' : ''}`, width).map((line) => tint.command(line)),
    ]),
    ...(fixed > 0 ? [`  ${tint.good(`${count(fixed, 'finding')} mended`)}`] : []),
  ]
  return titled(mark, file, lines, paper)
}

/** On one line where it fits; else the message stands under its rule, with the whole width to itself. */
function placedRow(place: string, {mark, colour, rule, message}: TableLine, {tint, width}: TablePaper): string[] {
  const left = `  ${padTo(place, PLACE)}  ${tint[colour](padTo(mark, MARK))}  ${padTo(visible(rule), LINT_RULE)}`
  const whole = `${left}  ${visible(message)}`
  if (width === undefined || columnsOf(whole) <= width) return [whole]
  return [left.trimEnd(), ...hanging('', visible(message), width)]
}

/** Under the mark, wrapped to the width; what is carried over stands behind the word that it begins with. */
function hanging(word: string, text: string, width: number | undefined): string[] {
  const margin = ' '.repeat(PLACE + 4)
  const lines = indented(' '.repeat(PLACE + 4 + word.length), text, width)
  return lines.map((line, index) => (index === 0 ? `${margin}${word}${line.trimStart()}` : line))
}

function joined(lines: readonly string[]): string {
  return `${lines.join('\n')}\n\n`
}
