import {open} from 'node:fs/promises'
import {join} from 'node:path'
import {createPrivately, replacePrivately} from '../files.ts'
import type {TokenRef} from '../rotation/index.ts'
import {isScope} from '../scopes/vocabulary.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {OWN_PROFILES} from '../simulator/fleet.ts'
import type {FleetSandbox, LedgerNote, Member, OwnProfile} from '../simulator/fleet.ts'
import {openStore} from '../store/index.ts'
import type {Site, Store} from '../store/index.ts'
import type {LedgerChange} from '../story/ports.ts'
import {together} from '../together.ts'
import {recordRotation} from './history.ts'
import {preamble, prepare} from './home.ts'
import type {SandboxHome} from './home.ts'

const HISTORY = 10
const AT_ONCE = 64

/**
 * Writes the inventory of a generated fleet as `furnish` does, with the ledger that its violations are told by, a few
 * rotations that were, and `truth.json`: what an audit has to find. Throws `FILE_EXISTS`.
 */
export async function furnishFleet(fleet: FleetSandbox, directory: string): Promise<SandboxHome> {
  const {secrets, state, config} = await prepare(fleet, directory)
  const referenced = fleet.members.filter((member) => member.referenced)
  const files = [...referenced]
  const writeOut = async (): Promise<void> => {
    for (let member = files.pop(); member; member = files.pop())
      await writeNew(join(secrets, member.name), member.written ?? member.held)
  }
  await together(Array.from({length: AT_ONCE}, writeOut))
  await createPrivately(config, inventory(fleet))
  await createPrivately(join(directory, 'truth.json'), `${JSON.stringify(fleet.truth, undefined, 1)}\n`)
  const store = await openStore(join(state, 'patrol.db'), {site: siteOf(fleet)})
  try {
    await remember(fleet, store)
  } finally {
    store.close()
  }
  const written = new Map(referenced.map(({name, held}) => [name, held]))
  const follow = async (): Promise<void> => {
    for (const {name, workspaceId} of referenced) {
      const value = fleet.platform.secrets(workspaceId)[fleet.secretKey] ?? written.get(name)
      if (value === undefined || written.get(name) === value) continue
      await replacePrivately(join(secrets, name), `${value}\n`)
      written.set(name, value)
    }
  }
  return {config, state, follow}
}

/** The servers of a sandbox, as its patrol.yaml names them. */
export function siteOf({gitea, platform, orgId}: FleetSandbox): Site {
  return {gitea: gitea.url, platform: platform.url, org: orgId}
}

/** patrol.yaml of a generated fleet; its references are relative to it, to files in `secrets/`. */
export function inventory(fleet: FleetSandbox): string {
  const profiles = Object.entries<OwnProfile>(OWN_PROFILES).map(([name, {scopes, maxAge, repositories}]) =>
    [
      `  ${name}:`,
      `    scopes: [${scopes.join(', ')}]`,
      ...(maxAge === undefined ? [] : [`    max-age: ${maxAge}`]),
      ...(repositories === undefined ? [] : [`    repositories: ${listed(repositories)}`]),
    ].join('\n'),
  )
  const agents = fleet.members.map(({name, user, workspace, profile, repo, referenced}) =>
    [
      `  ${name}:`,
      ...(user === name ? [] : [`    user: ${user}`]),
      ...(workspace === name ? [] : [`    workspace: ${workspace}`]),
      `    profile: ${profile}`,
      ...(repo === undefined ? [] : [`    repo: ${repo}`]),
      ...(referenced ? [`    token: file:secrets/${name}`] : []),
    ].join('\n'),
  )
  return `${preamble(fleet)}profiles:\n${profiles.join('\n')}\nagents:\n${agents.join('\n')}\n`
}

function listed(repositories: 'all' | readonly string[]): string {
  return repositories === 'all' ? repositories : `[${repositories.join(', ')}]`
}

/** Thousands of files that die with the sandbox need not be on the disk one by one, as `createPrivately` sees to. */
async function writeNew(path: string, value: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(`${value}\n`)
  } finally {
    await file.close()
  }
}

async function remember(fleet: FleetSandbox, store: Store): Promise<void> {
  const known = fleet.members.filter(({ledger}) => ledger.length > 0)
  const changes = known.flatMap((member) => {
    const tokens = refs(fleet, member)
    return member.ledger.map((note) => changeOf(member, tokens, note))
  })
  await store.ledger.apply(changes)
  for (const member of known.filter(({tokens}) => tokens.length === 1).slice(0, HISTORY)) {
    const minted = member.ledger.find((note) => note.kind === 'minted')
    const [token] = refs(fleet, member)
    if (minted && token) await recordRotation(store, {fleet, member, token, rotation: minted.rotation, at: minted.at})
  }
  for (const member of known) {
    const {unfinished} = member
    const token = unfinished && refs(fleet, member).find(({name}) => name === unfinished.token)
    if (token) await recordRotation(store, {fleet, member, ...unfinished, token, until: 'minted'})
  }
}

type Stored = TokenRef & {scopes: Scope[]}

/** The member's tokens as Gitea numbered them. */
function refs({gitea}: FleetSandbox, {user}: Member): Stored[] {
  return gitea
    .tokens(user)
    .map(({id, name, lastEight, scopes}) => ({id, name, lastEight, scopes: scopes.filter(isScope)}))
}

function changeOf({name: agent, user}: Member, tokens: readonly Stored[], note: LedgerNote): LedgerChange {
  const stored = tokens.find(({name}) => name === note.token)
  if (!stored) throw new RangeError(`the ledger is to know ${note.token}, which ${user} does not have`)
  const {scopes, ...token} = stored
  const {at} = note
  if (note.kind === 'minted') return {kind: 'minted', user, token, scopes, rotation: note.rotation, at}
  if (note.kind === 'superseded') return {kind: 'superseded', user, token, deadline: note.deadline, at}
  const {id, lastEight} = token
  return {kind: 'deployed', deployment: {agent, user, token: id, lastEight, secretUpdatedAt: undefined, at}}
}
