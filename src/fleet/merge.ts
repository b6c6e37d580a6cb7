import {OpsError} from '../errors.ts'
import {acceptances, type Acceptances, type AcceptedBaseline} from './baseline.ts'
import {newestFirst} from './audit.ts'
import {agentsOf, outline, type Blob, type Outline} from './blob.ts'
import {byRule, byRuleOpen, findingOf} from './docket.ts'
import {sharedCharge, stateOf, withoutUse} from './judge.ts'
import {AuditTally} from './summary.ts'
import type {AgentAudit, AuditEvent, AuditHead, AuditTail, AuditFinding, Unjudged} from './types.ts'

/**
 * Makes one audit of all shards' blobs, as if it had been run in one piece: agents in the order of the inventory, tokens
 * shared across shards found, everything counted anew, and the runs of all. A shard that is
 * missing or ended early leaves its agents unknown. `baseline` is for findings that only the merge can make.
 * Throws `BLOB_INVALID`, and `BLOB_MISMATCH` for blobs of different inventories or settings, or one shard twice; all of
 * that before the first event.
 */
export async function* merge(
  blobs: readonly Blob[],
  options: {baseline?: AcceptedBaseline | undefined; now?: () => number} = {},
): AsyncGenerator<AuditEvent> {
  const accepted = acceptances(options.baseline, (options.now ?? Date.now)())
  const runners: MergedRunner[] = []
  const seen = new Set<number>()
  const pieces: ShardPiece[] = []
  for (const blob of blobs) {
    const piece = await outline(blob, (audit) => {
      if (seen.has(audit.index)) throw mismatch(`${blob.name} holds ${audit.agent}, whom another blob holds too`)
      seen.add(audit.index)
      const runner = runnerOf(audit, blob.name)
      if (runner) runners.push(runner)
    })
    pieces.push({blob, ...piece})
  }
  const ordered = checked(pieces)
  const {head} = ordered[0]!
  yield {kind: 'head', head: mergedHead(ordered)}

  const tally = new AuditTally(head.failOn)
  const shared = sharedAcross(runners)
  for await (const audit of inInventoryOrder(ordered.map(({blob}) => blob))) {
    const settled = withShared(audit, shared.get(audit.agent) ?? [], accepted)
    tally.agent(settled)
    yield {kind: 'agent', audit: settled}
  }
  tally.missing(head.inventory.agents - seen.size)
  yield {kind: 'tail', tail: mergedTail(ordered, tally)}
}

interface ShardPiece extends Outline {
  blob: Blob
}

/** The pieces in the order of their shards; throws `BLOB_MISMATCH` where they are not of one audit. */
function checked(pieces: readonly ShardPiece[]): ShardPiece[] {
  const [first] = pieces
  if (!first) throw mismatch('there is no blob')
  const holders = new Map<number, ShardPiece>()
  for (const piece of pieces) {
    const {head, blob} = piece
    const other = `${blob.name} and ${first.blob.name}`
    if (head.inventory.digest !== first.head.inventory.digest) {
      throw mismatch(`${other} are of different inventories, or of different selections of agents`)
    }
    if (head.failOn !== first.head.failOn) throw mismatch(`${other} were made with a different --fail-on`)
    if (head.sources.join() !== first.head.sources.join()) throw mismatch(`${other} looked at different sources`)
    if (countOf(head) !== countOf(first.head)) throw mismatch(`${other} are shards of different counts`)
    const twin = holders.get(indexOf(head))
    if (twin) throw mismatch(`${blob.name} and ${twin.blob.name} are the same shard ${indexOf(head)}/${countOf(head)}`)
    holders.set(indexOf(head), piece)
  }
  return [...holders.values()].toSorted((a, b) => indexOf(a.head) - indexOf(b.head))
}

function indexOf({shard}: AuditHead): number {
  return shard?.index ?? 1
}

function countOf({shard}: AuditHead): number {
  return shard?.count ?? 1
}

function mergedHead(pieces: readonly ShardPiece[]): AuditHead {
  const heads = pieces.map(({head}) => head)
  const first = heads[0]!
  const startedAt = heads.map((head) => head.startedAt).toSorted()[0]!
  const gitea = heads.find((head) => head.gitea.version !== undefined)?.gitea ?? first.gitea
  const platform = heads.find((head) => head.platform?.release !== undefined)?.platform ?? first.platform
  return {...first, startedAt, gitea, platform, shard: undefined}
}

