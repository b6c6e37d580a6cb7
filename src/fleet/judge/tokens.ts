import type {TokenRow} from '../../rotation/ports.ts'
import {understood} from '../../scopes/repositories.ts'
import {isFormer} from '../../rotation/former.ts'
import {agentIn, isRehearsal, mintedElsewhere, mintedFor, mintedForAnother, sameLogin} from '../../rotation/names.ts'
import type {LedgerToken} from '../../story/ports.ts'
import type {Docket} from '../docket.ts'
import {hasStopped, type AgentFacts} from '../facts.ts'
import type {Bench} from './bench.ts'
import type {Way} from '../fixes.ts'
import {reasonOf, valueOf} from '../reading.ts'
import {unknownWhy} from './life.ts'
import type {TokenView} from '../types.ts'
import {called, listedEvidence, unlisted} from './words.ts'

/**
 * The tokens of the agent's user beside the deployed one: `superseded-alive`, `token-orphan`, `several-live-tokens` and
 * `deployed-unknown`.
 */
export function judgeTokens(
  facts: AgentFacts,
  views: readonly TokenView[],
  {now, runsOn, entries}: Pick<Bench, 'now' | 'runsOn' | 'entries'>,
  docket: Docket,
): void {
  const {rows} = facts
  judgeDeployed(facts, docket)
  if (rows.kind === 'off') return
  if (rows.kind === 'failed') {
    for (const rule of ['superseded-alive', 'token-orphan', 'several-live-tokens'] as const)
      docket.open(rule, rows.reason)
    return
  }
  const evidence = listedEvidence(facts.agent.user)
  const viewOf = (row: TokenRow) => views.find(({id}) => id === row.id)
  const heldBy = holdersIn(facts, entries)
  const wayIn = waysIn(facts, rows.value, heldBy)
  const wayWith = (row: TokenRow) => {
    const holders = runsOn(row.lastEight).filter(({name}) => name !== facts.agent.name)
    return {way: wayIn(row), holders, held: heldBy(row)}
  }
  const unexplained = rows.value.filter((row) => {
    const standing = standingOf(row, facts, now)
    const token = viewOf(row)
    if (standing === 'overdue') {
      const message = `the replaced token ${called(row)} is alive past its overlap`
      docket.find('superseded-alive', {message, token, evidence, names: [row.name], ...wayWith(row)})
    } else if (standing === 'orphan') {
      const hands = !isSure(facts) ? 'but whether its agent runs on it is not sure' : handsOf(wayIn(row), row, facts)
      const message = `the token ${called(row)} is named as patrol names them, ${hands}`
      docket.find('token-orphan', {message, token, evidence, names: [row.name], ...wayWith(row)})
    }
    if (standing === 'unclear') docket.open('token-orphan', unknownWhy(facts))
    return standing === 'live' || standing === 'unclear'
  })
  if (unexplained.length < 2) return
  const [other] = unexplained.filter((row) => !viewOf(row)?.deployed)
  const names = unexplained.map(called).join(', ')
  docket.find('several-live-tokens', {
    message: `${facts.agent.user} has ${unexplained.length} live tokens: ${names}`,
    ...(other && {token: viewOf(other), ...wayWith(other)}),
    evidence,
  })
}

/** In whose hands a token may be of which the agent's own are surely not. */
function handsOf(way: Way, row: TokenRow, facts: AgentFacts): string {
  if (way === 'elsewhere') return 'and there is no record of it here: who runs on it is not known'
  if (way !== 'held') return "and in nobody's hands"
  return provenOn(row, facts) === undefined
    ? `and ${placedOn(row, facts)}`
    : 'and somebody elsewhere was last proven on it'
}

/** What speaks for a token being in use in another workspace than the agent's own, or by another agent: a clause. */
function holdersIn(facts: AgentFacts, entries: readonly string[]): (row: TokenRow) => string | undefined {
  const {agent, holding, workspace} = facts
  const {recorded, places = [], proofs = []} = holding
  const home = valueOf(workspace)?.id
  const grounds = {agents: entries, known: recorded, places, proofs}
  return (row) => {
    const proven = provenOn(row, facts)
    if (proven !== undefined) return `${proven} was last proven on it`
    const isOwn = !mintedForAnother(agent.name, row.name) || (home !== undefined && isFormer(row, home, grounds))
    return placedOn(row, facts) ?? (isOwn ? undefined : `by its name it was minted for ${agentIn(row.name)}`)
  }
}

