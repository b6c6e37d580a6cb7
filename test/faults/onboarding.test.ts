import {describe, expect, it} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import type {OnboardingRequest} from '../../src/onboarding/index.ts'
import {onboardingOf, OnboardingWorld, type Fault} from '../support/onboarding-world.ts'
import {Crash} from '../support/world.ts'

const KINDS: Fault['kind'][] = ['crash-before', 'crash-after', 'lost-before', 'lost-after']
const TEN = Array.from({length: 10}, (_, index) => `agent-new-${index}`)

interface Scene {
  name: string
  open: Parameters<typeof OnboardingWorld.open>[0]
  ask: Partial<OnboardingRequest>
  keeps?: boolean
  /** Workspaces that are there before. */
  furnished?: boolean
}

const SCENES: Scene[] = [
  {name: 'hosted, of August', open: {}, ask: {}},
  {
    name: 'on SaaS of April, keeping the workspace token',
    open: {release: 'april', mode: 'saas', version: '1.25.4'},
    ask: {memberships: [{kind: 'team', organisation: 'acme', team: 'Owners'}]},
    keeps: true,
  },
  {name: 'in workspaces that are there already', open: {debounceMs: 0}, ask: {}, furnished: true},
]

/** Boundaries of one onboarding that nothing breaks. */
async function boundariesOf(scene: Scene): Promise<string[]> {
  await using world = await OnboardingWorld.open(scene.open)
  world.keeps = scene.keeps ?? false
  const request = onboardingOf('agent-new', scene.ask)
  if (scene.furnished) await world.furnish('agent-new')
  expect(await world.run(request)).toMatchObject({outcome: 'onboarded', proof: {passed: true}})
  expect(await world.flaws(request)).toEqual([])
  return world.boundaries
}

/** Ten agents, each of which breaks at a boundary of its own; then all of them are run again as they stand. */
async function playTen(
  scene: Scene,
  faults: readonly Fault[],
  name: (fault: Fault) => string,
): Promise<{wrong: string[]; died: number}> {
  await using world = await OnboardingWorld.open(scene.open)
  world.keeps = scene.keeps ?? false
  const requests = TEN.map((agent) => onboardingOf(agent, scene.ask))
  const wrong: string[] = []
  let died = 0
  if (scene.furnished) await Promise.all(TEN.map((agent) => world.furnish(agent)))
  for (const [index, request] of requests.entries()) {
    world.revive()
    world.fault = faults[index]
    try {
      await world.run(request)
    } catch (error) {
      if (error instanceof Crash) died++
      else if (!(error instanceof OpsError)) throw error
      if (error instanceof OpsError) wrong.push(...flawsOfError(error).map((flaw) => `${request.agent}: ${flaw}`))
    }
  }
  for (const [index, request] of requests.entries()) {
    const where = faults[index] ? name(faults[index]) : 'unbroken'
    const home = await world.bringHome(request, 3).catch((error: unknown) => error)
    if (home instanceof Error) wrong.push(`${where}: ${home.message}`)
    else if (!home || typeof home !== 'object' || !('runs' in home) || home.runs !== 1)
      wrong.push(`${where}: needed several runs`)
    wrong.push(...(await world.flaws(request)).map((flaw) => `${where}: ${flaw}`))
  }
  const counts = [(await world.users()).length, (await world.workspaces()).length]
  if (counts.some((count) => count !== TEN.length)) wrong.push(`${counts.join(' users, ')} workspaces`)
  return {wrong, died}
}

/** A person has to learn what is there now and what to type. */
function flawsOfError(error: OpsError): string[] {
  const tells = /was changed|is there|was created|was not|works|was proven|not known|are there/.test(error.message)
  return [...(tells ? [] : [`tells no state: ${error.message}`])]
}

function inTens<T>(items: readonly T[]): T[][] {
  return Array.from({length: Math.ceil(items.length / 10)}, (_, index) => items.slice(index * 10, index * 10 + 10))
}

describe.each(SCENES)('ten agents onboarded $name', (scene) => {
  it.each(KINDS)('broken by %s at every boundary and run again: ten of everything, nothing twice', async (kind) => {
    const boundaries = await boundariesOf(scene)
    const wrong: string[] = []
    let died = 0
    for (const faults of inTens(boundaries.map((_, index) => ({at: index + 1, kind})))) {
      const name = ({at}: Fault): string => `${kind} at ${at} (${boundaries[at - 1]})`
      const ended = await playTen(scene, faults, name)
      wrong.push(...ended.wrong)
      died += ended.died
    }
    expect(wrong).toEqual([])
    // How often it has to look until a workspace is online differs a little from run to run.
    expect(died).toBeGreaterThan(kind.startsWith('crash') ? boundaries.length * 0.8 : -1)
  })
})