function mergedTail(pieces: readonly ShardPiece[], tally: AuditTally): AuditTail {
  const tails = pieces.flatMap(({tail}) => (tail ? [tail] : []))
  const unjudged = new Map(
    [...tails.flatMap((tail) => tail.unjudged), ...absences(pieces)].map((each) => [JSON.stringify(each), each]),
  )
  const rest = {
    unclaimed: tails.flatMap((tail) => tail.unclaimed).toSorted(byRule),
    unjudged: [...unjudged.values()].toSorted(byRuleOpen),
  }
  const requests = tails.reduce((sum, {summary}) => sum + summary.requests, 0)
  const rejected = tails.some(({summary}) => summary.exit === 4)
  return {
    finishedAt:
      tails
        .map((tail) => tail.finishedAt)
        .toSorted()
        .at(-1) ?? mergedHead(pieces).startedAt,
    ...rest,
    rotations: tails.flatMap((tail) => tail.rotations).toSorted(newestFirst),
    runs: tails.flatMap((tail) => tail.runs),
    summary: tally.close(rest, requests, rejected),
  }
}

/** Shards that are not there, or whose run ended early. */
function absences(pieces: readonly ShardPiece[]): Unjudged[] {
  const count = countOf(pieces[0]!.head)
  const all = Array.from({length: count}, (_, at) => at + 1)
  return all.flatMap((index) => {
    const piece = pieces.find(({head}) => indexOf(head) === index)
    if (piece?.tail) return []
    const what = piece ? 'ended early: not all of its agents were judged' : 'is missing: its agents were not judged'
    return [{agent: '', rule: '*', reason: `shard ${index}/${count} ${what}`}]
  })
}

/** Every blob is in the inventory's order, so the next agent is always at the front of one of them. */
async function* inInventoryOrder(blobs: readonly Blob[]): AsyncGenerator<AgentAudit> {
  const queues = await Promise.all(
    blobs.map(async (blob) => {
      const rest = agentsOf(blob)
      return {rest, front: await rest.next()}
    }),
  )
  for (;;) {
    const waiting = queues.filter(({front}) => !front.done)
    const next = waiting.toSorted((a, b) => a.front.value!.index - b.front.value!.index)[0]
    if (!next) return
    yield next.front.value!
    next.front = await next.rest.next()
  }
}

/** What tells one agent's deployed token from another's. */
interface MergedRunner {
  agent: string
  lastEight: string
  id: number | undefined
  /** Its own shard found that it shares its token. */
  shares: boolean
  blob: string
}

function runnerOf({agent, tokens, deployedFrom, findings}: AgentAudit, blob: string): MergedRunner | undefined {
  const token = tokens.find(({deployed}) => deployed)
  // A token that is deployed only for want of another is its own user's, and nobody else's.
  if (!token || deployedFrom === undefined || deployedFrom === 'only') return undefined
  const shares = findings.some(({rule}) => rule === 'token-shared')
  return {agent, lastEight: token.lastEight, id: token.id, shares, blob}
}

/** For every agent that shares its token, the others on it: within a shard as it found, across shards by last eight. */
function sharedAcross(runners: readonly MergedRunner[]): Map<string, string[]> {
  const shared = new Map<string, string[]>()
  for (const alike of Map.groupBy(runners, ({lastEight}) => lastEight).values()) {
    for (const one of alike) {
      const others = alike.filter((other) => other !== one && same(one, other)).map(({agent}) => agent)
      if (others.length > 0) shared.set(one.agent, others.toSorted())
    }
  }
  return shared
}

function same(a: MergedRunner, b: MergedRunner): boolean {
  if (a.blob === b.blob) return a.shares && b.shares
  return a.id === undefined || b.id === undefined || a.id === b.id
}

function withShared(audit: AgentAudit, sharedWith: readonly string[], accepted: Acceptances): AgentAudit {
  const before = audit.findings.find(({rule}) => rule === 'token-shared')
  if (sharedWith.length === 0) return audit
  const {agent, user, workspace, anchor, keeper, standing} = audit
  const found = findingOf(
    'token-shared',
    {agent, user, workspace, repo: undefined, anchor, keeper, ...standing},
    sharedCharge(sharedWith),
    accepted,
  )
  if (before?.fingerprint === found.fingerprint) return audit
  const others = audit.findings.filter((finding) => finding !== before && finding.rule !== 'token-unused')
  const findings = [...others.map(withoutItsUse), found].toSorted(byRule)
  return {...audit, state: stateOf(findings, audit.unjudged), tokens: audit.tokens.map(withoutUse), findings}
}

function withoutItsUse(finding: AuditFinding): AuditFinding {
  const {token} = finding.subject
  return token ? {...finding, subject: {...finding.subject, token: withoutUse(token)}} : finding
}

function mismatch(what: string): OpsError {
  return new OpsError('BLOB_MISMATCH', {what})
}
