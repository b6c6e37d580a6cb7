import {BREAKS, type Broken, type Reply} from './breaks.ts'
import type {Case} from './cases.ts'
import {errorOf, leaks, unfinished, unsettled, untruths} from './judge.ts'
import type {Ended, Laptop, Run, Strike} from './laptop.ts'
import type {Passing} from './proxy.ts'
import type {Scene} from './scenes.ts'
import {NEWCOMER, World} from './world.ts'

/** How a case went: whether it struck at all, and what went wrong. */
export interface Verdict {
  case: Case
  struck: boolean
  faults: string[]
  /** The runs, for reading. */
  runs: Ended[]
}

/** Carries out one case, and then what an operator would do, until all is well or nothing helps. */
export async function tryCase(one: Case): Promise<Verdict> {
  await using world = await World.open(one.scene.options)
  const trial = new Trial(one, world)
  const laptop = await world.laptop()
  await one.scene.prepare?.(world, laptop)
  const struck = await trial.strike(laptop, one.rival ? await world.laptop() : undefined)
  await trial.bringHome()
  return {case: one, struck, faults: trial.faults, runs: trial.runs}
}

/** What a server that was not asked might have said. */
const IMAGINED: Reply = {
  status: 200,
  headers: {'content-type': 'application/json'},
  body: '{"id": 4711, "name": "imagined", "status": "imagined"}',
}
/** By what one create can make two workspaces. */
const TWINS: ReadonlySet<string> = new Set(['twice', 'late'])
const RESTART = ['restart', NEWCOMER, '--again', '--yes', '--json']
/** How often an operator tries to mend things. */
const TRIES = 6

class Trial {
  readonly runs: Ended[] = []
  readonly #case: Case
  readonly #world: World
  readonly #faults = new Set<string>()
  /** How the latest run on each machine ended. */
  readonly #ends = new Map<Laptop, Ended>()
  /** While two run at once, what changed during one may be the other's doing. */
  #alone = true
  /** A write that arrives when the run is over, although its connection broke. */
  #late: (() => Promise<Reply>) | undefined

  constructor(one: Case, world: World) {
    this.#case = one
    this.#world = world
  }

  get faults(): string[] {
    const {violations, whereabouts} = this.#world
    return [...this.#faults, ...[...violations].map((each) => `${each} (${whereabouts})`)]
  }

  /** Runs the scene's command and breaks what the case says; the rival types its own while that is held. */
  async strike(laptop: Laptop, rival: Laptop | undefined): Promise<boolean> {
    const {scene, seen, times} = this.#case
    let struck = false
    this.#alone = !rival
    const strike: Strike = async ({kind, nth}, passing, run) => {
      if (kind !== seen.kind || nth < seen.nth || nth >= seen.nth + times) return undefined
      if (this.#case.what === 'stale' && !passing.first) return undefined
      struck = true
      return this.#breakNow(passing, run, rival)
    }
    const {exit} = await this.#run(laptop, scene.command(this.#world), strike)
    await this.#late?.()
    this.#alone = true
    if (exit === 0 && !rival && !this.#late)
      for (const wrong of await unsettled(scene, this.#world, [laptop], this.runs))
        this.#faults.add(`exit 0, but ${wrong}`)
    return struck
  }

  async #breakNow(
    {forward, repeat, first, target}: Passing,
    {child}: Run,
    rival: Laptop | undefined,
  ): Promise<Broken | undefined> {
    const {what, when} = this.#case
    const honest = when === 'after' ? await forward() : IMAGINED
    if (what === 'twice') return {kind: 'reply', reply: await repeat()}
    if (what === 'late') {
      this.#late = forward
      return {kind: 'reset'}
    }
    if (what.startsWith('emptied')) return BREAKS['200-empty-list']?.(honest, target)
    if (what === 'stale' && first) return {kind: 'reply', reply: first}
    if (rival) {
      await this.#run(rival, this.#case.rival?.command(this.#world) ?? [])
      return undefined
    }
    if (what === 'kill') child.kill('SIGKILL')
    if (what === 'interrupt') child.kill('SIGINT')
    return BREAKS[what]?.(honest, target) ?? {kind: 'hang'}
  }

  /**
   * Does on each machine what an operator would: the command that the error names, or what the runbooks say, in turns.
   * What is still wrong when nothing helps any more is a fault.
   */
  async bringHome(): Promise<void> {
    const {scene} = this.#case
    const [first] = this.#ends.keys()
    // What came late goes with the next run that writes, of whatever errand; onboarding again writes nothing.
    if (first && this.#late && scene.name === 'onboard') await this.#run(first, RESTART)
    // The next rotation's plan names what came late of a create: `NAME (2)`, with the same secret.
    if (this.#late && this.#case.seen.kind === 'POST create') await this.#world.removeTwins(scene.agent)
    const {command, again = command} = scene
    const wrong = () => unsettled(scene, this.#world, [...this.#ends.keys()], this.runs)
    for (let round = 0; round < TRIES; round++) {
      if (TWINS.has(this.#case.what) && this.runs.some((run) => errorOf(run)?.code === 'WORKSPACE_AMBIGUOUS'))
        await this.#world.removeTwins(scene.agent)
      const settled = (await wrong()).length === 0
      for (const [laptop, latest] of this.#ends) {
        if (latest.exit === 0 && settled) continue
        const advised = round % 2 === 0 ? advice(scene, latest) : undefined
        const [open] = await unfinished(laptop, scene)
        // Whoever wanted a rotation ended wants it still.
        const onward = open !== undefined && scene.name !== 'abort'
        const documented = onward ? ['rotation', 'resume', open, '--json'] : again(this.#world)
        await this.#run(laptop, advised ?? documented)
      }
      if (settled && [...this.#ends.values()].every(({exit}) => exit === 0)) break
    }
    for (const each of await wrong()) this.#faults.add(`in the end: ${each}`)
  }

  /** One run to its end, and what it says of itself held against what it did. */
  async #run(laptop: Laptop, args: readonly string[], strike?: Strike): Promise<Ended> {
    const {scene} = this.#case
    const before = await this.#world.snapshot(scene.agent)
    const ended = await laptop.start(args, strike).ended
    const after = await this.#world.snapshot(scene.agent)
    const continues = scene.continues === true || this.runs.length > 0
    this.runs.push(ended)
    this.#ends.set(laptop, ended)
    const untrue = this.#alone ? untruths(ended, before, after, continues) : []
    for (const wrong of [...untrue, ...leaks(this.#world, ended, laptop.kept())]) this.#faults.add(wrong)
    return ended
  }
}

/** Commands that do something, with what spares whoever types them a question; the others are only for reading. */
const DOING: readonly [RegExp, (agent: string) => string[]][] = [
  [/^patrol (?:rotate|rotation abort|mint|push|restart|onboard)\b/, () => ['--yes']],
  [/^patrol revoke\b/, (agent) => ['--confirm', agent]],
  [/^patrol (?:rotation resume|smoke)\b/, () => []],
]

/** The first command that an error suggests and that does something, typed by somebody who agrees. */
function advice({agent}: Scene, ended: Ended): string[] | undefined {
  for (const line of errorOf(ended)?.suggestions ?? []) {
    const agreeing = DOING.find(([pattern]) => pattern.test(line))?.[1](agent)
    const [, ...args] = line.split(/\s+/)
    if (agreeing) return [...args, ...[...agreeing, '--json'].filter((word) => !args.includes(word))]
  }
  return undefined
}
