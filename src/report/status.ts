import type {AgentStanding, FleetStatus, OpenStory, ServerState} from '../fleet/index.ts'
import {forgeOf, forgeWord} from '../forge.ts'
import {dangers} from '../scopes/profiles.ts'
import {indexed} from './rotation.ts'
import type {Tint} from './tint.ts'
import {span} from './when.ts'
import {columnsOf, nextText, padTo, wrapped} from './wrap.ts'

/** What there is to show, as `context/status.ts` finds it out. */
interface StatusShown {
  status: FleetStatus
  agents: number
  platform: string | undefined
  /** Why the records of this machine are left out; undefined where they are not. */
  unread: string | undefined
}

/** More of a kind than that are only counted. */
const FEW = 5
const FEW_SCOPES = 3
/** What is carried over stands no further in, however long a name. */
const WIDEST_MARGIN = 36

/** The screen for people. `now` in ms since the epoch. */
export function statusText(shown: StatusShown, now: number, tint: Tint, width?: number): string {
  const {status, unread} = shown
  const page = {now, tint, width}
  return [
    block(
      'Servers',
      status.servers.map((server) => serverRow(server, page)),
      page,
    ),
    fleetText(shown, page),
    worstText(status, page),
    unread === undefined ? '' : wrapped(`${tint.warn('? unknown')}  what is open on this machine: ${unread}`, width, 2),
    openText(status, page),
    approvalsText(shown, page),
    revocationsText(status, page),
    nextText([status.next], (line) => tint.command(line)),
  ]
    .filter((text) => text !== '')
    .join('\n\n')
}

/** The same for scripts; times are RFC 3339 and what is not known is null. */
export function statusResult({status, agents, unread}: StatusShown): object {
  const {servers, counts, auditedAt, worst, open, approvals, revocations, next} = status
  const storyShape = ({
    kind,
    id,
    agent,
    workspace,
    phase,
    startedAt,
    dueAt,
    next: then,
  }: FleetStatus['open'][number]) => {
    return {kind, id, agent, workspace, phase, startedAt, dueAt: dueAt ?? null, next: then}
  }
  return {
    servers: servers.map(({kind, url, state, version, ms, why}) => {
      return {kind, url, state, version: version ?? null, ms: ms ?? null, why: why ?? null}
    }),
    fleet: {agents, ...counts, audited: auditedAt === undefined ? null : {at: auditedAt}},
    worst: worst.map(({agent, state, missing, excess, seen}) => ({
      agent,
      state,
      missing,
      excess,
      seen: seen ? {lastEight: seen.lastEight, by: seen.by, at: seen.at} : null,
    })),
    recordsRead: unread === undefined,
    open: open.map(storyShape),
    approvals: approvals.map((story) => ({...storyShape(story), approval: story.approval})),
    revocations: revocations.map((story) => ({...storyShape(story), isOver: story.isOver})),
    next: [next],
  }
}

interface StatusPaper {
  now: number
  tint: Tint
  width: number | undefined
}

function block(title: string, rows: readonly string[], {tint}: StatusPaper): string {
  return rows.length === 0 ? '' : [tint.strong(title), ...rows].join('\n')
}

function serverRow({kind, url, state, version, ms, why}: ServerState, {tint, width}: StatusPaper): string {
  const forge = forgeOf(version)
  const name = kind === 'platform' ? 'platform' : forge.name === 'unknown' ? 'git server' : forgeWord(forge.name)
  const mark = state === 'up' ? tint.good('✓ up  ') : tint.bad('✗ down')
  const said = kind === 'gitea' ? forge.version || forge.named : version === undefined ? '' : `build ${version}`
  const facts = state === 'up' ? [url, said, `${ms} ms`].filter((fact) => fact !== '') : [`${url}: ${why}`]
  return wrapped(`  ${mark}  ${padTo(name, 10)}  ${facts.join(', ')}`, width, 22)
}

