import {EXIT, OpsError, orElse, pageName, worstExit} from '../errors.ts'
import {reaches, type Forge} from '../forge.ts'
import {excerpt} from '../secret.ts'
import {mayBeWithheld, withheld} from '../smoke/withheld.ts'
import type {AdminPort, DoctorPorts, GiteaPort, PlatformPort, StatePort} from './ports.ts'

/** One thing that was looked at. */
export interface Check {
  area: 'config' | 'gitea' | 'admin' | 'platform' | 'state'
  what: string
  state: 'ok' | 'note' | 'problem'
  message: string
  /** What to type to mend it. */
  fix?: string
  /** Stable code of a problem. */
  code?: string
  /** The runbook of a problem, which `patrol help` prints. */
  ref?: string
}

/** A whole check-up. `exit` is the gravest problem's: 4 for a credential, 5 for what could not be reached, else 3. */
export interface CheckUp {
  checks: Check[]
  exit: number
}

const MOST_SKEW_MS = 30_000
/** A request or two each. */
const MOST_REPOS = 20
/** A code each, where it is not public, and half a minute until the next. */
const MOST_REPOS_BY_CODE = 1
const ADMIN_REF = 'admin-credential-rejected'

type Area = Check['area']
type CheckResult = Omit<Check, 'area' | 'what'>

/** Looks at everything that a rotation will need, and changes nothing. Problems are told, never thrown. */
export async function examine(ports: DoctorPorts): Promise<CheckUp> {
  const found = await Promise.all([
    part('config', 'patrol.yaml', async () => ports, configChecks),
    part('gitea', 'server', ports.gitea, (gitea) => giteaChecks(gitea, () => ports.now())),
    part('admin', 'administrator', ports.admin, (admin) => adminChecks(admin, ports)),
    part('platform', 'platform', ports.platform, (platform) => platformChecks(platform, ports)),
    part('state', 'state directory', ports.state, stateChecks),
  ])
  const graded = found.flat()
  return {checks: graded.map(({check}) => check), exit: worstExit(graded.map(({exit}) => exit))}
}

interface Graded {
  check: Check
  exit: number
}

type Step = [what: string, look: () => Promise<CheckResult>]

/** One part of the set-up: opens it, then takes one look after the other and stops where the door is shut. */
async function part<Port>(
  area: Area,
  name: string,
  open: (() => Promise<Port>) | undefined,
  stepsOf: (port: Port) => Step[],
): Promise<Graded[]> {
  const message = 'not configured; commands that need it will say so'
  if (!open) return [{check: {area, what: name, state: 'note', message, fix: 'patrol init'}, exit: 0}]
  const graded: Graded[] = []
  let steps: Step[] = []
  const opened = await grade(area, name, async () => {
    steps = stepsOf(await open())
    return {state: 'ok', message: ''}
  })
  if (opened.exit !== 0) return [opened]
  for (const [what, look] of steps) {
    const step = await grade(area, what, look)
    graded.push(step)
    if (step.exit === EXIT.unavailable || step.exit === EXIT.auth) break
  }
  return graded
}

/** What a look showed; what it threw is a problem, but for an interrupt and our own mistakes. */
async function grade(area: Area, what: string, look: () => Promise<CheckResult>): Promise<Graded> {
  try {
    const finding = await look()
    return {check: {area, what, ...finding}, exit: finding.state === 'problem' ? EXIT.findings : 0}
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted' || error.category === 'bug') throw error
    const {code, message, suggestions, ref, category} = error
    const fix = suggestions.find((line) => line !== 'patrol doctor')
    const exit = category === 'auth' || category === 'unavailable' ? EXIT[category] : EXIT.findings
    return {
      check: {
        area,
        what,
        state: 'problem',
        message,
        ...(fix !== undefined && {fix}),
        code,
        ...(ref !== undefined && {ref: pageName(ref)}),
      },
      exit,
    }
  }
}

