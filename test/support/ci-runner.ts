import {spawn} from 'node:child_process'
import {existsSync, globSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {parseDocument} from 'yaml'
import type {Desk} from './binary.ts'

/** One step of a job. */
export interface Step {
  name?: string
  if?: string
  uses?: string
  run?: string
  with?: Record<string, string | number | boolean>
  env?: Record<string, string>
}
/** One job of a workflow. */
export interface Job {
  needs?: string
  if?: string
  env?: Record<string, string>
  strategy?: {'fail-fast'?: boolean; matrix: Record<string, (string | number)[]>}
  steps: Step[]
  [key: string]: unknown
}
/** A workflow file. */
export interface Workflow {
  on: {schedule?: {cron: string}[]; pull_request?: {paths: string[]} | null; workflow_dispatch?: object}
  permissions?: Record<string, string>
  jobs: Record<string, Job>
  [key: string]: unknown
}

/** Reads a workflow; throws on any mistake of its YAML. */
export function workflowOf(path: string): Workflow {
  const document = parseDocument(readFileSync(path, 'utf8'), {strict: true, uniqueKeys: true})
  for (const mistake of [...document.errors, ...document.warnings]) throw mistake
  return document.toJS()
}

/** What machines install. It takes seconds, so each command of it runs once, and its fruit is there for all of them. */
export interface Installation {
  tarball: string
  prefix: string
  /** Commands that ran. */
  done: Set<string>
}

/** The machines of a CI: each a home of its own, and what earlier machines handed on. */
export class Runner {
  readonly #desk: Desk
  readonly #home: string
  readonly #vars: Record<string, string>
  /** What the machines of this run handed on. */
  #artifacts = new Map<string, Map<string, Buffer>>()
  readonly #installation: Installation
  #checkout: Readonly<Record<string, string>> = {}
  machines = 0
  summary = ''
  /** What the last command said. */
  said = ''

  constructor(desk: Desk, installation: Installation, home: string) {
    this.#installation = installation
    this.#desk = desk
    this.#home = home
    const {admin, platformToken} = desk.sandbox
    this.#vars = {
      'vars.PATROL_PACKAGE': installation.tarball,
      'secrets.AUDIT_GITEA_PASSWORD': admin.password,
      'secrets.AUDIT_PLATFORM_TOKEN': platformToken,
    }
  }

  /** Runs a workflow as its host would; the exit of each command that is not an installation, and what was kept. */
  async run(workflow: Workflow, inventory: string, files: Readonly<Record<string, string>> = {}) {
    this.#checkout = {'patrol.yaml': inventory, ...files}
    const artifacts = new Map<string, Map<string, Buffer>>()
    this.#artifacts = artifacts
    const exits: number[] = []
    for (const job of Object.values(workflow.jobs)) {
      for (const matrix of combinations(job)) exits.push(...(await this.#job(job, matrix)))
    }
    const kept = (file: string) => artifacts.get('audit')?.get(file)?.toString() ?? ''
    return {exits, kept, artifacts}
  }

  async #job(job: Job, matrix: Record<string, string>): Promise<number[]> {
    const cwd = join(this.#home, `machine-${++this.machines}`)
    mkdirSync(cwd)
    const known = {...this.#vars, ...matrix}
    const exits: number[] = []
    let failed = false
    for (const step of job.steps) {
      if (failed && step.if !== 'always()') continue
      if (step.uses !== undefined) this.#use(step, cwd, known)
      else if (!this.#installation.done.has(step.run!)) {
        const exit = await this.#command(step.run!, cwd, {...filled(job.env, known), ...filled(step.env, known)})
        if (step.run!.startsWith('npm install')) this.#installation.done.add(step.run!)
        else exits.push(exit)
        failed ||= exit !== 0
      }
    }
    return exits
  }

  #use({uses = '', with: inputs = {}}: Step, cwd: string, known: Record<string, string>): void {
    const given = filled(Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, String(value)])), known)
    if (uses.startsWith('actions/checkout')) {
      for (const [name, text] of Object.entries(this.#checkout)) {
        mkdirSync(dirname(join(cwd, name)), {recursive: true})
        writeFileSync(join(cwd, name), text)
      }
    } else if (uses.startsWith('actions/upload-artifact')) {
      const files = globSync(given.path!, {cwd})
      ensure(files.length > 0, `nothing is ${given.path}: ${this.said}`)
      const kept = this.#artifacts.get(given.name!) ?? new Map<string, Buffer>()
      ensure(!uses.endsWith('@v4') || !this.#artifacts.has(given.name!), `version 4 adds nothing to ${given.name}`)
      for (const file of files) kept.set(file, readFileSync(join(cwd, file)))
      this.#artifacts.set(given.name!, kept)
    } else if (uses.startsWith('actions/download-artifact')) {
      const wanted = (given.pattern ?? given.name!).replace('*', '')
      mkdirSync(join(cwd, given.path!))
      for (const [name, files] of this.#artifacts) {
        if (!name.startsWith(wanted)) continue
        for (const [file, text] of files) writeFileSync(join(cwd, given.path!, file), text)
      }
    } else if (uses.includes('upload-sarif')) {
      const {runs} = JSON.parse(this.#read(join(cwd, given.sarif_file!)))
      for (const {locations} of runs[0].results) {
        const {uri} = locations[0].physicalLocation.artifactLocation
        ensure(uri in this.#checkout, `${uri} is no file of the repository`)
      }
    } else ensure(given['node-version'] === '24', `Node ${given['node-version']}`)
  }

  #read(path: string): string {
    ensure(existsSync(path), this.said)
    return readFileSync(path, 'utf8')
  }

  /** As both hosts run a command: `bash --noprofile --norc -eo pipefail FILE`. */
  #command(run: string, cwd: string, env: Record<string, string>): Promise<number> {
    const {prefix} = this.#installation
    const page = join(cwd, 'step-summary')
    writeFileSync(page, '')
    writeFileSync(join(cwd, 'step.sh'), run)
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', 'step.sh'], {
      cwd,
      env: {
        PATH: `${dirname(process.execPath)}:${prefix}/bin:/usr/bin:/bin`,
        HOME: cwd,
        GITHUB_STEP_SUMMARY: page,
        npm_config_prefix: prefix,
        npm_config_offline: 'true',
        npm_config_audit: 'false',
        npm_config_fund: 'false',
        npm_config_update_notifier: 'false',
        ...env,
      },
      stdio: 'pipe',
    })
    child.stdin.end()
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    return new Promise((done, fail) => {
      child.once('error', fail)
      child.once('close', (exit) => {
        const {admin, platformToken} = this.#desk.sandbox
        const leaked = [admin.password, platformToken].some((secret) => output.includes(secret))
        this.summary += readFileSync(page, 'utf8')
        this.said = output
        if (leaked) fail(new Error('a secret came out'))
        else done(exit ?? -1)
      })
    })
  }
}

function combinations({strategy}: Job): Record<string, string>[] {
  const [axis] = Object.entries(strategy?.matrix ?? {})
  return axis ? axis[1].map((value) => ({[`matrix.${axis[0]}`]: String(value)})) : [{}]
}

/** Expressions as the host fills them in; one that nobody knows is a mistake. */
function filled(texts: Record<string, string> = {}, known: Record<string, string>): Record<string, string> {
  const fill = (text: string): string =>
    text.replaceAll(/\$\{\{ ([\w.]+) \}\}/g, (_, name: string) => {
      const value = known[name]
      if (value === undefined) throw new Error(`nobody knows ${name}`)
      return value
    })
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, fill(text)]))
}

function ensure(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
