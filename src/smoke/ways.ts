import {orElse} from '../errors.ts'
import type {Keeping, ProcessClues} from './ports.ts'
import type {PathResult} from './types.ts'

/** Whom the advice is for. */
interface AdvisedAgent {
  agent: string
  workspaceId: string
  secretKey: string
}

/**
 * The paths with what to type next, as far as the guards let it: what they refuse for the concierge, an external agent or one
 * that sleeps is done elsewhere, or after something else. Where the platform does not tell, the advice is as it was.
 */
export async function withOpenWays(
  paths: readonly PathResult[],
  whose: AdvisedAgent,
  clues: Pick<ProcessClues, 'read'>,
): Promise<PathResult[]> {
  if (paths.every(({suggestions = []}) => suggestions.length === 0)) return [...paths]
  const keeping = await readKeeping(clues, whose.workspaceId)
  return paths.map((path) => {
    const {suggestions} = path
    return suggestions ? {...path, suggestions: openWays(suggestions, whose, keeping)} : path
  })
}

async function readKeeping(clues: Pick<ProcessClues, 'read'>, workspaceId: string): Promise<Keeping> {
  return clues.read(workspaceId).catch(orElse(() => ({})))
}

function openWays(suggestions: readonly string[], {agent, secretKey}: AdvisedAgent, keeping: Keeping): string[] {
  const {kind, runtime, status = ''} = keeping
  const is = (line: string, ...acts: string[]): boolean => acts.some((act) => line === `patrol ${act} ${agent}`)
  const instead = (line: string): string[] => {
    if (kind === 'platform' && is(line, 'rotate', 'push')) {
      const store = `store it as ${secretKey} in the canvas, where alone the secret of the concierge is written, and restart it there`
      return [`patrol mint ${agent} --output-file ${agent}.token`, store]
    }
    if (kind === 'platform' && is(line, 'restart')) return ['restart it in the canvas: it is the concierge']
    if (status === 'paused' && is(line, 'rotate', 'push', 'smoke')) return [RESUME, line]
    if (status.startsWith('hibernat') && is(line, 'rotate', 'push')) return [WAKE, line]
    // A start of its own hands it what is stored.
    if (status === 'paused' && is(line, 'restart')) return [RESUME]
    if (status.startsWith('hibernat') && is(line, 'restart')) return [WAKE]
    if (isElsewhere(runtime) && is(line, 'restart')) return ['have its operator restart it: it is external']
    return [line]
  }
  return [...new Set(suggestions.flatMap(instead))]
}

const RESUME = 'resume its workspace in the canvas first: it is paused'
const WAKE = 'wake its workspace first: it is hibernated'

const isElsewhere = (runtime: string | undefined): boolean => runtime === 'external' || runtime === 'mock'
