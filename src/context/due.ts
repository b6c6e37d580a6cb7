import type {Context} from '../context.ts'
import {orElse, unclaimed} from '../errors.ts'
import type {DueReport, Listener} from '../rotation/index.ts'
import {finishingDeps} from './acts.ts'
import {clock} from './clock.ts'

/** Revocations that are due and mints that came late: every writing run's errand besides its own. */
export class DueErrand {
  readonly #context: Context
  /** What this run has done of it. */
  #done: DueReport | undefined

  constructor(context: Context) {
    this.#context = context
  }

  /**
   * Nothing that goes wrong here stands in the way of the run's own errand: it is warned about and stays due. Without an
   * administrator or a platform it is left to a run that has both. What comes of it is told here; the errand then goes
   * through `after`.
   */
  async finish(on?: Listener): Promise<void> {
    const {config, gitea, state} = this.#context
    await gitea.finishPasses()
    if (!config?.gitea.admin || !config.platform) return
    const {finishDue, isDue} = await import('../rotation/index.ts')
    const {journal, announces} = await state.records()
    const open = await journal.list({open: true})
    if (!open.some((rotation) => isDue(rotation, clock.now())) && !announces()) return
    const warn = (text: string): void => this.#context.warn(text)
    const finished = finishingDeps(this.#context, on).then((deps) => finishDue(deps, undefined, warn))
    const left = orElse(({message}) => warn(`Revocations that are due were left: ${unclaimed(message)}`))
    this.#done = (await finished.catch(left)) ?? this.#done
  }

  /** What is due, and then the run's own errand. Throws as `after`. */
  async before<T>(errand: () => Promise<T>, on?: Listener): Promise<T> {
    await this.finish(on)
    return this.after(errand)
  }

  /** Does a run's errand after what was due. Throws as `afterDue` of a rotation. */
  async after<T>(errand: () => Promise<T>): Promise<T> {
    if (!this.#done) return errand()
    return (await import('../rotation/index.ts')).afterDue(this.#done, errand)
  }
}
