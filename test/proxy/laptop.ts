import {spawn, type ChildProcess} from 'node:child_process'
import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import type {Broken, Reply} from './breaks.ts'
import {startProxy, type Passing, type Proxy} from './proxy.ts'
import {kindOf, writes} from './requests.ts'
import {AGENT, NEWCOMER, type World} from './world.ts'

const BIN = join(resolve(import.meta.dirname, '../..'), 'bin/run.js')
/** Longer than patrol waits for an agent's answer. */
const PATIENCE_MS = 300_000

/** A request as a case names it: which of its kind, counted from 1 in one run. */
export interface Seen {
  kind: string
  nth: number
}

/** Has its way with the requests of one run; the honest answer goes back where nothing is returned. */
export type Strike = (seen: Seen, passing: Passing, run: Run) => Promise<Broken | undefined>

/** One run of the binary, while it lasts and afterwards. */
export interface Run {
  args: readonly string[]
  child: ChildProcess
  /** Requests in their order, probes and questions included. */
  seen: Seen[]
  /** Kinds of the writes that took effect. */
  effects: string[]
  /** Kinds of those among them whose answer was broken. */
  deceived: string[]
  ended: Promise<Ended>
}

/** How a run ended. `hung`: it had to be killed after five minutes. */
export interface Ended {
  args: readonly string[]
  exit: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  hung: boolean
  /** Kinds of the writes that took effect. */
  effects: readonly string[]
  /** Kinds of those among them whose answer was broken. */
  deceived: readonly string[]
  /** How many writes were sent, whatever became of them. */
  attempts: number
}

/** One machine with patrol on it. */
export class Laptop {
  readonly directory: string
  readonly #world: World
  readonly #proxies: Proxy[] = []
  #run: Run | undefined
  #strike: Strike | undefined

  private constructor(world: World, directory: string) {
    this.#world = world
    this.directory = directory
  }

  static async open(world: World, directory: string): Promise<Laptop> {
    const laptop = new Laptop(world, directory)
    for (const server of [world.gitea, world.platform])
      laptop.#proxies.push(await startProxy(server.url, (passing) => laptop.#meddle(passing)))
    const [gitea, platform] = laptop.#proxies.map(({url}) => url)
    laptop.#furnish(gitea ?? '', platform ?? '')
    return laptop
  }

  #furnish(gitea: string, platform: string): void {
    const secrets = join(this.directory, 'secrets')
    mkdirSync(secrets, {recursive: true, mode: 0o700})
    const write = (name: string, value: string) => writeFileSync(join(secrets, name), `${value}\n`, {mode: 0o600})
    write('admin', this.#world.adminPassword)
    write('platform', this.#world.platformToken)
    write('agent', this.#world.value)
    write('spare', this.#world.spareValue)
    this.configure(`gitea:
  url: ${gitea}
  repo: acme/core
  admin: {user: root, password: file:secrets/admin}
platform:
  url: ${platform}
  token: file:secrets/platform
  auto-restart-wait: 400ms
  restart-deadline: 3s
onboarding:
  workspace: {model: sonnet}
agents:
  ${AGENT}: {workspace: ${this.#world.workspaceId}, token: file:secrets/agent}
  ${NEWCOMER}: {}
`)
  }

  /** Writes patrol.yaml. */
  configure(text: string): void {
    writeFileSync(join(this.directory, 'patrol.yaml'), text)
  }

  /** What patrol.yaml says. */
  get configuration(): string {
    return readFileSync(join(this.directory, 'patrol.yaml'), 'utf8')
  }

  /** Starts the binary; one run at a time. Without a strike all goes well. */
  start(args: readonly string[], strike?: Strike): Run {
    const env = {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: this.directory,
      PATROL_CONFIG: join(this.directory, 'patrol.yaml'),
      PATROL_STATE_DIR: join(this.directory, 'state'),
      NO_COLOR: '1',
    }
    const child = spawn(process.execPath, [BIN, ...args], {cwd: this.directory, env, stdio: ['ignore', 'pipe', 'pipe']})
    const output = {stdout: '', stderr: '', hung: false}
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
    const {promise: ended, resolve: settle} = Promise.withResolvers<Ended>()
    const patience = setTimeout(() => {
      output.hung = true
      child.kill('SIGKILL')
    }, PATIENCE_MS)
    const run: Run = {args, child, seen: [], effects: [], deceived: [], ended}
    child.once('close', (exit, signal) => {
      clearTimeout(patience)
      const attempts = run.seen.filter(({kind}) => writes(kind)).length
      settle({args, exit, signal, ...output, effects: run.effects, deceived: run.deceived, attempts})
    })
    this.#run = run
    this.#strike = strike
    return run
  }

  /** Runs it to its end with nothing in the way. */
  patrol(args: readonly string[]): Promise<Ended> {
    return this.start(args).ended
  }

  /** Everything that patrol keeps here, as text. */
  kept(): string[] {
    const state = join(this.directory, 'state')
    const names = statSync(state, {throwIfNoEntry: false})
      ? readdirSync(state, {recursive: true, encoding: 'utf8'})
      : []
    const paths = names.map((name) => join(state, name)).filter((path) => statSync(path).isFile())
    return paths.map((path) => readFileSync(path, 'latin1'))
  }

  /** Ends what still runs. */
  async close(): Promise<void> {
    this.#run?.child.kill('SIGKILL')
    await Promise.all(this.#proxies.map((proxy) => proxy.close()))
  }

  async #meddle(passing: Passing): Promise<Broken | undefined> {
    const run = this.#run
    if (!run) return undefined
    const kind = kindOf(passing.method, passing.target, run.args.includes(NEWCOMER) ? NEWCOMER : AGENT)
    const seen = {kind, nth: run.seen.filter((earlier) => earlier.kind === kind).length + 1}
    run.seen.push(seen)
    let noted: Promise<Reply> | undefined
    const forward = () => (noted ??= this.#passOn(kind, passing.forward, run))
    const repeat = async () => {
      const reply = await this.#passOn(kind, passing.repeat, run)
      this.#world.learn(kind, reply, 'answered')
      return reply
    }
    const broken = await this.#strike?.(seen, {...passing, forward, repeat}, run)
    if (!broken) await forward()
    if (broken && noted && writes(kind) && (await noted).status < 300) run.deceived.push(kind)
    if (noted) this.#world.learn(kind, await noted, broken ? 'lost' : 'answered')
    return broken
  }

  async #passOn(kind: string, send: () => Promise<Reply>, run: Run): Promise<Reply> {
    const reply = await send()
    if (writes(kind) && reply.status < 300) run.effects.push(kind)
    this.#world.look(kind)
    return reply
  }
}
