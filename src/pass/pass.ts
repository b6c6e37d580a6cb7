import {OpsError} from '../errors.ts'
import {memo} from '../memo.ts'
import {removeToken, TokenChanged} from '../rotation/gate.ts'
import type {TokenRow} from '../rotation/ports.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import {isSame, type TokenRef} from '../story/tokens.ts'
import type {ExchangeDesk, Keys, Noted, PassBook} from './ports.ts'

/** How long a mint whose answer was lost can still come to pass: longer than any server works at one request. */
const LATE_MS = 10 * 60_000
/** No run lasts longer; a process that can't be looked for (another machine, another container) is given up then. */
const LONGEST_RUN_MS = 7 * 24 * 3_600_000
/** What is left at the end has this long, however the run ended. */
const END_MS = 10_000
/** How many answers to its mint a run loses before it goes by codes. */
const MOST_LOST = 2

export interface PassDeps {
  desk: ExchangeDesk
  book: PassBook
  /** What this run may come to ask for and has to hand out, looked up when it is minted. */
  scopes: () => Promise<readonly Scope[]>
  /** A name that no other mint has; see `passName`. */
  name: () => string
  now: () => number
  signal: AbortSignal
  /** What is going on, for people who wait. */
  tell: (text: string) => void
  /** What to know afterwards. */
  warn: (text: string) => void
}

interface HeldPass extends TokenRef {
  value: Secret
}

/**
 * One one-time code for a whole run: a token of the administrator that patrol mints itself with the first code, by which
 * all later requests of the administrator go, and which deletes itself at the end. Its value stands in this process's
 * memory and nowhere else; what a killed process leaves is worthless, on record, and deleted by the next run.
 */
export class AdminPass {
  readonly #deps: PassDeps
  readonly #taken = memo(() => this.#take())
  /** Names of mints whose answer was lost. */
  readonly #lost = new Set<string>()
  #own: HeldPass | undefined
  #dropped = false

  constructor(deps: PassDeps) {
    this.#deps = deps
  }

  /**
   * The pass, minted at first; undefined where none is to be had, and one-time codes have to be waited for. Throws what
   * the mint throws where nothing was minted.
   */
  async value(): Promise<Secret | undefined> {
    const held = this.#dropped ? undefined : await this.#taken()
    return this.#dropped ? undefined : held?.value
  }

