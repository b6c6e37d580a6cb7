import {randomBytes} from 'node:crypto'
import {Chance} from './fleet/chance.ts'
import {seeing, seeingAll} from './fleet/flaw.ts'
import type {Flaw, ExpectedFinding, Sees, Side, AuditSight} from './fleet/flaw.ts'
import {FLAWS, resemble, share} from './fleet/flaws.ts'
import {daysAgo, soundMember, tokenOf} from './fleet/member.ts'
import type {Member, MemberToken, Workshop} from './fleet/member.ts'
import {dialect} from './gitea/dialect.ts'
import {startGitea} from './gitea/index.ts'
import {startPlatform} from './platform/index.ts'
import {deliveredKey} from './platform/releases.ts'
import type {Sandbox, SandboxOptions} from './sandbox.ts'
import type {GiteaRepo, GiteaSeed, GiteaToken, SeedUser, PlatformWorkspace} from './types.ts'

export {OWN_PROFILES} from './fleet/member.ts'
export type {LedgerNote, Member, OwnProfile} from './fleet/member.ts'

export interface FleetOptions extends SandboxOptions {
  /**
   * How many agents the inventory names. From about 120 on every rule is violated by one of them at least, those about
   * repositories where the server confines tokens to them.
   */
  agents: number
  /** The same seed makes the same fleet: names, tokens, violations. Default 1. */
  seed?: number
}

/** A finding that an audit of the fleet has to report; `scope`, `repository` and `token` (last eight) tell several of a rule apart. */
export interface TruthFinding {
  rule: string
  /** For what no agent claims, the login or the workspace's name. */
  agent: string
  subject: {scope?: string; repository?: string; token?: string}
}

/** Exactly what an audit has to find, by what it goes by; `all` is what is the matter, whoever could see it. */
export type Truth = Record<AuditSight | 'all', {findings: TruthFinding[]}>

/** Both simulators, running and seeded with a generated fleet. */
export interface FleetSandbox extends Sandbox {
  members: readonly Member[]
  truth: Truth
}

/** The share of agents with something the matter with them, or that only look so. */
const SUSPECT = 0.5
/** The share of those with two things at once. */
const TWOFOLD = 0.25

interface Person {
  member: Member
  finds: (sees: Sees) => ExpectedFinding[]
}

/** A user or a workspace that no agent claims. */
interface Stray {
  name: string
  /** None for people, whose tokens are nobody's business. */
  token: MemberToken
  rule: 'user-without-workspace' | 'workspace-without-user' | undefined
}

/**
 * Starts a Gitea and a platform on loopback with a fleet of generated agents, of which about 60% are sound, and the
 * truth about them: what an audit must report by the administrator's listings, by probes of the deployed values, by both,
 * and by asking the agents besides, on this version of Gitea.
 *
 * @throws RangeError for no agents at all, and what `net.Server` emits when a wanted port is taken.
 */