function configChecks({config}: DoctorPorts): Step[] {
  const look = async (): Promise<CheckResult> =>
    config
      ? {state: 'ok', message: `${config.file}, ${config.agents.length} agents`}
      : {state: 'problem', message: 'there is none', fix: 'patrol init', code: 'CONFIG_NOT_FOUND'}
  return [['patrol.yaml', look]]
}

function giteaChecks(gitea: GiteaPort, now: () => number): Step[] {
  return [
    ...proxyCheck(gitea),
    [
      'version',
      async () => {
        const forge = await gitea.forge()
        if (forge.name !== 'unknown')
          return {state: 'ok', message: `${gitea.url} is ${forge.named}: ${dialectOf(forge)}`}
        const said = forge.version === '' ? 'does not tell its version to strangers' : `is ${forge.named}`
        return {state: 'note', message: `${gitea.url} ${said}; probing finds out what it needs`}
      },
    ],
    ['clock', async () => clock('the server', await gitea.serverDate(), now())],
  ]
}

/** Only where there is one: who asks directly need not be told so. */
function proxyCheck({url, proxy}: {url: string; proxy?: string | undefined}): Step[] {
  if (proxy === undefined) return []
  const message = `${url} is asked through the proxy ${proxy}, which the environment names`
  return [['proxy', async () => ({state: 'note', message})]]
}

/** How this release lets a token's scopes be found out. */
function dialectOf(forge: Forge): string {
  if (reaches(forge, 'gitea', '1.27')) return 'it tells the scopes of a token when asked'
  if (forge.name === 'gitea' && !reaches(forge, 'gitea', '1.20'))
    return 'too old: scopes are those of Gitea 1.20 and newer'
  const others = reaches(forge, 'gitea', '1.23') ? 'its denials list them' : 'one by one'
  return `scopes are found in the token list of its user where the token has read:user, else ${others}`
}

function adminChecks(admin: AdminPort, {config}: DoctorPorts): Step[] {
  const how = admin.kind === 'token' ? 'a token' : `a password${admin.hasCodes ? ' and one-time codes' : ''}`
  return [
    [
      'credential',
      async () => {
        await admin.listTokens()
        return {state: 'ok', message: `${admin.user} is let in with ${how}`}
      },
    ],
    [
      'rights',
      async () => {
        const account = await admin.account()
        if (account?.isAdmin) return {state: 'ok', message: `${admin.user} is a site administrator`}
        const message = `${admin.user} is no site administrator, and only one can mint for others`
        return {
          state: 'problem',
          message,
          fix: 'Name a site administrator as gitea.admin.user in patrol.yaml',
          code: 'ADMIN_NOT_ADMIN',
          ref: ADMIN_REF,
        }
      },
    ],
    ['minting', async () => mintingOf(admin, await admin.mayMint())],
    ...(config?.work?.repos.length ? [workStep(admin, config.work)] : []),
  ]
}

/** The repositories in which agents find their work, and the label by which they do; of many the first ones. */
function workStep(admin: AdminPort, {repos, label}: {repos: readonly string[]; label: string}): Step {
  return [
    'work',
    async () => {
      const looked = repos.slice(0, admin.hasCodes ? MOST_REPOS_BY_CODE : MOST_REPOS)
      const seen = await Promise.all(looked.map((repo) => labelAt(admin, repo, label)))
      const where = (wanted: Seen): string => looked.filter((_, index) => seen[index] === wanted).join(', ')
      const told = [
        seen.includes('no-repository') && `no repository ${where('no-repository')} is shown to ${admin.user}`,
        seen.includes('no-label') && `no label "${label}" to filter issues by in ${where('no-label')}`,
      ].filter((each) => each !== false)
      if (told.length > 0) {
        const lost = seen.includes('no-repository')
        return {
          state: 'problem',
          message: `${told.join('; ')}: agents find no work there, and proofs fail`,
          fix: lost
            ? 'Put its right name into patrol.yaml, as "repo" of the agents or of "gitea", or create it'
            : 'Create the label there, or set "label" in patrol.yaml',
          code: lost ? 'REPO_NOT_FOUND' : 'LABEL_NOT_FOUND',
        }
      }
      const left = repos.length - looked.length
      const more = left > 0 ? `; ${left} more were not looked at` : ''
      if (seen.includes('unknown'))
        return {state: 'note', message: `whether there is "${label}" in ${where('unknown')} could not be told${more}`}
      return {state: left > 0 ? 'note' : 'ok', message: `${where('found')}: "${label}" is there${more}`}
    },
  ]
}

