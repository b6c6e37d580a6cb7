import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {auditPorts, inventoryOf} from '../../src/context/audit.ts'
import {Context} from '../../src/context.ts'
import {furnishFleet} from '../../src/drill/fleet.ts'
import {audit, choose, collect} from '../../src/fleet/index.ts'
import type {AuditFinding} from '../../src/fleet/index.ts'
import {startFleet, type FleetOptions} from '../../src/simulator/fleet.ts'
import {commandIn, flagsOf} from '../support/typed-advice.ts'
import {typed, type Ended} from './harness.ts'

const WORLDS: readonly Omit<FleetOptions, 'agents'>[] = [
  {gitea: '1.22.6', release: 'aug14', seed: 7},
  {gitea: 'forgejo-15', release: 'april', seed: 3},
  {gitea: '1.27.0', release: 'june28', seed: 10},
]

/** What a note has to say where the guard of this name refuses the command beside it. */
const ANNOUNCED: Readonly<Record<string, RegExp>> = {
  GUARD_DANGEROUS_SCOPES: /take write:admin out of the profile operator/,
  GUARD_FOREIGN_ROTATION: /look first where patrol\.\S+ was minted.*--allow-foreign-rotation/,
  GUARD_HIBERNATED: /wake its workspace first/,
  GUARD_PAUSED: /resume its workspace in the canvas first/,
  GUARD_REMOVED: /give it the name of a workspace in patrol.yaml/,
  // Which is asked before it shows that the workspace was removed.
  GUARD_UNKNOWN_KIND: /not the concierge.*--allow-unknown-kind|give it the name of a workspace/,
  OLD_TOKEN_FOREIGN: /take "token:" of \S+ out of patrol.yaml/,
  USER_UNFIT: /take the rights of an administrator from .*--allow-site-admin/,
  WORKSPACE_NOT_FOUND: /give it the name of a workspace in patrol.yaml/,
}

/** The flag with which a note says that a guard is passed. */
const WAIVERS: Readonly<Record<string, string>> = {
  GUARD_DANGEROUS_SCOPES: '--allow-dangerous-scopes',
  GUARD_FOREIGN_ROTATION: '--allow-foreign-rotation',
  GUARD_UNKNOWN_KIND: '--allow-unknown-kind',
  USER_UNFIT: '--allow-site-admin',
}

const met = new Set<string>()

describe.each(WORLDS)('a fleet of $gitea on $release', (world) => {
  test('is offered nothing that is refused without a word beside it', {timeout: 120_000}, async () => {
    const fleet = await startFleet({...world, agents: 100})
    const dir = await mkdtemp(join(tmpdir(), 'patrol-fixes-'))
    try {
      const {config, state} = await furnishFleet(fleet, dir)
      const env = {PATROL_CONFIG: config, PATROL_STATE_DIR: state, HOME: dir}
      const offered = new Map<string, AuditFinding>()
      for (const askAgents of [false, true]) {
        for (const finding of await findings({config, state}, askAgents))
          if (finding.fix !== undefined) offered.set(`${finding.fix} (${finding.note})`, finding)
      }
      expect(offered.size).toBeGreaterThan(30)
      const unannounced: string[] = []
      const astray = new Map<string, string[]>()
      for (const [shown, {fix, note, agent}] of offered) {
        const [, ...words] = fix!.split(' ')
        const waivers = [...(note ?? '').matchAll(/--allow-[a-z-]+/g)].map(([flag]) => flag)
        for (const more of waivers.length > 0 ? [[], waivers] : [[]]) {
          const ended = await tried([...words, ...more], env)
          const refusal = ended && refusalOf(ended)
          if (refusal === undefined) continue
          met.add(refusal)
          if (refusal === 'OLD_TOKEN_FOREIGN') astray.set(agent, [...words, ...more])
          if (ANNOUNCED[refusal]?.test(note ?? '') && !more.includes(WAIVERS[refusal] ?? '')) continue
          unannounced.push(`${[shown, ...more].join(' ')}: ${refusal}`)
        }
      }
      expect(unannounced).toEqual([])
      expect(astray.size).toBeGreaterThan(0)
      const told = await readFile(config, 'utf8')
      for (const [agent, words] of astray) {
        await writeFile(config, told.replace(`    token: file:secrets/${agent}\n`, ''))
        expect(await tried(words, env)).toMatchObject({exit: 0})
      }
    } finally {
      await fleet.close()
      await rm(dir, {recursive: true, force: true})
    }
  })
})

test('each refusal that has its word was met', () => {
  expect([...met].toSorted()).toEqual(Object.keys(ANNOUNCED).toSorted())
})

async function findings(home: {config: string; state: string}, askAgents: boolean): Promise<AuditFinding[]> {
  await using context = await Context.open({
    config: home.config,
    stateDir: home.state,
    giteaUrl: undefined,
    insecureHttp: false,
    strict: false,
    ask: () => Promise.reject(new Error('an audit asks no person')),
    warn() {},
    signal: new AbortController().signal,
    version: 'test',
  })
  const ports = await auditPorts(context, {askAgents, askTimeoutMs: 2000})
  const {agents} = await collect(audit(choose(inventoryOf(context.requireConfig())), ports))
  return agents.flatMap((agent) => agent.findings)
}

/** Types it as it stands, as a dry run; undefined where the command has none, or only looks. */
async function tried(words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended<object> | undefined> {
  const {file, depth} = commandIn(words)!
  if (!('dry-run' in (await flagsOf({file})))) return undefined
  const {default: command} = await import(file)
  return typed(command, [...words.slice(depth), ...(words.includes('--dry-run') ? [] : ['--dry-run'])], env)
}

function refusalOf({exit, stderr}: Ended<object>): string | undefined {
  return exit === 0 ? undefined : (/^Code: (\w+)$/m.exec(stderr)?.[1] ?? `exit ${exit}`)
}