/** A workspace that is not known by its id may be the agent's own as long as it bears the same name. */
function placedOn({id, lastEight}: TokenRow, {holding: {places = []}, workspace}: AgentFacts): string | undefined {
  const home = valueOf(workspace)
  const away = places.find(
    ({token, workspace: room, elsewhere}) =>
      (token.id === undefined ? token.lastEight === lastEight : token.id === id) &&
      (elsewhere !== undefined || (room.id === undefined ? room.name !== home?.name : room.id !== home?.id)),
  )
  if (!away) return undefined
  const {how, agent, workspace: room, elsewhere, token} = away
  const was = token.lastEight === lastEight ? '' : `, when it was …${token.lastEight}`
  const where = `workspace ${room.name}${elsewhere === undefined ? '' : ` of ${elsewhere}`}${was}`
  if (how === 'heard') return `${agent} reported it in ${where}`
  return how === 'found' ? `it may have been in use in ${where}` : `it was sent to ${where}`
}

/** Who was last proven on a token in another workspace than the agent's own, or as another agent. */
function provenOn(row: TokenRow, {holding: {proofs = []}, agent, workspace}: AgentFacts): string | undefined {
  const home = valueOf(workspace)?.id
  const other = proofs.find(
    (proof) =>
      proof.token === row.id &&
      (proof.elsewhere !== undefined ||
        (proof.workspace === undefined ? proof.agent !== agent.name : proof.workspace !== home)),
  )
  if (!other) return undefined
  const where = other.elsewhere ?? (other.workspace && `workspace ${other.workspace}`)
  return where === undefined ? other.agent : `${other.agent} of ${where}`
}

/** What may be done about a token beside the deployed one: never what would be refused, or would stop the agent. */
function waysIn(
  facts: AgentFacts,
  rows: readonly TokenRow[],
  heldBy: (row: TokenRow) => string | undefined,
): (row: TokenRow) => Way {
  const {place, agent, holding, openRotations, isAbandoned} = facts
  const finishes = (row: TokenRow): boolean =>
    openRotations.size > 0 &&
    !isAbandoned(row) &&
    replacedUntil(holding.recorded.find(({id}) => id === row.id)) !== undefined
  const sure = isSure(facts)
  if (hasStopped(facts)) return () => 'resume'
  if (place?.kind !== 'listed') return (row) => (finishes(row) ? 'resume' : 'find-out')
  const elsewhere = new Set(
    mintedElsewhere(agent.name, rows, [...holding.recorded, ...holding.announced]).map(({id}) => id),
  )
  return (row) => {
    if (finishes(row)) return 'resume'
    if (!sure) return holding.told?.from === 'agent' ? 'rotate' : 'find-out'
    if (heldBy(row) !== undefined) return 'held'
    return elsewhere.has(row.id) ? 'elsewhere' : 'revoke'
  }
}

/**
 * Whether it is known what the agent runs on as the gate wants to know it: by a proof after which its secret was not
 * written, or by its own word where its process is younger than its secret, which the next start brings. One that runs
 * elsewhere is started with what its operator likes, so it takes proof and word.
 */
function isSure({holding: {told, provenAt}, place, secretUpdatedAt, startedSince, workspace}: AgentFacts): boolean {
  const proven = provenAt !== undefined && valueOf(secretUpdatedAt) === provenAt
  // Models miscount: eight characters that end no live token say nothing of the others.
  const said = told?.from === 'agent' && place?.kind === 'listed'
  return valueOf(workspace)?.keeper === 'external' ? proven && said : proven || (said && valueOf(startedSince) === true)
}

type TokenStanding = 'live' | 'unclear' | 'overlap' | 'overdue' | 'minting' | 'orphan'

/** How long a rehearsal takes at the most. */
const REHEARSAL_MS = 10 * 60_000

function standingOf(
  row: TokenRow,
  {place, agent, holding, openRotations, isAbandoned}: AgentFacts,
  now: number,
): TokenStanding {
  if (place?.kind === 'listed' && place.row.id === row.id) return 'live'
  const recorded = holding.recorded.find(({id}) => id === row.id)
  const replaced = replacedUntil(recorded)
  if (replaced !== undefined && replaced < now) return 'overdue'
  if (replaced !== undefined && !isAbandoned(row)) return 'overlap'
  const minted = mintedFor(agent.name, row.name)
  if (openRotations.has(recorded?.rotation ?? minted?.rotation ?? '')) return 'minting'
  const deployedKnown = place?.kind === 'listed' || (place?.kind === 'unlisted' && place.told.from !== 'agent')
  if (!minted) return 'live'
  if (isRehearsal(row.name)) return isUnderWay(row, holding.announced, now) ? 'minting' : 'orphan'
  return deployedKnown ? 'orphan' : 'unclear'
}

/** Whether a rehearsal may be at this token of its: by when it was minted, as the server tells or this machine announced it. */
function isUnderWay({name, createdAt}: TokenRow, announced: AgentFacts['holding']['announced'], now: number): boolean {
  const since = createdAt === undefined ? announced.find((each) => each.name === name)?.at : Date.parse(createdAt)
  return since !== undefined && now - since < REHEARSAL_MS
}

