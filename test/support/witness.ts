import {expect} from 'vitest'
import type {LoggedRequest} from '../../src/simulator/types.ts'

interface Servers {
  gitea: {requests: readonly LoggedRequest[]}
  platform: {requests: readonly LoggedRequest[]}
}

/** Where "nothing was changed" is said of a whole run; of one request or one reading it may be said at any time. */
const CLAIM = /nothing was (?:changed|done)(?! by (?:this request|reading it)| on a server)/i
/** A question put to an agent changes nothing of it. */
const QUESTION = /\/a2a(?:\?|$)/

/** Watches the simulators' logs from now on, and holds what a run says of its changes against them. */
export function witness({gitea, platform}: Servers): (printed: string) => void {
  const logs = [gitea.requests, platform.requests]
  const before = logs.map((log) => log.length)
  return (printed) => {
    const claim = CLAIM.exec(printed)
    if (!claim) return
    const effects = logs.flatMap((log, index) => log.slice(before[index])).filter(tookEffect)
    const lie = effects.map(({method, path}) => `${method} ${path}`)
    expect(lie, `it says "${claim[0]}" after these writes took effect`).toEqual([])
  }
}

function tookEffect({method, path, acted = 0}: LoggedRequest): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method) && !QUESTION.test(path) && acted >= 200 && acted < 300
}