  /** The server took it before and refuses it now: it is not handed out again. */
  drop(): void {
    if (this.#dropped) return
    this.#dropped = true
    this.#deps.tell("The server refuses this run's own token by now. From here on one-time codes are used.")
  }

  /** The last request of a run, however it ended. Never throws: what is left is warned about. */
  async end(): Promise<void> {
    const {desk, warn} = this.#deps
    if (this.#own) await this.#remove(desk.by(this.#own.value, AbortSignal.timeout(END_MS)), this.#own)
    for (const name of this.#lost) {
      warn(
        `Whether ${name} of ${desk.user} was minted is not known, for the answer was lost, and its value with it. ${NEXT}`,
      )
    }
  }

  async #take(): Promise<HeldPass | undefined> {
    while (this.#lost.size < MOST_LOST) {
      if (this.#lost.size > 0 && !(await this.#looked())) return undefined
      const held = await this.#mint()
      if (held === 'none') return undefined
      if (held !== 'doubt') return (await this.#settle(held)) ? held : undefined
    }
    return undefined
  }

  async #mint(): Promise<HeldPass | 'none' | 'doubt'> {
    const {desk, book, scopes, tell, signal} = this.#deps
    if (signal.aborted) throw new OpsError('INTERRUPTED', 'Stopped before anything was sent.')
    const name = this.#deps.name()
    // What is not on record is not minted: nobody would ever delete it.
    if (!noted(() => book.announce(name, this.#deps.now()))) return 'none'
    try {
      const {id, value} = await desk.mint(name, await scopes())
      const {lastEight} = value
      noted(() => book.minted(name, id, lastEight))
      this.#own = {id, name, lastEight, value}
      tell(
        `One one-time code of ${desk.user} does for this whole run: with it patrol minted itself ${name}, which it deletes at the end.`,
      )
      return this.#own
    } catch (error) {
      if (!(error instanceof OpsError)) throw error
      if (error.code === 'WRITE_IN_DOUBT') {
        this.#lost.add(name)
        return 'doubt'
      }
      noted(() => book.forget(name))
      if (!UNMINTABLE.has(error.code)) throw error
      return 'none'
    }
  }

  /** With the next code: a server that answers again may be asked for another one. */
  async #looked(): Promise<boolean> {
    const {desk, tell} = this.#deps
    try {
      const rows = await desk.byCode.list(desk.user)
      for (const name of this.#lost) {
        const came = rows.some((row) => row.name === name)
        tell(
          `The answer to the mint of ${name} was lost; ${came ? 'it is there, without its value' : 'it is not there'}.`,
        )
      }
      return true
    } catch (error) {
      if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
      return false
    }
  }

  /** Whether the server takes it as well; Forgejo from 11.0.4 on does not. By it goes what earlier runs left. */
  async #settle(held: HeldPass): Promise<boolean> {
    const {desk, tell} = this.#deps
    const keys = desk.by(held.value)
    try {
      const rows = await keys.list(desk.user)
      // A list that lacks the token by which it was asked for is not to be believed.
      if (rows.some((row) => isSame(row, held))) await this.#sweep(keys, rows, held)
    } catch (error) {
      if (!(error instanceof OpsError)) throw error
      if (error.code !== 'ADMIN_REJECTED') return true
      tell('This server takes no token for this: it is deleted, and one-time codes are used.')
      await this.#remove(desk.byCode, held)
      return false
    }
    return true
  }

  async #sweep(keys: Keys, rows: readonly TokenRow[], held: HeldPass): Promise<void> {
    const {desk, book, warn} = this.#deps
    for (const left of book.all()) {
      const {name, minted} = left
      const row = rows.find((each) => (minted ? each.id === minted.id : each.name === name))
      if (name === held.name || !this.#isLeft(left, row)) continue
      if (!row) {
        if (minted || this.#deps.now() - left.at > LATE_MS) noted(() => book.forget(name))
        continue
      }
      const token = {id: row.id, name, lastEight: minted?.lastEight ?? row.lastEight}
      const what = `${called(token)} of ${desk.user}, ${this.#lost.has(name) ? 'the answer to whose mint was lost' : 'which an earlier run left that was stopped'},`
      try {
        await removeToken({tokens: keys}, desk, token)
        warn(`${what} was deleted: nobody had its value.`)
      } catch (error) {
        if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
        warn(`${what} is still there: ${error.message}`)
        if (!(error instanceof TokenChanged)) continue
      }
      this.#lost.delete(name)
      noted(() => book.forget(name))
    }
  }

  /** Nobody has its value: its run is over for certain, or it is ours and the answer was lost. */
  #isLeft({name, at, gone}: Noted, row: TokenRow | undefined): boolean {
    const seen = Math.max(at, Date.parse(row?.lastUsedAt ?? '') || 0)
    return gone || this.#lost.has(name) || this.#deps.now() - seen > LONGEST_RUN_MS
  }

  async #remove(keys: Keys, own: HeldPass): Promise<void> {
    const {desk, book, warn} = this.#deps
    this.#own = undefined
    try {
      await removeToken({tokens: keys}, desk, own)
    } catch (error) {
      // By its own deletion it loses the right to look whether it is gone.
      if (!(await desk.by(own.value, AbortSignal.timeout(END_MS)).isDead())) {
        const why = error instanceof OpsError ? error.message : 'it could not be deleted.'
        warn(
          `${called(own)}, this run's own token of ${desk.user}, is left: ${why} Its value is lost with this run. ${NEXT}`,
        )
        return
      }
    }
    noted(() => book.forget(own.name))
  }
}

const NEXT = 'The next run on this machine that writes deletes it; "patrol rotation resume" does so at once.'

/** Why no pass is to be had, while codes may do: the user has another name in paths, or the server other scopes. */
const UNMINTABLE: ReadonlySet<string> = new Set(['GITEA_USER_UNKNOWN', 'SCOPE_UNKNOWN'])

function called({name, id, lastEight}: TokenRef): string {
  return `${name} (id ${id}, …${lastEight})`
}

/** Whether it was written down. */
function noted(write: () => void): boolean {
  try {
    write()
    return true
  } catch (error) {
    if (error instanceof OpsError) return false
    throw error
  }
}