export async function startFleet(options: FleetOptions): Promise<FleetSandbox> {
  const {agents, seed = 1, gitea: version = '1.22.6', release = 'aug14', mode = 'saas', ports = {}} = options
  if (!Number.isInteger(agents) || agents < 1) throw new RangeError('a fleet has at least one agent')
  const workshop: Workshop = {chance: new Chance(seed), now: Math.floor(Date.now() / 1000) * 1000}
  const people = populate(agents, workshop)
  const strays = strayed(agents, workshop)
  const members = people.map(({member}) => member)
  const admin = {user: 'root', password: randomBytes(18).toString('base64url')}
  const platformToken = randomBytes(32).toString('base64url')
  const orgId = workshop.chance.uuid()
  const secretKey = deliveredKey({release, mode})

  const gitea = await startGitea(giteaSeed({admin, members, strays}, dialect(version).confinesTokens), {
    version,
    ...(ports.gitea !== undefined && {port: ports.gitea}),
  })
  const started = startPlatform(
    {
      workspaces: workspaces(members, strays, {chance: workshop.chance, secretKey}),
      adminToken: randomBytes(32).toString('base64url'),
      orgTokens: [platformToken],
    },
    {
      release,
      mode,
      approvals: options.approvals ?? false,
      giteaUrl: gitea.url,
      rateLimit: 10 * agents + 600,
      // At most 200 heartbeats a second, however many agents there are.
      heartbeatMs: Math.max(1000, agents * 5),
      ...(mode === 'saas' && {orgId, waf: true, canvas: true}),
      ...(ports.platform !== undefined && {port: ports.platform}),
    },
  )
  const platform = await started.catch(async (error: unknown) => {
    await gitea.close()
    throw error
  })
  const seen = (sees: Sees): Truth[AuditSight] => ({findings: truthOf(people, strays, sees)})
  const told = (source: AuditSight): Truth[AuditSight] => seen(seeing(source, version))
  return {
    gitea,
    platform,
    members,
    agents: members.map(({name, user, workspaceId, held}) => ({name, user, workspaceId, tokenValue: held})),
    truth: {
      listing: told('listing'),
      probing: told('probing'),
      both: told('both'),
      asking: told('asking'),
      all: seen(seeingAll(version)),
    },
    admin,
    platformToken,
    orgId,
    secretKey,
    repo: 'acme/core',
    async close() {
      await Promise.all([gitea.close(), platform.close()])
    },
  }
}

/** Every flaw once where there is room, then chance; whoever is left is sound. */
function populate(count: number, workshop: Workshop): Person[] {
  const {chance} = workshop
  const people = Array.from({length: count}, (_, index) => ({
    member: soundMember(index, workshop),
    finds: (): ExpectedFinding[] => [],
  }))
  const order = chance.shuffled(people)
  const suspects = order.slice(0, Math.ceil(count * SUSPECT))
  const sound = order.slice(suspects.length)
  const once = chance.shuffled(FLAWS)
  for (const [index, person] of suspects.entries()) {
    const first = once[index] ?? chance.pick(FLAWS)
    afflict(person, first, chance.next() < TWOFOLD ? companion(first, chance) : undefined, workshop)
  }
  pairUp(sound)
  return people
}

function afflict(person: Person, first: Flaw, second: Flaw | undefined, workshop: Workshop): void {
  const flaws = second ? [first, second] : [first]
  for (const flaw of flaws) flaw.plant(person.member, workshop)
  person.finds = (sees) => flaws.flatMap((flaw) => flaw.finds(person.member, sees))
}

/** Another flaw that changes other sides of a member. */
function companion(first: Flaw, chance: Chance): Flaw | undefined {
  const taken = new Set<Side>(first.sides)
  const free = FLAWS.filter(({sides}) => !sides.some((side) => taken.has(side)))
  return free.length > 0 ? chance.pick(free) : undefined
}

/** Of a hundred sound agents two get one token together, and two get tokens that only look alike. */
function pairUp(sound: readonly Person[]): void {
  for (let index = 0; index + 3 < sound.length; index += 100) {
    const [lender, borrower, first, second] = sound.slice(index, index + 4)
    if (!lender || !borrower || !first || !second) return
    share(lender.member, borrower.member)
    lender.finds = () => [{rule: 'token-shared'}]
    borrower.finds = () => [{rule: 'token-shared'}, {rule: 'deployed-unknown'}]
    resemble(first.member, second.member)
  }
}

function strayed(count: number, workshop: Workshop): Stray[] {
  const {chance, now} = workshop
  const day = new Date(daysAgo(workshop, 15)).toISOString().slice(0, 10).replaceAll('-', '')
  const made = (name: string, rule: Stray['rule'], index: number): Stray => {
    const login = `${name}-${index + 1}`
    const token = rule ? `patrol.${login}.${day}.${chance.rotation()}` : 'laptop'
    return {name: login, rule, token: {...tokenOf(token, ['read:user'], 15, workshop), lastUsedAt: now}}
  }
  const some = Array.from({length: Math.ceil(count / 200)}, (_, index) => index)
  return [
    ...some.map((index) => made('person', undefined, index)),
    ...some.map((index) => made('left-user', 'user-without-workspace', index)),
    ...some.map((index) => made('left-workspace', 'workspace-without-user', index)),
  ]
}

