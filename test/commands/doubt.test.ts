import {describe, expect, test} from 'vitest'
import Rotate from '../../src/commands/rotate.ts'
import Resume from '../../src/commands/rotation/resume.ts'
import type {FaultRule} from '../../src/simulator/types.ts'
import {stage, type Stage} from './harness.ts'

type Strange = Pick<FaultRule, 'status' | 'headers' | 'body'>

const page = (status: number): Strange => ({status, headers: {'content-type': 'text/html'}, body: '<html>no</html>'})
const gateway = (status: number, message: string): Strange => ({
  status,
  headers: {'content-type': 'application/json'},
  body: JSON.stringify({message}),
})

/** Answers that are neither a success nor a refusal of the server's own. */
const STRANGE: [string, Strange][] = [
  ['a page that says 200', page(200)],
  ['a page that says 404', page(404)],
  ['204', {status: 204}],
  ['a redirect to a login', {status: 302, headers: {location: '/user/login'}}],
  ["a gateway's 401", gateway(401, 'No API key found in request')],
  ["a gateway's 404", gateway(404, 'no Route matched with those values')],
  ["a gateway's 429", gateway(429, 'API rate limit exceeded')],
]

/** The agent's secret, its process and Gitea agree, and nobody else of patrol's making is left. */
function settled(at: Stage, agent: string): string[] {
  const {gitea, platform} = at.sandbox
  const stored = at.token(agent)
  const running = platform.process(at.id(agent))?.env['GITEA_TOKEN'] ?? ''
  const ours = gitea.tokens(agent).filter(({name}) => name.startsWith('patrol.'))
  return [
    ...(gitea.isLive(stored) ? [] : ['the secret holds a dead token']),
    ...(gitea.isLive(running) ? [] : ['the agent runs on a dead token']),
    ...(ours.length === 1 ? [] : [`${ours.length} tokens of patrol's are alive`]),
  ]
}

const rotation: [string, Pick<FaultRule, 'method' | 'path'>][] = [
  ['the mint', {method: 'POST', path: /\/users\/agent-dev-a\/tokens$/}],
  ['the push', {method: 'POST', path: /\/secrets$/}],
  ['the restart', {method: 'POST', path: /\/restart$/}],
  ['the revocation', {method: 'DELETE', path: /\/users\/agent-dev-a\/tokens\/\d+$/}],
]

describe.each(rotation)('a rotation whose answer to %s is', (_, rule) => {
  test.each(STRANGE)('%s, which took effect all the same, ends on one live token', async (__, strange) => {
    await using at = await stage({mode: 'saas', release: 'june'})
    at.sandbox.gitea.fail({...rule, nth: 1, kind: 'answer-after', ...strange})
    at.sandbox.platform.fail({...rule, nth: 1, kind: 'answer-after', ...strange})
    const first = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect([0, 7]).toContain(first.exit)
    if (first.exit === 7) expect(await at.patrol(Resume, '')).toMatchObject({exit: 0})
    expect(settled(at, 'agent-dev-a')).toEqual([])
  })
})
