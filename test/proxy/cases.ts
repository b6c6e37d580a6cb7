import {BREAKS} from './breaks.ts'
import {unsettled} from './judge.ts'
import type {Seen} from './laptop.ts'
import {writes} from './requests.ts'
import {SCENES, type Rival, type Scene} from './scenes.ts'
import {World} from './world.ts'

/** One request of one scene, and what happens to it. */
export interface Case {
  /** `rotate/POST mint/302-after`, `rotate/GET tokens#2x3/429`: what reproduces it. */
  id: string
  scene: Scene
  seen: Seen
  /** How many of its kind in a row. */
  times: number
  /** A key of BREAKS or of GATEWAYS, or what happens to the run itself while this request is under way. */
  what: string
  when: 'before' | 'after'
  /** Whose command runs to its end while this request is held. */
  rival?: Rival
}

/** What strikes the run, not the answer. */
const MOMENTS = ['kill', 'interrupt'] as const

/**
 * What a gateway makes of a request that the server answers well. `twice`: a write is delivered a second time, and the
 * answer to that comes back. `late`: the connection breaks at once, and the write arrives all the same when the run is over.
 * `stale`: a read gets the answer that the same one got first. `emptied`: from here on a user has no tokens, however often
 * that is asked; `-a-while`: as often as two looks ask that believe nothing at once.
 */
const GATEWAYS = {
  twice: ({kind}: Seen, when: Case['when']) => writes(kind) && when === 'after',
  late: ({kind}: Seen, when: Case['when']) => writes(kind) && when === 'before',
  stale: ({kind, nth}: Seen) => !writes(kind) && kind.startsWith('GET ') && nth > 1,
  emptied: ({kind}: Seen) => kind === 'GET tokens',
  'emptied-a-while': ({kind}: Seen) => kind === 'GET tokens',
}

/** Reads are sent again by themselves after these, so one alone shows nothing: as many are broken as patrol tries. */
const TRIED = 3
const RETRIED = new Set(['reset', 'truncated', '429', '429-retry-after', '502', '503', '504'])
const LASTING = new Map([
  ['emptied', Number.POSITIVE_INFINITY],
  ['emptied-a-while', 4],
])

/** Every case of a scene, from what a run of it asks when nothing is in the way. */
export async function casesOf(scene: Scene): Promise<Case[]> {
  await using world = await World.open(scene.options)
  const laptop = await world.laptop()
  await scene.prepare?.(world, laptop)
  const run = laptop.start(scene.command(world))
  const {exit, stderr, stdout} = await run.ended
  if (exit !== 0) throw new Error(`${scene.name} does not even work undisturbed: ${stderr || stdout}`)
  const wrong = await unsettled(scene, world, [laptop], [await run.ended])
  if (wrong.length > 0) throw new Error(`${scene.name} does not even end well undisturbed: ${wrong.join('; ')}`)
  return run.seen.flatMap((seen) => casesAt(scene, seen))
}

function casesAt(scene: Scene, seen: Seen): Case[] {
  const phases = writes(seen.kind) ? (['before', 'after'] as const) : (['before'] as const)
  const whats = [...Object.keys(BREAKS), ...MOMENTS, ...(scene.rivals ?? []).map(({name}) => `rival-${name}`)]
  return phases.flatMap((when) => {
    const meddling = Object.entries(GATEWAYS).flatMap(([what, fits]) => (fits(seen, when) ? [what] : []))
    return [...whats, ...meddling].map((what) => caseAt(scene.name, seen, what, when))
  })
}

/** One case by its parts; throws for a scene that there is not. */
export function caseAt(name: string, seen: Seen, what: string, when: Case['when']): Case {
  const scene = SCENES.find((each) => each.name === name)
  if (!scene) throw new RangeError(`no scene ${name}`)
  const rival = scene.rivals?.find((each) => what === `rival-${each.name}`)
  if (what.startsWith('rival') && !rival) throw new RangeError(`${name} has no ${what}`)
  const times = /^GET /.test(seen.kind) && RETRIED.has(what) ? TRIED : (LASTING.get(what) ?? 1)
  const met = rival?.flaws ? {...scene, flaws: rival.flaws} : scene
  return {id: idOf(scene, seen, {what, when, times}), scene: met, seen, times, what, when, ...(rival && {rival})}
}

function idOf({name}: Scene, {kind, nth}: Seen, {what, when, times}: Pick<Case, 'what' | 'when' | 'times'>): string {
  return `${name}/${kind}${nth === 1 ? '' : `#${nth}`}${times === 1 || times === Number.POSITIVE_INFINITY ? '' : `x${times}`}/${what}${writes(kind) ? `-${when}` : ''}`
}

/** `count` of them, by a generator of its own: the same seed, the same ones. */
export function draw<Item>(from: readonly Item[], count: number, seed: number): Item[] {
  const left = [...from]
  const drawn: Item[] = []
  let state = seed >>> 0
  while (drawn.length < count && left.length > 0) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    drawn.push(...left.splice(Math.floor((state / 2 ** 32) * left.length), 1))
  }
  return drawn
}

/** The scenes whose cases may have this id, or all. */
export function scenesFor(only: string | undefined): readonly Scene[] {
  const [name] = only?.split('/') ?? []
  const exact = SCENES.filter((scene) => scene.name === name)
  return exact.length > 0 ? exact : SCENES
}
