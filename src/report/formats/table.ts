import {SEVERITIES} from '../../fleet/types.ts'
import type {AgentAudit, Finding, Unjudged} from '../../fleet/types.ts'
import {serverLine} from '../forge.ts'
import type {Tint} from '../tint.ts'
import {columnsOf, padTo} from './columns.ts'
import {auditedFindings, CommonCures, countingFindings, curesOf, worstFirst} from './findings.ts'
import type {AuditedFinding, Cure} from './findings.ts'
import type {Format} from './format.ts'
import {COLOUR, indented, MARK, marked, NARROWEST, PLAIN} from './rows.ts'
import {confinedTo, deployedToken, openOf, sourceLines, summaryLines, verdictLine} from './words.ts'
import {visible} from '../../visible.ts'

/** The longest id of a rule. */
const RULE = 23
interface Line {
  mark: string
  colour: keyof Tint
  rule: string
  message: string
}

/**
 * For people at a terminal: a block per agent with something to say, its findings worst first and the commands that
 * mend them, and a plain summary last. Messages are wrapped to the width and commands never, so that they can be
 * copied; off a terminal nothing is wrapped. No line starts with a name, which a CI runner could take for a command.
 */
export const table: Pick<Format, 'audit'> = {
  audit({gitea, failOn, sources}, {tint = PLAIN, rules, width, worstFirst: sorted, exit}) {
    const blocks: {gravity: number; text: string}[] = []
    const common = new CommonCures()
    return {
      start: '',
      agent(audit) {
        common.add(auditedFindings(audit.findings))
        const text = audit.findings.length + audit.unjudged.length > 0 ? block(audit, tint, width) : ''
        if (!sorted) return text
        blocks.push({gravity: gravityOf(audit), text})
        return ''
      },
      end({unclaimed, unjudged, summary}) {
        const rest = unclaimed.length + unjudged.length > 0 ? nobodys(unclaimed, unjudged, tint, width) : ''
        const passed = summary.exit !== 0 && exit?.(summary.exit) === 0
        const colour = summary.exit === 0 ? 'good' : passed || summary.exit === 5 ? 'warn' : 'bad'
        const mark = passed ? '~' : ({0: '✓', 5: '?'}[summary.exit] ?? '✗')
        const told = [serverLine(gitea), ...sourceLines(sources, rules), ...summaryLines(summary)]
        const verdict = indented('', `${mark} ${verdictLine(summary, failOn, exit)}`, width).map((each) =>
          tint[colour](each),
        )
        const before = blocks.toSorted((a, b) => a.gravity - b.gravity).map(({text}) => text)
        const commands = common.commands.map((each) => `    ${tint.command(visible(each))}`)
        const together = commands.length > 0 ? ['Several at once:', ...commands] : []
        const summed = [...told.flatMap((each) => indented('', each, width)), ...verdict]
        return `${before.join('')}${rest}${[...together, ...summed].join('\n')}\n`
      },
    }
  },
}

function block(audit: AgentAudit, tint: Tint, width: number | undefined): string {
  const {agent, findings, unjudged, profile, user, workspace, workspaceStatus} = audit
  const found = auditedFindings(findings)
  const mark = countingFindings(found).length > 0 ? tint.bad('✗') : unjudged.length > 0 ? tint.warn('?') : tint.dim('~')
  const facts = [
    `profile ${profile}`,
    `user ${user}`,
    `workspace ${workspace}${workspaceStatus ? ` ${workspaceStatus}` : ''}`,
    `token ${deployedToken(audit)} ${audit.liveness === 'unknown' ? 'of unknown state' : audit.liveness}`,
    ...confinedTo(audit),
  ]
  const name = indented('', visible(agent), width === undefined ? undefined : width - 2)
  return joined([
    ...name.map((line, index) => (index === 0 ? `${mark} ${tint.strong(line)}` : `  ${tint.strong(line)}`)),
    ...indented('  ', facts.map(visible).join(' · '), width).map((each) => tint.dim(each)),
    ...saying(found, unjudged, tint, width),
  ])
}

/** Smaller is worse: by the gravest finding that counts; then what is unknown; then what is accepted. */
function gravityOf({findings, unjudged}: AgentAudit): number {
  const [worst] = worstFirst(countingFindings(auditedFindings(findings)))
  if (worst) return SEVERITIES.indexOf(worst.severity)
  return SEVERITIES.length + (unjudged.length > 0 ? 0 : 1)
}

function nobodys(
  unclaimed: readonly Finding[],
  unjudged: readonly Unjudged[],
  tint: Tint,
  width: number | undefined,
): string {
  const named = auditedFindings(unclaimed).map((finding) => ({
    ...finding,
    message: `${finding.agent}: ${finding.message}`,
  }))
  const found = [`${tint.bad('✗')} ${tint.strong('claimed by no agent')}`, ...saying(named, [], tint, width)]
  const open = [`${tint.warn('?')} ${tint.strong('the whole fleet')}`, ...saying([], unjudged, tint, width)]
  return `${named.length > 0 ? joined(found) : ''}${unjudged.length > 0 ? joined(open) : ''}`
}

function saying(
  findings: readonly AuditedFinding[],
  unjudged: readonly Unjudged[],
  tint: Tint,
  width: number | undefined,
): string[] {
  const found = worstFirst(findings).map((finding): Line => {
    const {rule, severity, message, because} = finding
    const accepted = finding.standing === 'accepted'
    return {
      mark: accepted ? '~ accepted' : marked(severity),
      colour: accepted ? 'dim' : COLOUR[severity],
      rule,
      message: because ? `${message} (${because})` : message,
    }
  })
  const open = openOf(unjudged).map(({rules, reason}): Line => ({
    mark: '? unknown',
    colour: 'warn',
    rule: rules,
    message: reason,
  }))
  const grave = found.filter(({mark}) => !mark.startsWith('~'))
  const accepted = found.filter(({mark}) => mark.startsWith('~'))
  return [
    ...[...grave, ...open, ...accepted].flatMap((line) => row(line, tint, width)),
    ...curesOf(findings).flatMap((cure) => cureLines(cure, tint, width)),
  ]
}

/** Commands are never wrapped, so that they can be copied. */
function cureLines({fix, note}: Cure, tint: Tint, width: number | undefined): string[] {
  const words = note === undefined ? [] : indented(fix === undefined ? '    ' : '      ', visible(note), width)
  return [...(fix === undefined ? [] : [`    ${tint.command(visible(fix))}`]), ...words.map((each) => tint.dim(each))]
}

/** Mark, rule and message side by side; on a narrow terminal the message stands under them. */
function row({mark, colour, rule, message}: Line, tint: Tint, width: number | undefined): string[] {
  const left = `  ${tint[colour](padTo(mark, MARK))}  ${padTo(visible(rule), RULE)}`
  const edge = columnsOf(left) + 2
  const narrow = width !== undefined && width - edge < NARROWEST
  const margin = ' '.repeat(narrow ? 6 : edge)
  const lines = indented(margin, visible(message), width)
  return narrow ? [left.trimEnd(), ...lines] : [`${left}  ${lines[0]!.slice(margin.length)}`, ...lines.slice(1)]
}

function joined(lines: readonly string[]): string {
  return `${lines.join('\n')}\n\n`
}
