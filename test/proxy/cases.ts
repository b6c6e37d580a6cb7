import {BREAKS, type Broken, type Reply} from './breaks.ts'
import {errorOf, leaks, unfinished, unsettled, untruths} from './judge.ts'
import type {Ended, Laptop, Run, Seen, Strike} from './laptop.ts'
import {writes} from './requests.ts'
import {SCENES, type Scene} from './scenes.ts'
import {World} from './world.ts'

/** One request of one scene, and what happens to it. */
export interface Case {
  /** `rotate/POST mint/302-after`, `rotate/GET tokens#2x3/429`: what reproduces it. */
  id: string
  scene: Scene
  seen: Seen
  /** How many of its kind in a row. */
  times: number
  /** A key of BREAKS, or what happens to the run itself while this request is under way. */
  what: string
  when: 'before' | 'after'
}

/** How a case went: whether it struck at all, and what went wrong. */
export interface Verdict {
  case: Case
  struck: boolean
  faults: string[]
  /** The runs, for reading. */
  runs: Ended[]
  ms: number
}

/** What strikes the run, not the answer. `rival`: the request is held until another machine's run has ended. */
const MOMENTS = ['kill', 'interrupt'] as const

/** Reads are sent again by themselves after these, so one alone shows nothing: as many are broken as patrol tries. */
const TRIED = 3
const RETRIED = new Set(['reset', 'truncated', '429', '429-retry-after', '502', '503', '504'])

/** Every case of a scene, from what a run of it asks when nothing is in the way. */
export async function casesOf(scene: Scene): Promise<Case[]> {
  await using world = await World.open(scene.options)
  const laptop = await world.laptop()
  await scene.prepare?.(world, laptop)
  const run = laptop.start(scene.command(world))
  const {exit, stderr, stdout} = await run.ended
  if (exit !== 0) throw new Error(`${scene.name} does not even work undisturbed: ${stderr || stdout}`)
  const wrong = await unsettled(scene, world, [laptop])
  if (wrong.length > 0) throw new Error(`${scene.name} does not even end well undisturbed: ${wrong.join('; ')}`)
  return run.seen.flatMap((seen) => casesAt(scene, seen))
}

function casesAt(scene: Scene, seen: Seen): Case[] {
  const phases = writes(seen.kind) ? (['before', 'after'] as const) : (['before'] as const)
  const whats = [...Object.keys(BREAKS), ...MOMENTS, ...(scene.rival ? ['rival'] : [])]
  return whats.flatMap((what) => phases.map((when) => caseAt(scene.name, seen, what, when)))
}

/** One case by its parts; throws for a scene that there is not. */
export function caseAt(name: string, seen: Seen, what: string, when: Case['when']): Case {
  const scene = SCENES.find((each) => each.name === name)
  if (!scene) throw new RangeError(`no scene ${name}`)
  const times = /^GET /.test(seen.kind) && RETRIED.has(what) ? TRIED : 1
  return {id: idOf(scene, seen, {what, when, times}), scene, seen, times, what, when}
}

function idOf({name}: Scene, {kind, nth}: Seen, {what, when, times}: Pick<Case, 'what' | 'when' | 'times'>): string {
  return `${name}/${kind}${nth === 1 ? '' : `#${nth}`}${times === 1 ? '' : `x${times}`}/${what}${writes(kind) ? `-${when}` : ''}`
}

/** What a server that was not asked might have said. */
const IMAGINED: Reply = {
  status: 200,
  headers: {'content-type': 'application/json'},
  body: '{"id": 4711, "name": "imagined", "status": "imagined"}',
}