type Seen = 'found' | 'no-label' | 'no-repository' | 'unknown'

async function labelAt(admin: AdminPort, repo: string, label: string): Promise<Seen> {
  const seen = admin.hasLabel(repo, label).then((has): Seen => (has ? 'found' : 'no-label'))
  return seen
    .catch(orElse((): Seen => 'no-repository', 'REPO_NOT_FOUND'))
    .catch(orElse((): Seen => 'unknown', 'ADMIN_SCOPE'))
}

function mintingOf(admin: AdminPort, may: Awaited<ReturnType<AdminPort['mayMint']>>): CheckResult {
  if (may.kind === 'yes') return {state: 'ok', message: 'the credential may mint and delete tokens'}
  if (may.kind === 'unknown') {
    const forgejo = 'Forgejo since 11.0.4 wants a password for it'
    return {state: 'note', message: `whether the credential may mint could not be told; ${forgejo}`}
  }
  if (may.kind === 'password') {
    return {
      state: 'problem',
      message: `${may.server} mints and deletes tokens with a password only; the token of ${admin.user} can do neither`,
      fix: `Put the password of ${admin.user} under "gitea.admin" in patrol.yaml, in place of "token"`,
      code: 'ADMIN_REJECTED',
      ref: ADMIN_REF,
    }
  }
  return {
    state: 'problem',
    message: `the token of ${admin.user} lacks write:user, without which it can neither mint nor delete`,
    fix: 'Give the administrator a token with write:user, or use the password',
    code: 'ADMIN_SCOPE',
    ref: ADMIN_REF,
  }
}

function platformChecks(platform: PlatformPort, {config}: DoctorPorts): Step[] {
  let workspaces: Awaited<ReturnType<PlatformPort['workspaces']>> = []
  return [
    ...proxyCheck(platform),
    [
      'reachable',
      async () => {
        const {clockSkewMs} = await platform.health()
        const skew = clockSkewMs === undefined ? undefined : clock('the platform', clockSkewMs, 0)
        return skew?.state === 'problem' ? skew : {state: 'ok', message: `${platform.url} is healthy`}
      },
    ],
    [
      'credential',
      async () => {
        workspaces = await platform.workspaces()
        return organised(platform.org, await platform.organisation(), `it lists ${workspaces.length} workspaces`)
      },
    ],
    [
      'release',
      async () => {
        const {gitSha, organisation} = await platform.release()
        const kinds = workspaces.some(({kind}) => kind !== undefined)
        const build = [gitSha && `build ${excerpt(gitSha, 12)}`, organisation].filter(Boolean).join(', ')
        const message = kinds
          ? `workspaces tell their kind, so the concierge can be told${build && ` (${build})`}`
          : `workspaces tell no kind, so writes need --allow-unknown-kind${build && ` (${build})`}`
        return kinds ? {state: 'ok', message} : {state: 'note', message}
      },
    ],
    ...(config && mayBeWithheld(config.secret) ? [secretStep(config.secret, platform)] : []),
    ['fleet', async () => fleetOf(workspaces, config?.agents ?? [])],
  ]
}

/** Being let in proves nothing of the organisation: older servers and those before a gateway look at no header. */
function organised(named: string | undefined, answers: string | undefined, listed: string): CheckResult {
  const wanted = named?.toLowerCase()
  if (wanted === undefined) return {state: 'ok', message: `${listed}; no organisation is named, and none is asked for`}
  if (answers === undefined) {
    return {state: 'ok', message: `${listed}; whether the organisation is the one named, the server does not tell`}
  }
  if (wanted === answers) return {state: 'ok', message: `${listed}; the organisation is right`}
  return {
    state: 'problem',
    message: `the organisation that answers is ${answers}, patrol.yaml names ${wanted}`,
    fix: 'Set "org" under "platform" in patrol.yaml to the organisation that is meant, and "url" to its address',
    code: 'CONFIG_INVALID',
    ref: 'platform-unreachable',
  }
}

