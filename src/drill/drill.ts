import {Context} from '../context.ts'
import {rotationDeps, smokeOf} from '../context/acts.ts'
import type {Edges} from '../context.ts'
import {probeSubject, rotationRequest, smokeTarget} from '../context/subjects.ts'
import {OpsError} from '../errors.ts'
import {forgeOf} from '../forge.ts'
import {judge} from '../probe/judgement.ts'
import type {ProbeReport} from '../probe/types.ts'
import {planText} from '../report/plan.ts'
import {rotationText} from '../report/rotation.ts'
import {smokeText} from '../report/smoke.ts'
import type {Tint} from '../report/tint.ts'
import {planRotation, rotate} from '../rotation/index.ts'
import type {Listener} from '../rotation/index.ts'
import type {SandboxOptions} from '../simulator/sandbox.ts'
import {openSandbox} from './sandbox.ts'

/** HTTP statuses of the two lists, as the agent's token gets them. */
interface Lists {
  issues: number
  pulls: number
}

/** What the drill did, in numbers. */
export interface DrillResult {
  agent: string
  before: Lists
  rotation: string
  after: Lists & {'swarm-pull': string}
  /** The old token's answer at the end. */
  superseded: {lastEight: string; status: number}
  seconds: number
}

/** What the drill is shown on. */
export interface DrillStage {
  edges: Edges
  tint: Tint
  /** Columns of the terminal; undefined off one. */
  width: number | undefined
  log(text: string): void
  on: Listener
  /** Ends what progress still shows as running. */
  settle(): Promise<void>
}

const AGENT = 'agent-dev-a'

/**
 * The incident from end to end against a sandbox of its own: seen, mended, proven, cleaned up, by the very calls that
 * `probe`, `rotate` and `smoke` make. Throws when any step ends otherwise than it should.
 */
export async function drill(options: SandboxOptions, stage: DrillStage): Promise<DrillResult> {
  const started = performance.now()
  const {tint, width} = stage
  const log = (text: string): void => stage.log(text)
  const opened = await openSandbox(options, undefined, stage.edges.signal)
  try {
    const {home, sandbox} = opened
    await using context = await Context.open({...stage.edges, config: home.config, stateDir: home.state})
    const heading = (text: string): void => log(`\n${tint.strong(text)}`)
    log(`Sandbox: ${forgeOf(sandbox.gitea.named).named} at ${sandbox.gitea.url}, platform at ${sandbox.platform.url}.`)

    heading('1. The incident')
    const [old, before] = await look(context, stage)
    expected(before.issues === 403 && before.pulls === 200, 'the incident is not there')

    heading('2. The rotation')
    const deps = await rotationDeps(context, stage.on)
    const request = await rotationRequest(context, context.agent(AGENT), {
      via: 'a2a',
      overlapMs: 0,
      onProofFailure: 'rollback',
      approval: 'wait',
      supersede: 'deployed',
    })
    log(`${planText(`Rotate ${AGENT}`, await planRotation(request, deps), tint, width)}\n`)
    const rotation = await rotate(request, deps)
    await stage.settle()
    log(rotationText(rotation, tint))
    expected(rotation.phase === 'completed', 'the rotation is not complete')

    heading('3. The proof')
    await home.follow()
    const proof = await (await smokeOf(context)).prove(await smokeTarget(context, AGENT, 'a2a', undefined))
    log(smokeText(proof, tint, width))
    expected(proof.passed, 'a path is not green')
    const [, after] = await look(context, stage)
    const swarm = proof.paths.find(({path}) => path === 'swarm-pull')?.outcome ?? 'unknown'

    heading('4. The old token')
    const {evidence, state} = await (await context.gitea.prober()).liveness(old.token)
    log(`${tint.good('✓ revoked')}  …${old.token.lastEight}: GET /version with it answers ${evidence.status}.`)
    expected(state === 'dead', 'the old token is not dead')

    const seconds = Math.round((performance.now() - started) / 100) / 10
    heading('Summary')
    log(summary(before, after, swarm, evidence.status, seconds, tint))
    const superseded = {lastEight: old.token.lastEight, status: evidence.status}
    return {agent: AGENT, before, rotation: rotation.id, after: {...after, 'swarm-pull': swarm}, superseded, seconds}
  } finally {
    await opened.close()
  }
}

async function look(context: Context, stage: DrillStage) {
  const {tint} = stage
  const subject = await probeSubject(context, {agent: AGENT})
  const report = await (
    await context.gitea.prober()
  ).probe(subject.token, subject.repo === undefined ? {} : {repo: subject.repo})
  const {asymmetry, missing} = judge(report, subject.profile, AGENT)
  const lists = listsOf(report)
  stage.log(
    `Token …${report.lastEight} of ${AGENT}: issues ${status(lists.issues, tint)}, pulls ${status(lists.pulls, tint)}`,
  )
  stage.log(
    asymmetry ??
      (missing.length > 0 ? `It lacks ${missing.join(', ')}.` : `It has every scope of ${subject.profile.name}.`),
  )
  return [subject, lists] as const
}

function listsOf({repo}: ProbeReport): Lists {
  return {issues: repo?.issues.evidence.status ?? 0, pulls: repo?.pulls.evidence.status ?? 0}
}

function status(code: number, tint: Tint): string {
  return code === 200 ? tint.good(`${code} ok`) : tint.bad(`${code} refused`)
}

function summary(before: Lists, after: Lists, swarm: string, dead: number, seconds: number, tint: Tint): string {
  return [
    `before      issues ${status(before.issues, tint)}, pulls ${status(before.pulls, tint)}`,
    `after       issues ${status(after.issues, tint)}, pulls ${status(after.pulls, tint)}, swarm-pull ${tint.good(swarm)}`,
    `superseded  ${tint.good(String(dead))} for the old token`,
    `in          ${seconds} s; everything was on loopback and is gone now`,
  ].join('\n')
}

function expected(holds: boolean, otherwise: string): void {
  if (!holds) throw new OpsError('BUG', {drill: otherwise})
}
