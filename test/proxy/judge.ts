import type {Ended, Laptop} from './laptop.ts'
import type {Scene} from './scenes.ts'
import type {Snapshot, World} from './world.ts'

/** Exits under which docs/exit-codes.md says that nothing was changed. */
const UNCHANGED = new Set([2, 3, 4, 5, 6])
const DOCUMENTED = new Set([0, 7, 8, 130, 143, ...UNCHANGED])

/** Of one reading or of one server it may be said at any time, of one request where none was answered falsely. */
const NOTHING = /nothing (?:was|has been|is) (?:changed|done)\b(?! by (?:this request|reading it)| on a server)/i
const BY_ONE = /nothing was done by this request/i

/** What a run's own words and exit code get wrong about what it did; `continues` with what an earlier run left. */
export function untruths(ended: Ended, before: Snapshot, after: Snapshot, continues: boolean): string[] {
  const wrong: string[] = []
  const {exit, signal, hung, stdout, stderr, effects, deceived} = ended
  if (hung) return ['it never ended']
  if (signal) return []
  if (exit === null || !DOCUMENTED.has(exit)) wrong.push(`exit ${exit} is not documented: ${firstLine(ended)}`)
  const changed = difference(before, after)
  if (exit !== null && UNCHANGED.has(exit) && effects.length > 0 && changed.length > 0)
    wrong.push(`exit ${exit} although these changed: ${changed.join(', ')}`)
  if (exit === 7 && ended.attempts === 0 && !continues) wrong.push('exit 7 although no write was sent')
  if (effects.length > 0 && NOTHING.test(stdout + stderr))
    wrong.push(`"${NOTHING.exec(stdout + stderr)?.[0]}" although these took effect: ${effects.join(', ')}`)
  if (deceived.length > 0 && BY_ONE.test(stdout + stderr))
    wrong.push(`"nothing was done by this request" although these took effect: ${deceived.join(', ')}`)
  return wrong
}

/** Values that stand in a run's output or in what it keeps. */
export function leaks(world: World, ended: Ended, kept: readonly string[]): string[] {
  const texts = [ended.stdout, ended.stderr, ...kept]
  for (const value of world.values) {
    const plain = Buffer.from(value)
    const forms = [value, encodeURIComponent(value), plain.toString('base64').replace(/=+$/, '')]
    if (texts.some((text) => forms.some((form) => text.includes(form)))) return ['a value came out']
  }
  return []
}

/** Which parts of the servers' state differ. */
function difference(before: Snapshot, after: Snapshot): string[] {
  const rows = Object.entries(after).filter(
    ([part, now]) =>
      JSON.stringify(now) !== JSON.stringify(Object.entries(before).find(([name]) => name === part)?.[1]),
  )
  return rows.map(([part]) => part)
}

/** What is wrong when all is over, on the servers and in each machine's records. */
export async function unsettled(
  scene: Scene,
  world: World,
  laptops: readonly Laptop[],
  runs: readonly Ended[],
): Promise<string[]> {
  const [first] = laptops
  if (!first) return []
  const now = await world.snapshot(scene.agent)
  // Only the answer to its mint tells a workspace token from those of others, by its prefix. Where that answer never
  // came, patrol may not revoke the token, but a run has to have named it; any other has to be gone.
  const named = (id: string) => runs.some(({stdout, stderr}) => (stdout + stderr).includes(id))
  const left = now.bearers.filter((id) => !(now.unanswered.includes(id) && named(id)))
  // A schedule that comes late, or of a test that was killed, may be another machine's: it has to be named.
  const schedules = now.schedules.filter((name) => !named(name))
  const wrong = scene.flaws(world, {...now, bearers: left, schedules}, first)
  for (const laptop of laptops) if ((await unfinished(laptop, scene)).length > 0) wrong.push('a rotation is unfinished')
  return wrong
}

/** Ids of the agent's rotations that a machine has not finished. */
export async function unfinished(laptop: Laptop, {agent}: Scene): Promise<string[]> {
  const {stdout} = await laptop.patrol(['rotation', 'list', '--unfinished', '--json'])
  const document: {result: {rotations: {id: string; agent: string}[]} | null} = JSON.parse(stdout)
  return (document.result?.rotations ?? []).filter((row) => row.agent === agent).map(({id}) => id)
}

/** The error of a run that printed JSON. */
export function errorOf({stdout}: Ended): {code: string; message: string; suggestions: string[]} | undefined {
  try {
    const document: {error?: {code: string; message: string; suggestions: string[]}} = JSON.parse(stdout)
    return document.error
  } catch {
    return undefined
  }
}

function firstLine(ended: Ended): string {
  return errorOf(ended)?.message ?? ended.stderr.trim().split('\n')[0] ?? ''
}