/** What can be told without asking an agent. */
function secretStep(key: string, platform: PlatformPort): Step {
  return [
    'secret',
    async () => {
      if (!(await platform.mayWithhold())) return {state: 'ok', message: `agents read their token from ${key}`}
      const {why, remedy} = withheld(key)
      return {state: 'note', message: `${why}; where a smoke test says so of an agent, ${remedy}`}
    },
  ]
}

/** Agents whose workspace is not there, or is there twice. */
function fleetOf(
  workspaces: readonly {id: string; name: string}[],
  agents: readonly {name: string; workspace: string}[],
): CheckResult {
  const count = ({workspace}: {workspace: string}) =>
    workspaces.filter(({id, name}) => id === workspace || name === workspace).length
  const gone = agents.filter((agent) => count(agent) === 0)
  // Who is to have a workspace of the own name may be about to get it; one that was named was there.
  const absent = gone.filter(({name, workspace}) => workspace !== name).map(({name}) => name)
  const awaited = gone.filter(({name, workspace}) => workspace === name).map(({name}) => name)
  const ambiguous = agents.filter((agent) => count(agent) > 1).map(({name}) => name)
  const sound = absent.length === 0 && ambiguous.length === 0
  if (sound && awaited.length === 0) return {state: 'ok', message: 'every agent has its workspace'}
  const waiting = `no workspace yet for ${awaited.join(', ')}`
  if (sound) return {state: 'note', message: waiting, fix: `patrol onboard ${awaited[0]}`}
  const parts = [
    absent.length > 0 && `no workspace for ${absent.join(', ')}`,
    awaited.length > 0 && waiting,
    ambiguous.length > 0 && `several workspaces bear the name of ${ambiguous.join(', ')}`,
  ]
  return {
    state: 'problem',
    message: parts.filter(Boolean).join('; '),
    fix: 'Set "workspace" of these agents in patrol.yaml to the id of theirs',
    code: absent.length > 0 ? 'WORKSPACE_NOT_FOUND' : 'WORKSPACE_AMBIGUOUS',
  }
}

function stateChecks(state: StatePort): Step[] {
  return [
    [
      'state directory',
      async () => {
        const {rotations, onboardings} = await state.unfinished()
        const counted = [counting(rotations, 'rotation'), counting(onboardings, 'onboarding')]
          .filter(Boolean)
          .join(' and ')
        if (counted === '') return {state: 'ok', message: `${state.path} is sound; nothing is unfinished`}
        return {
          state: 'note',
          message: `${state.path} is sound; ${counted} ${rotations + onboardings === 1 ? 'is' : 'are'} unfinished`,
          // An onboarding goes on with the rotation that it began.
          fix: onboardings > 0 ? 'patrol onboard --list' : 'patrol rotation list --unfinished',
        }
      },
    ],
  ]
}

function counting(number: number, what: string): string {
  return number === 0 ? '' : `${number} ${what}${number === 1 ? '' : 's'}`
}

function clock(whose: string, theirs: number | undefined, ours: number): CheckResult {
  if (theirs === undefined) return {state: 'note', message: `${whose} sends no date, so the clocks cannot be compared`}
  const skew = theirs - ours
  if (Math.abs(skew) <= MOST_SKEW_MS) return {state: 'ok', message: `the clock of ${whose} agrees with ours`}
  const seconds = Math.round(Math.abs(skew) / 1000)
  return {
    state: 'problem',
    message: `the clock of ${whose} is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} ours: one-time codes and deadlines go wrong`,
    fix: 'timedatectl set-ntp true',
    code: 'CLOCK_SKEW',
  }
}
