import {Command} from '@oclif/core/command'
import {string} from '@oclif/core/flags'
import {run, unclaimed, type Advice} from '../errors.ts'
import type {Server} from '../forge.ts'
import {giteaShape, serverLine} from '../report/forge.ts'
import {redact} from '../secret.ts'
import {refuseSecrets, withFlag} from './argv.ts'
import {failureDocument, printed, printedLine, successDocument} from './envelope.ts'
import type {Outcome, Speaker} from './envelope.ts'
import {explain, showFailure} from './failure.ts'
import type {Asking} from './ask.ts'
import {canAsk, palette, widthOf} from './palette.ts'
import type {Palette} from './palette.ts'
import type {Edges} from '../context.ts'
import {listenForStop} from './stop.ts'
import {put, say} from './streams.ts'

export type {Outcome} from './envelope.ts'

/** The flags that more than one command has, as far as the shell itself reads them. */
export interface SharedFlags {
  config?: string | undefined
  'gitea-url'?: string | undefined
  'insecure-http'?: boolean
  strict?: boolean
  yes?: boolean
  /** The agent's name, which is a yes. */
  confirm?: string | undefined
  'dry-run'?: boolean
}

/**
 * What every command stands on. `run()` returns its result and exit code; this class prints the JSON envelope, turns
 * whatever is thrown into one message and one exit code, and hands out the signal that Ctrl-C aborts.
 */