/** When the overlap of a replaced token ends, in ms since the epoch. */
function replacedUntil(recorded: LedgerToken | undefined): number | undefined {
  if (recorded?.supersededAt === undefined) return undefined
  return recorded.deadline ?? recorded.supersededAt
}

function judgeDeployed(facts: AgentFacts, docket: Docket): void {
  const {place, rows, agent, holding} = facts
  const probe = valueOf(facts.probe)
  const evidence = listedEvidence(agent.user)
  // Who was asked and named a token that is not its user's has to get another one.
  const way: Way | undefined = holding.told?.from === 'agent' ? undefined : 'find-out'
  if (holding.silent !== undefined) docket.open('deployed-unknown', holding.silent)
  if (rows.kind === 'failed') docket.open('deployed-unknown', rows.reason)
  if (probe?.identity && !sameLogin(probe.identity.login, agent.user)) {
    const message = `its token …${probe.lastEight} belongs to ${probe.identity.login}, not to ${agent.user}`
    docket.find('deployed-unknown', {message, evidence: probe.liveness.evidence, way})
    return
  }
  const untold = rows.kind === 'off' ? ownerUntold(facts) : undefined
  if (untold !== undefined) docket.open('deployed-unknown', untold)
  if (rows.kind === 'off' && !holding.told) {
    const message = 'nothing tells which token the agent runs on, so none was judged'
    if (holding.unreadable !== undefined) docket.open('deployed-unknown', holding.unreadable)
    else if (!probe) docket.find('deployed-unknown', {message, way})
  }
  if (rows.kind === 'read' && place?.kind === 'unclear') {
    const message = place.told
      ? `several tokens of ${agent.user} end in ${place.told.lastEight}`
      : `nothing tells which of the ${rows.value.length} tokens of ${agent.user} the agent runs on`
    docket.find('deployed-unknown', {message, evidence, way})
  }
  if (place?.kind !== 'unlisted') return
  const state = probe?.liveness.state
  // A dead token has its own finding; that it is not listed is no news.
  if (state === 'dead' || (place.told.id !== undefined && state !== 'alive' && state !== 'blocked')) return
  const unknown = probe?.liveness.state === 'unknown' ? probe.liveness.evidence.reason : undefined
  const silent = reasonOf(facts.probe) ?? unknown
  if (silent !== undefined) return docket.open('deployed-unknown', silent)
  const message = unlisted(place.told, agent)
  docket.find('deployed-unknown', {message, evidence, way})
}

/** Why a probe that could have told whose token it is did not: of another's, nobody knows what its agent runs on. */
function ownerUntold({probe}: AgentFacts): string | undefined {
  if (probe.kind !== 'read') return reasonOf(probe)
  const {liveness, identity, scopes} = probe.value
  if (liveness.state === 'unknown') return liveness.evidence.reason
  const mayAsk = !scopes.some(({scope, verdict}) => scope === 'read:user' && verdict === 'missing')
  return liveness.state === 'alive' && !identity && mayAsk ? 'whose its token is got no usable answer' : undefined
}

/** Every token of the user, and the deployed one where it is not among them. */
export function tokenViews(facts: AgentFacts): TokenView[] {
  const {rows, place, holding, probe, agent} = facts
  const report = valueOf(probe)
  const recorded = (id: number | undefined) => holding.recorded.find((token) => token.id === id)
  const views = (valueOf(rows) ?? []).map((row): TokenView => {
    const {id, name, lastEight, createdAt, lastUsedAt} = row
    const repositories = understood(row.repositories)
    const scopes = row.strange ? undefined : row.scopes
    const made = createdAt ?? iso(recorded(id)?.mintedAt)
    const deployed = place?.kind === 'listed' && place.row.id === id
    return {id, name, lastEight, scopes, repositories, createdAt: made, lastUsedAt, source: 'listing', deployed}
  })
  if (!holding.told || views.some(({deployed}) => deployed) || place?.kind === 'unclear') return views
  const {lastEight, id} = holding.told
  const known = recorded(id)
  const alive = report?.liveness.state === 'alive'
  const reach = report?.confinement.reach
  const exact = alive && !report.scopes.some(({verdict}) => verdict === 'unknown')
  const shown: TokenView = {
    id,
    name: known && mintedFor(agent.name, known.name) ? known.name : undefined,
    lastEight,
    scopes: exact ? report.granted : undefined,
    repositories: understood(reach),
    createdAt: iso(known?.mintedAt),
    lastUsedAt: undefined,
    source: report ? 'probe' : 'ledger',
    deployed: true,
  }
  return [...views, shown]
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString()
}
