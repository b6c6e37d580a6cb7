import {ALONE} from './alone.ts'
import {about, dangerous, excess, lastEight, missing, none} from './flaw.ts'
import type {Flaw} from './flaw.ts'
import {NEEDS, adopt, daysAgo, makeAged, mintedToken, running, tokenOf} from './member.ts'
import type {Member, Workshop} from './member.ts'
import {REACHES} from './reaches.ts'

/** Sets the running token's scopes, those of the profile aside. */
function scoped(name: string, change: {without?: string[]; with?: string[]}, finds: Flaw['finds']): Flaw {
  return {
    name,
    sides: ['scopes', 'profile'],
    plant(member) {
      member.profile = 'engineer'
      const kept = NEEDS.engineer.filter((scope) => change.without?.includes(scope) !== true)
      running(member).scopes = [...kept, ...(change.with ?? [])]
    },
    finds,
  }
}

const SCOPES: readonly Flaw[] = [
  scoped('cannot read issues', {without: ['read:issue']}, () => missing('read:issue')),
  scoped('cannot read its user', {without: ['read:user']}, () => missing('read:user')),
  scoped('cannot push', {without: ['write:repository'], with: ['read:repository']}, () => missing('write:repository')),
  scoped('writes packages', {with: ['write:package']}, () => excess('write:package')),
  scoped('reads organisations and writes issues', {with: ['read:organization', 'write:issue']}, () =>
    excess('read:organization', 'write:issue'),
  ),
  scoped('changes its user and writes packages', {with: ['write:user', 'write:package']}, () => [
    ...dangerous('write:user'),
    ...excess('write:package'),
  ]),
  {
    ...scoped('holds everything', {}, () => dangerous('all')),
    plant(member) {
      member.profile = 'engineer'
      running(member).scopes = ['all']
    },
  },
  {
    name: 'administers as its profile wants',
    sides: ['scopes', 'profile'],
    plant(member) {
      member.profile = 'operator'
      running(member).scopes = NEEDS.operator
    },
    finds: () => dangerous('write:admin'),
  },
  {
    ...scoped('holds nothing', {without: [...NEEDS.engineer]}, (member) => about('empty-scope', member)),
    sides: ['scopes', 'profile', 'repo'],
  },
  {
    // No request asks for misc, so a ladder of requests does not show it.
    ...scoped('holds misc only', {without: [...NEEDS.engineer], with: ['read:misc']}, (member, {ladder}) =>
      ladder ? about('empty-scope', member) : [...missing(...NEEDS.engineer), ...excess('read:misc')],
    ),
    sides: ['scopes', 'profile', 'repo'],
  },
  scoped('sees public things only', {with: ['public-only']}, (member) => about('public-only', member)),
  scoped('sees public things only, not its user', {without: ['read:user'], with: ['public-only']}, (member, sees) => [
    ...missing('read:user'),
    ...(sees.ladder ? [] : about('public-only', member)),
  ]),
]

const ACCOUNTS: readonly Flaw[] = [
  {
    name: 'is site administrator',
    sides: ['account', 'repo'],
    plant: (member) => void (member.account.isAdmin = true),
    finds: (member, {listing}) => {
      const readsItself = running(member).scopes.some((scope) => ['all', 'read:user', 'write:user'].includes(scope))
      return listing || readsItself ? [{rule: 'user-is-admin'}] : []
    },
  },
  {
    name: 'may not see its repository',
    sides: ['repo', 'scopes'],
    plant: (member) => void (member.repo = 'acme/vault'),
    finds: (_, {probes}) => (probes ? [{rule: 'role-gap'}] : []),
  },
  {
    name: 'works in a private repository',
    sides: ['repo', 'scopes'],
    plant: (member) => void (member.repo = 'acme/cellar'),
    finds: none,
  },
]

const AGES: readonly Flaw[] = [
  {
    name: 'has grown old',
    sides: ['age', 'profile', 'scopes', 'others'],
    plant(member, workshop) {
      age(member, 200, workshop)
      member.ledger = []
    },
    finds: (member, {times}) => (times ? about('token-too-old', member) : []),
  },
  {
    name: 'has grown old by the ledger',
    sides: ['age', 'profile', 'scopes'],
    plant(member, workshop) {
      adopt(member, workshop)
      age(member, 120, workshop)
    },
    finds: (member) => about('token-too-old', member),
  },
  {
    name: 'is almost too old',
    sides: ['age', 'profile', 'scopes'],
    plant: (member, workshop) => age(member, 80, workshop),
    finds: none,
  },
  {
    name: 'lies idle',
    sides: ['age'],
    plant(member, workshop) {
      makeAged(member, 400, workshop)
      running(member).lastUsedAt = daysAgo(workshop, 300)
    },
    // Whoever is asked uses its token to answer.
    finds: (member, {times, asks}) => (times && !(asks && isUp(member)) ? about('token-unused', member) : []),
  },
  {
    name: 'runs on an older secret',
    sides: ['age', 'workspace', 'others'],
    plant(member, workshop) {
      makeAged(member, 10, workshop)
      member.ledger = []
      member.platform = {secretsUpdatedAt: new Date(daysAgo(workshop, 20)).toISOString()}
    },
    finds: (_, {times}) => (times ? [{rule: 'secret-older-than-token'}] : []),
  },
  {
    name: 'runs on an older secret by the ledger',
    sides: ['age', 'workspace'],
    plant(member, workshop) {
      adopt(member, workshop)
      makeAged(member, 10, workshop)
      member.platform = {secretsUpdatedAt: new Date(daysAgo(workshop, 20)).toISOString()}
    },
    finds: () => [{rule: 'secret-older-than-token'}],
  },
]