function truthOf(people: readonly Person[], strays: readonly Stray[], sees: Sees): TruthFinding[] {
  const ofAgents = people.flatMap(({member, finds}) =>
    finds(sees).map(({rule, ...subject}) => ({rule, agent: member.name, subject})),
  )
  const unclaimed = strays.flatMap(({name, rule}) => (rule ? [{rule, agent: name, subject: {}}] : []))
  // The list of users is the administrator's, the list of workspaces the platform's.
  return [...ofAgents, ...unclaimed.filter(({rule}) => sees.listing || rule === 'workspace-without-user')]
}

function giteaSeed(
  {admin, members, strays}: {admin: FleetSandbox['admin']; members: readonly Member[]; strays: readonly Stray[]},
  confines: boolean,
): GiteaSeed {
  const stored = (token: MemberToken) => storedAs(token, confines)
  const known = members.filter(({unheardOf}) => !unheardOf)
  const users = known.map(({user, account, tokens}) => ({...account, login: user, tokens: tokens.map(stored)}))
  const left = strays.filter(({rule}) => rule !== 'workspace-without-user')
  const writers = (logins: readonly Member[]): GiteaRepo['collaborators'] =>
    logins.map(({user}) => ({login: user, permission: 'write' as const}))
  const confinedTo = ({tokens}: Member, repo: string): boolean =>
    tokens.some(({repositories}) => repositories?.includes(repo))
  const repo = (name: string, secluded: boolean, who: readonly Member[]): GiteaRepo => ({
    owner: 'acme',
    name,
    private: secluded,
    labels: ['approved', 'bug'],
    issues: [
      {title: 'Login page loses the return address', labels: ['approved', 'bug']},
      {title: 'Retry uploads after a timeout', labels: ['approved']},
      {title: 'Cache the list of repositories', labels: ['approved'], pull: true},
    ],
    collaborators: writers(who) ?? [],
  })
  return {
    users: [
      {login: admin.user, password: admin.password, isAdmin: true},
      ...users,
      ...left.map(({name, token}): SeedUser => ({login: name, tokens: [stored(token)]})),
    ],
    orgs: [{name: 'acme', owners: [admin.user]}],
    repos: [
      repo('core', false, known),
      repo(
        'vault',
        true,
        known.filter((member) => confinedTo(member, 'acme/vault')),
      ),
      repo(
        'cellar',
        true,
        known.filter((member) => member.repo === 'acme/cellar' || confinedTo(member, 'acme/cellar')),
      ),
    ],
  }
}

function storedAs(token: MemberToken, confines: boolean): GiteaToken {
  const {name, value, scopes, repositories, createdAt, lastUsedAt} = token
  return {
    name,
    value,
    scopes: [...scopes],
    ...(confines && repositories && {repositories: [...repositories]}),
    createdAt: new Date(createdAt).toISOString(),
    lastUsedAt: new Date(lastUsedAt).toISOString(),
  }
}

function workspaces(
  members: readonly Member[],
  strays: readonly Stray[],
  {chance, secretKey}: Pick<Workshop, 'chance'> & {secretKey: string},
): PlatformWorkspace[] {
  const uptimeSeconds = 86_400
  const ours = members.flatMap(({name, workspaceId, held, platform}) =>
    platform ? [{id: workspaceId, name, uptimeSeconds, secrets: {[secretKey]: held}, ...platform}] : [],
  )
  const left = strays.filter(({rule}) => rule === 'workspace-without-user')
  return [...ours, ...left.map(({name}) => ({id: chance.uuid(), name, uptimeSeconds}))]
}