/** Carries out one case, and then what an operator would do, until all is well or nothing helps. */
export async function tryCase(one: Case): Promise<Verdict> {
  const began = Date.now()
  await using world = await World.open(one.scene.options)
  const laptop = await world.laptop()
  const runs: Ended[] = []
  const faults = new Set<string>()
  await one.scene.prepare?.(world, laptop)
  const rival = one.what === 'rival' ? await world.laptop() : undefined
  const laptops = rival ? [laptop, rival] : [laptop]

  let struck = false
  const strike: Strike = async (seen, passing, run) => {
    const hit = seen.kind === one.seen.kind && seen.nth >= one.seen.nth && seen.nth < one.seen.nth + one.times
    if (!hit) return undefined
    struck = true
    return await strikeNow(
      one,
      passing.forward,
      run,
      rival && (() => judged(rival, rival.start(one.scene.rival ?? []))),
    )
  }
  const judged = async (where: Laptop, run: Run): Promise<Ended> => {
    const before = await world.snapshot(one.scene.agent)
    const ended = await run.ended
    runs.push(ended)
    const after = await world.snapshot(one.scene.agent)
    // While two run, what changed in between may be the other's doing.
    if (!rival || runs.length > 2)
      for (const wrong of untruths(ended, before, after, {continues: one.scene.continues === true || runs.length > 1}))
        faults.add(wrong)
    for (const wrong of leaks(world, ended, where.kept())) faults.add(wrong)
    return ended
  }

  const first = await judged(laptop, laptop.start(one.scene.command(world), strike))
  const wrong = first.exit === 0 && !rival ? await unsettled(one.scene, world, laptops) : []
  for (const each of wrong) faults.add(`exit 0, but ${each}`)
  const ends = new Map([[laptop, first]])
  const rivals = runs.find((ended) => ended !== first)
  if (rival && rivals) ends.set(rival, rivals)
  for (const each of await bringHome(one.scene, world, ends, judged)) faults.add(each)
  for (const violation of world.violations) faults.add(`${violation} (${world.whereabouts})`)
  return {case: one, struck, faults: [...faults], runs, ms: Date.now() - began}
}

async function strikeNow(
  {what, when}: Case,
  forward: () => Promise<Reply>,
  {child}: Run,
  rival: (() => Promise<Ended>) | undefined,
): Promise<Broken | undefined> {
  const honest = when === 'after' ? await forward() : IMAGINED
  if (what === 'rival') {
    await rival?.()
    return undefined
  }
  if (what === 'kill') child.kill('SIGKILL')
  if (what === 'interrupt') child.kill('SIGINT')
  return BREAKS[what]?.(honest) ?? {kind: 'hang'}
}

const TRIES = 6
/** Commands that do something; the others are only for reading. */
const DOING = /^patrol (?:rotate|rotation (?:resume|abort)|mint|push|restart|revoke|onboard|smoke)\b/

/**
 * Does on each machine what an operator would: the command that the error names, else what the runbooks say. Tells what
 * is still wrong when nothing helps any more.
 */
async function bringHome(
  scene: Scene,
  world: World,
  ends: Map<Laptop, Ended>,
  judged: (laptop: Laptop, run: Run) => Promise<Ended>,
): Promise<string[]> {
  let wrong: string[] = []
  for (let round = 0; round < TRIES; round++) {
    for (const [laptop, latest] of ends) {
      if (latest.exit === 0) continue
      const advised = round % 2 === 0 ? advice(scene, latest) : undefined
      const [open] = await unfinished(laptop, scene)
      const documented = open === undefined ? scene.command(world) : ['rotation', 'resume', open, '--json']
      const next = await judged(laptop, laptop.start(advised ?? documented))
      ends.set(laptop, advised && next.exit === 0 && !isGoal(scene, advised) ? latest : next)
    }
    if ([...ends.values()].every(({exit}) => exit === 0)) break
  }
  wrong = await unsettled(scene, world, [...ends.keys()])
  return wrong.map((each) => `in the end: ${each}`)
}

/** Whether success of this command means that the scene is over. */
function isGoal({name}: Scene, [verb, noun]: readonly string[]): boolean {
  return (
    verb === name || (verb === 'rotation' && noun === 'resume') || (verb === 'rotate' && /^r(?:otate|esume)/.test(name))
  )
}

/** The first command that an error suggests and that does something, ready to be typed by somebody who says yes. */
function advice({agent}: Scene, ended: Ended): string[] | undefined {
  const line = errorOf(ended)?.suggestions.find((text) => DOING.test(text))
  if (line === undefined) return undefined
  const [, ...args] = line.split(/\s+/)
  const asks =
    args[0] === 'revoke'
      ? ['--confirm', agent]
      : ['rotate', 'mint', 'push', 'restart', 'onboard'].includes(args[0] ?? '')
        ? ['--yes']
        : []
  return [...args, ...asks.filter((flag) => !args.includes(flag)), ...(args.includes('--json') ? [] : ['--json'])]
}

/** The scenes whose cases may have this id, or all. */
export function scenesFor(only: string | undefined): readonly Scene[] {
  const [name] = only?.split('/') ?? []
  const exact = SCENES.filter((scene) => scene.name === name)
  return exact.length > 0 ? exact : SCENES
}