/** Brings the member under a profile with a greatest age. */
function age(member: Member, days: number, workshop: Workshop): void {
  member.profile = 'dated'
  running(member).scopes = NEEDS.dated
  makeAged(member, days, workshop)
}

const OTHERS: readonly Flaw[] = [
  {
    name: 'left a superseded token behind',
    sides: ['others'],
    plant: (member, workshop) => supersede(member, 5, workshop),
    finds: (member, {listing}) => (listing ? [{rule: 'superseded-alive', token: lastEight(extra(member))}] : []),
  },
  {
    name: 'is within its overlap',
    sides: ['others'],
    plant: (member, workshop) => supersede(member, -2, workshop),
    finds: none,
  },
  {
    name: 'left an orphan',
    sides: ['others'],
    plant(member, workshop) {
      const {rotation: _, ...orphan} = mintedToken(member, 12, workshop)
      member.tokens.push(orphan)
    },
    finds: (member, {listing}) => (listing ? [{rule: 'token-orphan', token: lastEight(extra(member))}] : []),
  },
  {
    name: 'is being rotated',
    sides: ['others'],
    plant(member, workshop) {
      adopt(member, workshop)
      const {rotation, ...candidate} = mintedToken(member, 0, workshop)
      const [token, at] = [candidate.name, candidate.createdAt]
      member.tokens.push(candidate)
      member.ledger.push({kind: 'minted', token, at, rotation})
      member.unfinished = {rotation, token, at}
    },
    finds: none,
  },
  {
    name: 'has a second token',
    sides: ['others'],
    plant: (member, workshop) =>
      void member.tokens.push(tokenOf('laptop', NEEDS[member.profile], 8 + workshop.chance.below(10), workshop)),
    finds: (_, {listing}) => (listing ? [{rule: 'several-live-tokens'}] : []),
  },
]

/** The value of the token that a flaw of `OTHERS` added. */
function extra({tokens}: Member): string {
  const last = tokens.at(-1)
  if (!last) throw new Error('a second token was never made')
  return last.value
}

/** An older token of patrol's own whose overlap ended so many days ago. */
function supersede(member: Member, endedDaysAgo: number, workshop: Workshop): void {
  adopt(member, workshop)
  const {rotation, ...old} = mintedToken(member, 40, workshop)
  member.tokens.push(old)
  member.ledger.push(
    {kind: 'minted', token: old.name, at: old.createdAt, rotation},
    {
      kind: 'superseded',
      token: old.name,
      at: daysAgo(workshop, endedDaysAgo + 3),
      deadline: daysAgo(workshop, endedDaysAgo),
    },
  )
}

const WORKSPACES: readonly Flaw[] = [
  workspace('has no workspace', 'workspace-missing', (member) => void (member.platform = undefined)),
  workspace('has a removed workspace', 'workspace-missing', (member) => void (member.platform = {status: 'removed'})),
  workspace('failed to start', 'workspace-failed', (member) => void (member.platform = {status: 'failed'})),
  workspace('is offline', 'workspace-offline', (member) => void (member.platform = {status: 'offline'})),
  workspace('is paused', undefined, (member) => void (member.platform = {status: 'paused'})),
  workspace('is hibernated', undefined, (member) => void (member.platform = {status: 'hibernated'})),
  {
    ...workspace('does not say what it holds', undefined, (member) => void (member.platform = {agent: {kind: 'mute'}})),
    sides: ['workspace', 'age'],
  },
]

/** Whether the agent answers when it is asked. */
function isUp({platform}: Member): boolean {
  return platform !== undefined && (platform.status ?? 'online') === 'online'
}

function workspace(name: string, rule: string | undefined, plant: Flaw['plant']): Flaw {
  return {name, sides: ['workspace'], plant, finds: () => (rule === undefined ? [] : [{rule}])}
}

/** Everything that can be the matter with one agent, and what only looks like it. */
export const FLAWS: readonly Flaw[] = [...SCOPES, ...REACHES, ...ACCOUNTS, ...AGES, ...OTHERS, ...WORKSPACES, ...ALONE]

/** The flaw that takes two: the second runs on the first one's token, which is not its own user's. */
export function share(lender: Member, borrower: Member): void {
  borrower.profile = lender.profile
  borrower.tokens = []
  borrower.ledger = []
  borrower.held = lender.held
}

/** Only looks like it: two tokens with the same last eight characters. */
export function resemble(first: Member, second: Member): void {
  const token = running(second)
  token.value = `${token.value.slice(0, -8)}${lastEight(first.held)}`
  second.held = token.value
}
