import {expect} from 'vitest'
import type {LoggedRequest} from '../../src/simulator/types.ts'

interface Watched {
  gitea: {requests: readonly LoggedRequest[]}
  platform: {requests: readonly LoggedRequest[]}
  agents: readonly {name: string; user: string; workspaceId: string}[]
}

/** Where "nothing was changed" is said of a whole run; of one reading it may be said at any time. */
const CLAIM = /nothing\s+was\s+(?:changed|done)(?! by reading it| on a server)(?<once> by this request)?/gi
/** Whose error it stands in, where a run is about several agents. */
const ABOUT = /(?:^|\n)(?<name>[\w.-]+): Error: (?:(?!\n\n|: Error: )[^])*$|"agent": ?"(?<row>[^"]+)"[^{}]*$/
/** A question put to an agent changes nothing of it. */
const QUESTION = /\/a2a(?:\?|$)/

/** Watches the simulators' logs from now on, and holds what a run says of its changes against them. */
export function witness({gitea, platform, agents}: Watched): (printed: string) => void {
  const logs = [gitea.requests, platform.requests]
  const before = logs.map((log) => log.length)
  return (printed) => {
    for (const claim of printed.matchAll(CLAIM)) {
      const whose = ABOUT.exec(printed.slice(0, claim.index))?.groups
      const name = whose?.['name'] ?? whose?.['row']
      const agent = agents.find((each) => each.name === name)
      const marks = name === undefined ? [''] : [name, ...(agent ? [agent.user, agent.workspaceId] : [])]
      // Of one request it is said after a refusal, so those that were answered with success are not meant.
      const meant = ({status}: LoggedRequest): boolean => claim.groups?.['once'] === undefined || status >= 300
      const since = logs.flatMap((log, index) => log.slice(before[index]))
      const effects = withoutPass(since.filter((each) => tookEffect(each) && meant(each)))
      const lies = effects.filter(({path, about}) => marks.some((mark) => path.includes(mark) || about === mark))
      const shown = lies.map(({method, path}) => `${method} ${path}`)
      expect(shown, `it says "${claim[0]}"${name ? ` of ${name}` : ''} after these writes took effect`).toEqual([])
    }
  }
}

/** What a run mints for itself and deletes again is no change; what it leaves is. */
function withoutPass(effects: readonly LoggedRequest[]): readonly LoggedRequest[] {
  const minted = effects.filter(({about}) => about?.startsWith('patrol-run.'))
  const deleted = effects.filter(
    ({method, path}) => method === 'DELETE' && minted.some((own) => path.startsWith(`${own.path}/`)),
  )
  return deleted.length < minted.length
    ? effects
    : effects.filter((each) => !minted.includes(each) && !deleted.includes(each))
}

function tookEffect({method, path, acted = 0}: LoggedRequest): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method) && !QUESTION.test(path) && acted >= 200 && acted < 300
}