export abstract class PatrolCommand<T> extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    config: string({description: 'patrol.yaml to use', helpValue: 'FILE', helpGroup: 'GLOBAL'}),
  }

  /** Aborted by SIGINT, SIGTERM and SIGHUP; every call that can take long gets it. */
  protected readonly signal: AbortSignal
  /** Which server the run is about, and what it is known to call itself by now. */
  private server: Server | undefined
  private readonly warnings: string[] = []
  private announced = false
  /** Whether a warning is about changes that the run's own errand knows nothing of. */
  private hasBeside = false
  private readonly stop = listenForStop()

  constructor(...parameters: ConstructorParameters<typeof Command>) {
    super(...parameters)
    this.signal = this.stop.signal
  }

  abstract override run(): Promise<Outcome<T>>

  /** Data for people, on stdout; silent under `--json`. */
  override log(text = ''): void {
    if (!this.jsonEnabled()) say(process.stdout, text)
  }

  /** Talk about the work, on stderr; silent under `--json`. */
  protected talk(text: string): void {
    if (!this.jsonEnabled()) say(process.stderr, text)
  }

  /**
   * Something to know that changes nothing about the outcome: on stderr, or in the document's `warnings`. The run goes on, so
   * what it says of changes is no claim of the run's.
   */
  override warn<W extends string | Error>(input: W): W {
    const text = unclaimed(redact(typeof input === 'string' ? input : input.message))
    this.warnings.push(text)
    this.talk(`Warning: ${text}`)
    return input
  }

  protected override async init(): Promise<void> {
    refuseSecrets(this.argv)
    await super.init()
  }

  protected override async _run<R>(): Promise<R> {
    // oxlint-disable-next-line no-underscore-dangle -- oclif's own name
    const outcome = await super._run<R>()
    if (isOutcome(outcome) && outcome.exit !== undefined && outcome.exit !== 0) process.exitCode = outcome.exit
    return outcome
  }

  protected override async catch(thrown: unknown): Promise<void> {
    // Whatever was wrong with the flags has been said; oclif would add that they were never parsed.
    Object.assign(this, {parsed: true})
    const stopped = this.stop.stopped
    const failure = await explain(thrown, {
      line: `${this.config.bin} ${this.speaker().command}`,
      beside: this.hasBeside,
      ...(stopped && {stopped}),
    })
    process.exitCode = failure.status
    const document = this.jsonEnabled() && failureDocument(this.speaker(), failure, this.warnings, this.server)
    await showFailure(failure, document, this.server)
  }

  protected override async finally(): Promise<void> {
    this.stop.release()
  }

  protected override toSuccessJson(result: unknown): object {
    const outcome: Outcome<unknown> = isOutcome(result) ? result : {result}
    const {result: data} = outcome
    const whole = this.server && typeof data === 'object' ? {gitea: giteaShape(this.server), ...data} : data
    return successDocument(this.speaker(), {...outcome, result: whole}, this.warnings)
  }

  protected override logJson(document: unknown): void {
    if (!this.announced) put(printed(document))
  }

  /** For a command that runs until it is stopped: its document, on one line, now rather than at its end. */
  protected announce(result: T): void {
    if (!this.jsonEnabled()) return
    put(printedLine(this.toSuccessJson({result})))
    this.announced = true
  }

  /** What this run brings along for a `Context`. */
  protected edges(flags: SharedFlags): Edges {
    return {
      config: flags.config,
      giteaUrl: flags['gitea-url'],
      insecureHttp: flags['insecure-http'] ?? false,
      strict: flags.strict ?? false,
      mayWrite: this.mayWrite(flags),
      version: this.config.version,
      signal: this.signal,
      ask: async (label) => (await import('./ask.ts')).askSecret(label, this.asking(flags)),
      warn: (text) => void this.warn(text),
      tell: (text) => this.talk(text),
      met: (server) => void this.about(server),
      beside: () => void (this.hasBeside = true),
    }
  }

  /** Whether this run may come to write: it asks before it does, and can, or was told yes. */
  private mayWrite(flags: SharedFlags): boolean {
    if (flags['dry-run']) return false
    if (flags.yes || flags.confirm !== undefined) return true
    // oclif leaves this undefined where a command has none of its own.
    const own: object = this.ctor.flags ?? {}
    const asks = ['yes', 'confirm'].some((flag) => flag in own)
    return asks && canAsk({json: this.jsonEnabled()})
  }

  /** Asks which server is worked on; plan, result and failure then name it. */
  protected async introduced({gitea}: {gitea: {server(): Promise<Server>}}): Promise<Server> {
    return this.about(await gitea.server())
  }

  /** Has plan, result and failure name this server. */
  protected about(server: Server): Server {
    this.server = server
    return server
  }

  /** Has them name a server that the run asks nothing, so that it makes no difference whether that is up. */
  protected unasked(url: string): Server {
    return this.about({url, unmet: true})
  }

  /** How this run may ask. */
  protected asking(flags: SharedFlags): Asking {
    const again = (flag: string, value?: string): Advice =>
      run`${[this.config.bin, ...this.speaker().command.split(' '), ...withFlag(this.argv, flag, value)]}`
    return {yes: flags.yes ?? false, json: this.jsonEnabled(), signal: this.signal, again}
  }

  /** Shows a plan and gets a yes; false when `--dry-run`, for which the plan is the result, says to stop here. */
  protected async agreed(
    plan: (on: Paper) => string,
    question: string | (() => Promise<void>),
    flags: SharedFlags,
  ): Promise<boolean> {
    const shown = (on: Paper): string => [plan(on), ...(this.server ? ['', serverLine(this.server)] : [])].join('\n')
    if (flags['dry-run']) {
      this.log(shown(await this.paper()))
      this.log('\nThis was a dry run: nothing was changed.')
      return false
    }
    this.talk(`${shown(await this.paper(process.stderr))}\n`)
    const {confirm} = await import('./ask.ts')
    await (typeof question === 'string' ? confirm(question, this.asking(flags)) : question())
    return true
  }

  /** What progress and long commands need of this shell. */
  protected teller() {
    return {
      json: this.jsonEnabled(),
      warn: (text: string) => void this.warn(text),
      log: (text: string) => this.log(text),
      talk: (text: string) => this.talk(text),
      server: () => this.server && serverLine(this.server),
      stopped: () => this.signal.aborted,
    }
  }

  /** A stream's colours, and how wide it is; no width off a terminal, so that nothing is cut. */
  protected async paper(stream: NodeJS.WriteStream = process.stdout): Promise<Paper> {
    return {tint: await palette(stream), width: widthOf(stream)}
  }

  /** What reports need of this shell. */
  protected async reporter() {
    const {name, version} = this.speaker()
    return {json: this.jsonEnabled(), tool: {name, version}, warnings: () => this.warnings, paper: await this.paper()}
  }

  private speaker(): Speaker {
    const command = (this.id ?? '').replaceAll(':', ' ')
    return {name: this.config.bin, version: this.config.version, command, homepage: this.config.pjson.homepage}
  }
}

/** What is written on. */
export interface Paper {
  tint: Palette
  width: number | undefined
}

/** What `run()` returned, which oclif hands on as anything. */
function isOutcome(value: unknown): value is Outcome<unknown> {
  return typeof value === 'object' && value !== null && 'result' in value
}