function fleetText({status, agents}: StatusShown, page: StatusPaper): string {
  const {counts, auditedAt} = status
  const {tint, width, now} = page
  const audited =
    auditedAt === undefined
      ? `never audited: ${tint.command('patrol audit')}`
      : `last audited ${span(now - auditedAt)} ago`
  const rows: readonly [number, string][] = [
    [counts.dead, tint.bad('✗ dead')],
    [counts.missing, `${tint.bad('✗ without')} a scope of their profile`],
    [counts.excess, `${tint.warn('! with')} more than their profile`],
    [counts.ok, `${tint.good('✓ with')} what their profile says`],
    [counts.unseen, `${tint.dim('? not seen')} yet, or not since they were rotated`],
  ]
  const wide = Math.max(...rows.map(([count]) => `${count}`.length))
  const lines = rows
    .filter(([count]) => count > 0)
    .map(([count, what]) => wrapped(`  ${`${count}`.padStart(wide)} ${what}`, width, wide + 5))
  const title = wrapped(`${tint.strong('Fleet')}  ${agents} agent${agents === 1 ? '' : 's'}, ${audited}`, width, 7)
  return [title, ...lines].join('\n')
}

function worstText({worst}: FleetStatus, page: StatusPaper): string {
  const wide = Math.max(0, ...worst.map(({agent}) => columnsOf(agent)))
  const rows = worst.map((each) => {
    const head = `  ${padTo(each.agent, wide)}  `
    const when = each.seen ? ` (${each.seen.by}, ${span(page.now - each.seen.at)} ago)` : ''
    return wrapped(`${head}${wordOf(each, page.tint)}${when}`, page.width, Math.min(columnsOf(head), WIDEST_MARGIN))
  })
  return block('Worst, when last seen', rows, page)
}

function wordOf({state, missing, excess}: AgentStanding, tint: Tint): string {
  if (state === 'dead') return tint.bad('✗ dead')
  if (state === 'missing') return tint.bad(`✗ lacks ${missing.join(', ')}`)
  const worst = [...new Set([...dangers(excess).map(({scope}) => scope), ...excess])]
  const rest = worst.length - FEW_SCOPES
  const named = worst.slice(0, FEW_SCOPES).join(', ')
  return tint.warn(`! has ${named}${rest > 0 ? ` and ${rest} more` : ''} besides`)
}

function openText({open}: FleetStatus, page: StatusPaper): string {
  const rows = open.slice(0, FEW).flatMap((story) => {
    const {kind, id, agent, phase, startedAt, next} = story
    return beside(
      `  ${padTo(kind, 10)}  ${id}  ${agent}  ${indexed(phase)}, begun ${span(page.now - startedAt)} ago`,
      next,
      page,
    )
  })
  return block('Unfinished', [...rows, ...more(open, page)], page)
}

function approvalsText({status: {approvals}, platform}: StatusShown, page: StatusPaper): string {
  const where = platform === undefined ? 'in the canvas' : `in the canvas of ${platform}`
  const rows = approvals
    .slice(0, FEW)
    .flatMap(({agent, workspace, approval, startedAt, next}) => [
      wrapped(`  ${agent}  approval ${approval}, begun ${span(page.now - startedAt)} ago`, page.width, 4),
      ...beside(`    decide it ${where}, at workspace ${workspace}, then type`, next, page),
    ])
  return block('Waiting for a person', [...rows, ...more(approvals, page)], page)
}

function revocationsText({revocations}: FleetStatus, page: StatusPaper): string {
  const {now, tint, width} = page
  const rows = revocations.slice(0, FEW).flatMap(({agent, dueAt, isOver, next}) => {
    if (isOver) return beside(`  ${agent}  ${tint.warn('! overdue')} for ${span(now - dueAt)}`, next, page)
    return [wrapped(`  ${agent}  due in ${span(dueAt - now)}`, width, 4)]
  })
  return block('Old tokens to be revoked', [...rows, ...more(revocations, page)], page)
}

/** A row with its command, which stands on a line of its own where it would be broken. */
function beside(row: string, command: string, {tint, width}: StatusPaper): string[] {
  const shown = tint.command(command)
  if (width === undefined || columnsOf(row) + 2 + columnsOf(command) <= width) return [`${row}  ${shown}`]
  return [wrapped(row, width, 4), `      ${shown}`]
}

function more(stories: readonly OpenStory[], {tint}: StatusPaper): string[] {
  const left = stories.length - FEW
  return left > 0 ? [`  and ${left} more: ${tint.command('patrol rotation list --unfinished')}`] : []
}
