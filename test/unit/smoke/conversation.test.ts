import {describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {converse} from '../../../src/smoke/conversation.ts'
import type {AskOutcome, FoundReply, QueueState} from '../../../src/smoke/ports.ts'
import {START, world, WORKSPACE, type World} from './world.ts'

const DEADLINE = START + 120_000
const LATEST = START + 600_000
const done = {kind: 'replied', text: 'done'} as const
const queued = {kind: 'queued', queueId: undefined, why: 'it is queued'} as const

function talk(seen: World, deadline = DEADLINE, latest = LATEST) {
  return converse(seen.ports, WORKSPACE, {nonce: 'n0nce', text: 'hello'}, {deadline, latest})
}

const slept = ({pauses}: World) => pauses.reduce((sum, ms) => sum + ms, 0)
const ids = ({asked}: World) => asked.map(({messageId}) => messageId)

describe('a question that was not delivered', () => {
  test.each([
    [{kind: 'unreachable'}, 'could not reach the agent'],
    [{kind: 'restarting'}, 'found the agent gone'],
    [{kind: 'not-ready', status: 'provisioning', retryAfterMs: undefined}, 'not ready (provisioning)'],
  ] as const)('is asked again after growing pauses: %j', async (outcome, why) => {
    const told: string[] = []
    const seen = world((_question, attempt) => (attempt < 4 ? outcome : done), {onWait: (each) => void told.push(each)})
    expect(await talk(seen)).toEqual(done)
    expect(seen.pauses).toEqual([1000, 2000, 4000])
    expect(new Set(ids(seen)).size).toBe(4)
    expect(told).toEqual(Array.from({length: 3}, () => expect.stringContaining(why)))
  })

  test('is asked after the pause that a waking workspace asks for', async () => {
    const seen = world((_question, attempt) =>
      attempt === 1 ? {kind: 'not-ready', status: 'hibernated', retryAfterMs: 15_000} : done,
    )
    await talk(seen)
    expect(seen.pauses).toEqual([15_000])
  })

  test('is not asked again in the last moment, when the call could only be cut', async () => {
    const seen = world(() => ({kind: 'unreachable'}))
    await talk(seen, START + 3500)
    expect(seen.asked.map((question) => question.timeoutMs)).toEqual([3500, 2500])
  })

  test('is asked once however little time there is', async () => {
    const seen = world(() => ({kind: 'unreachable'}))
    expect(await talk(seen, START + 500)).toMatchObject({kind: 'unreachable'})
    expect(seen.asked.map((question) => question.timeoutMs)).toEqual([1000])
  })

  test('ends at the deadline with the last reason, however much patience there is for later answers', async () => {
    const seen = world(() => ({kind: 'not-ready', status: 'offline', retryAfterMs: undefined}))
    expect(await talk(seen)).toMatchObject({kind: 'unreachable', why: expect.stringContaining('offline')})
    expect(slept(seen)).toBe(120_000)
  })
})

describe('what is said on the way', () => {
  const saying = (text: string) => ({kind: 'replied', text, meanwhile: true}) as const

  test('shows that the agent has the question: the line is waited for as long as what comes later may take', async () => {
    let looks = 0
    const findReply = async (): Promise<FoundReply> => (++looks === 1 ? saying('on it') : {kind: 'none'})
    const seen = world(() => ({kind: 'lost', delivered: false}), {agent: {findReply}})
    expect(await talk(seen)).toEqual(saying('on it'))
    expect([seen.asked.length, slept(seen)]).toEqual([1, 600_000])
  })

  test.each([
    ['the line', 'patrol-smoke n0nce issues=200 pulls=200 approved=1 token=00000001'],
    [
      'two lines that differ',
      ['1', '2'].map((at) => `patrol-smoke n0nce issues=200 pulls=200 approved=${at} token=none`).join('\n'),
    ],
  ])('is waited for no longer once it has %s', async (_, text) => {
    const seen = world(() => queued, {agent: activity(1, saying(text))})
    expect(await talk(seen)).toEqual(saying(text))
    expect(slept(seen)).toBe(0)
  })
})

describe('a workspace that nobody waits into readiness', () => {
  const saying = (...states: string[]) => {
    let asked = 0
    return world(() => {
      const status = states[Math.min(asked++, states.length - 1)]!
      return status === 'ready' ? done : {kind: 'not-ready', status, retryAfterMs: undefined}
    })
  }

  test.each(['failed', 'paused', 'removed'])('is given half a minute: %s', async (status) => {
    const seen = saying(status)
    expect(await talk(seen)).toEqual({kind: 'unreachable', why: `the workspace is not ready (${status})`})
    expect(slept(seen)).toBeLessThan(60_000)
    expect(slept(seen)).toBeGreaterThanOrEqual(30_000)
  })

  test('may be on its way out of it: the half minute begins anew', async () => {
    const seen = saying('failed', 'failed', 'failed', 'failed', 'provisioning', 'failed', 'failed', 'ready')
    expect(await talk(seen, START + 600_000)).toMatchObject({kind: done.kind})
  })
})

/** The reply turns up in the activity list at the n-th look, for the right nonce only. */
function activity(atLook: number, reply: FoundReply = done) {
  const looks: string[] = []
  return {
    looks,
    findReply: async (_id: string, nonce: string): Promise<FoundReply> => {
      looks.push(nonce)
      return looks.length >= atLook ? reply : {kind: 'none'}
    },
  }
}

/** The queue says so, look after look; the last one stays. */
function queue(...states: (QueueState | OpsError)[]) {
  let at = 0
  return {
    queueState: async (_id: string, queueId: string): Promise<QueueState> => {
      expect(queueId).toBe('q1')
      const state = states[Math.min(at++, states.length - 1)]!
      if (state instanceof OpsError) throw state
      return state
    },
  }
}

const inQueue = {...queued, queueId: 'q1'}

describe('a question that the agent has', () => {
  test.each<[AskOutcome]>([[queued], [inQueue], [{kind: 'begun'}], [{kind: 'lost', delivered: true}]])(
    'is never sent again, its reply is awaited in the activity: %j',
    async (outcome) => {
      const {findReply, looks} = activity(4)
      const seen = world(() => outcome, {agent: {findReply}})
      expect(await talk(seen)).toEqual(done)
      expect(seen.asked).toHaveLength(1)
      expect(looks).toEqual(['n0nce', 'n0nce', 'n0nce', 'n0nce'])
    },
  )

  test('is answered in the queue, which the activity does not show and is not asked again', async () => {
    const {findReply, looks} = activity(Infinity)
    const seen = world(() => inQueue, {agent: {...queue({kind: 'waiting'}, {kind: 'waiting'}, done), findReply}})
    expect(await talk(seen)).toEqual(done)
    expect([seen.asked.length, seen.pauses, looks.length]).toEqual([1, [1000, 2000], 2])
  })

  test('is answered in the activity although the queue says that it waits', async () => {
    const seen = world(() => inQueue, {agent: {...queue({kind: 'waiting'}), ...activity(2)}})
    expect(await talk(seen)).toEqual(done)
    expect([seen.asked.length, slept(seen)]).toEqual([1, 1000])
  })

  test('is not looked for in a queue that it has no place in', async () => {
    const seen = world(() => queued, {agent: {...queue(done), ...activity(2)}})
    expect(await talk(seen)).toEqual(done)
  })

  test('is waited for beyond the deadline, for as long as what comes later may take', async () => {
    const seen = world(() => inQueue, {agent: queue({kind: 'waiting'})})
    expect(await talk(seen)).toEqual({kind: 'silent', why: 'it is queued'})
    expect([seen.asked.length, slept(seen)]).toEqual([1, 600_000])
  })

  test.each<[AskOutcome, string]>([
    [queued, 'it is queued'],
    [{kind: 'begun'}, 'it has begun a task for it'],
    [{kind: 'lost', delivered: true}, 'its answer was lost on the way'],
  ])('is named where the answer never comes, and what it waits for is told: %j', async (outcome, why) => {
    const told = new Set<string>()
    const seen = world(() => outcome, {onWait: (each) => void told.add(each)})
    expect(await talk(seen)).toEqual({kind: 'silent', why})
    expect([seen.asked.length, slept(seen), [...told]]).toEqual([1, 600_000, [why]])
  })

  test('is looked for in the activity although the queue says nothing usable', async () => {
    const none = new OpsError('PLATFORM_NOT_JSON', 'no such route')
    const seen = world(() => inQueue, {agent: {...queue(none), ...activity(3)}})
    expect(await talk(seen)).toEqual(done)
  })

  test('is looked for in the queue although the activity says nothing usable', async () => {
    const findReply = async () => {
      throw new OpsError('PLATFORM_UNREACHABLE', 'away')
    }
    const seen = world(() => inQueue, {agent: {...queue({kind: 'waiting'}, done), findReply}})
    expect(await talk(seen)).toEqual(done)
  })

  test('is waited for as long as the queue has it, although the activity shows a delivery that went wrong', async () => {
    const seen = world(() => inQueue, {agent: {...queue({kind: 'waiting'}), ...activity(1, {kind: 'failed'})}})
    expect(await talk(seen)).toEqual({kind: 'silent', why: 'it is queued'})
    expect([seen.asked.length, slept(seen)]).toEqual([1, 600_000])
  })

  test.each([
    {kind: 'unreadable', why: 'it is long'},
    {kind: 'rpc-error', code: 5},
  ] as const)('and that is answered with %j has been answered', async (reply) => {
    const told = world(() => queued, {agent: activity(1, reply)})
    expect(await talk(told)).toEqual(reply)
    const left = world(() => inQueue, {agent: queue(reply)})
    expect(await talk(left)).toEqual(reply)
    expect([...told.pauses, ...left.pauses]).toEqual([])
  })

  test('and of which the activity shows a task begun is waited for', async () => {
    const seen = world(() => ({kind: 'begun'}), {agent: activity(1, {kind: 'begun'})})
    expect(await talk(seen)).toMatchObject({kind: 'silent'})
    expect(seen.asked).toHaveLength(1)
  })

  test('is not waited for where our credential is rejected', async () => {
    const rejected = new OpsError('PLATFORM_TOKEN_REJECTED', 'no')
    await expect(talk(world(() => inQueue, {agent: queue(rejected)}))).rejects.toBe(rejected)
  })

  test('is not waited for by whoever may wait no longer', async () => {
    const lost = new OpsError('LEASE_LOST', 'somebody else is at it')
    const onWait = () => Promise.reject(lost)
    await expect(talk(world(() => inQueue, {onWait}))).rejects.toBe(lost)
  })
})

describe('what an agent says on the way', () => {
  const LINE = 'patrol-smoke n0nce issues=200 pulls=200 approved=none token=aaaabbbb'
  const onIt = {kind: 'replied', text: 'on it: hello n0nce', meanwhile: true} as const
  const said = {kind: 'replied', text: LINE, meanwhile: true} as const

  test('in the answer itself is not the answer: that comes later', async () => {
    const seen = world(() => onIt, {agent: activity(3)})
    expect(await talk(seen)).toEqual(done)
    expect(seen.asked).toHaveLength(1)
  })

  test('in the activity is not the answer either', async () => {
    let looks = 0
    const findReply = async (): Promise<FoundReply> => (++looks < 4 ? onIt : done)
    expect(await talk(world(() => queued, {agent: {findReply}}))).toEqual(done)
  })

  test('shows that the agent has the question, whose answer was lost: it is not asked again', async () => {
    let looks = 0
    const findReply = async (): Promise<FoundReply> => (++looks < 8 ? onIt : done)
    const seen = world(() => ({kind: 'lost', delivered: false}), {agent: {findReply}})
    expect(await talk(seen)).toEqual(done)
    expect(seen.asked).toHaveLength(1)
  })

  test('in the activity does not hide the answer in the queue', async () => {
    const seen = world(() => inQueue, {agent: {...queue({kind: 'waiting'}, done), ...activity(1, onIt)}})
    expect(await talk(seen)).toEqual(done)
  })

  test('is the answer where it has the line', async () => {
    expect(await talk(world(() => said))).toEqual(said)
    expect(await talk(world(() => queued, {agent: activity(2, said)}))).toEqual(said)
  })

  test('is all there is where nothing comes after it, for as long as answers may take', async () => {
    const why = new Set<string>()
    const seen = world(() => queued, {agent: activity(1, onIt), onWait: (each) => void why.add(each)})
    expect(await talk(seen)).toEqual(onIt)
    expect([seen.asked.length, slept(seen)]).toEqual([1, 600_000])
    expect([...why]).toEqual(['it has said something, but not yet the line that it was asked for'])
    expect(await talk(world(() => onIt))).toEqual(onIt)
  })

  test('is all there is where the queue gives the question up', async () => {
    const over = {kind: 'over', why: 'the queue gave it up'} as const
    const seen = world(() => inQueue, {agent: {...queue({kind: 'waiting'}, over), ...activity(1, onIt)}})
    expect(await talk(seen)).toEqual(onIt)
  })
})

describe('a question that is with the agent no more', () => {
  const over = {kind: 'over', why: 'the queue gave it up'} as const

  test('is asked again, with the same id, and answered', async () => {
    const seen = world((_question, attempt) => (attempt === 1 ? inQueue : done), {agent: queue(over)})
    expect(await talk(seen)).toEqual(done)
    expect([ids(seen), seen.pauses]).toEqual([['message-1', 'message-1'], [1000]])
  })

  test('is asked after growing pauses, and named at the deadline', async () => {
    const seen = world(() => inQueue, {agent: queue(over)})
    expect(await talk(seen)).toEqual({kind: 'silent', why: 'the queue gave it up'})
    expect(seen.pauses.slice(0, 5)).toEqual([1000, 2000, 4000, 8000, 15_000])
    expect([slept(seen), seen.asked.length]).toEqual([120_000, 11])
  })

  test('is asked no more once the deadline is over', async () => {
    const waiting = Array.from({length: 20}, () => ({kind: 'waiting'}) as const)
    const seen = world(() => inQueue, {agent: queue(...waiting, over)})
    expect(await talk(seen)).toEqual({kind: 'silent', why: 'the queue gave it up'})
    expect(slept(seen)).toBeGreaterThan(120_000)
    expect(seen.asked).toHaveLength(1)
  })

  test('as the activity says is looked for a while, then asked again with the same id, ever more rarely', async () => {
    const seen = world(() => queued, {agent: activity(1, {kind: 'failed'})})
    expect(await talk(seen)).toEqual({kind: 'silent', why: 'the activity says that a delivery went wrong'})
    expect(new Set(ids(seen))).toEqual(new Set(['message-1']))
    expect(seen.asked).toHaveLength(3)
  })

  test('as the activity says of an earlier one may still be answered', async () => {
    let looks = 0
    const findReply = async (): Promise<FoundReply> => ((looks += 1) < 4 ? {kind: 'failed'} : done)
    const seen = world(() => queued, {agent: {findReply}})
    expect(await talk(seen)).toEqual(done)
    expect(seen.asked).toHaveLength(1)
  })

  test('is answered at once when the agent has time again, as in april, whose queue nobody can see', async () => {
    const seen = world((_question, attempt) => (attempt === 1 ? inQueue : done), {
      agent: activity(1, {kind: 'failed'}),
    })
    expect(await talk(seen)).toEqual(done)
    expect(ids(seen)).toEqual(['message-1', 'message-1'])
  })
})

describe('a question that the agent may have', () => {
  test('is looked for in the activity before it is sent again', async () => {
    const {findReply} = activity(2)
    const seen = world(() => ({kind: 'lost', delivered: false}), {agent: {findReply}})
    expect(await talk(seen)).toEqual(done)
    expect(seen.asked).toHaveLength(1)
  })

  test.each<AskOutcome & {kind: 'lost' | 'busy'}>([
    {kind: 'lost', delivered: false},
    {kind: 'busy', retryAfterMs: 30_000},
  ])('goes out again with the same id: %j', async (outcome) => {
    const seen = world((_question, attempt) => (attempt === 1 ? outcome : done))
    expect(await talk(seen)).toEqual(done)
    expect(ids(seen)).toEqual(['message-1', 'message-1'])
    expect(slept(seen)).toBe(outcome.kind === 'busy' ? 30_000 : 20_000)
  })

  test.each<[AskOutcome, string]>([
    [{kind: 'busy', retryAfterMs: 30_000}, 'it is busy or not up yet (HTTP 503)'],
    [{kind: 'busy', retryAfterMs: 86_400_000}, 'it is busy or not up yet (HTTP 503)'],
    [{kind: 'busy', retryAfterMs: 0}, 'it is busy or not up yet (HTTP 503)'],
    [{kind: 'lost', delivered: false}, 'the answer to the question was lost'],
  ])('ends at the deadline, named: %j', async (outcome, why) => {
    const seen = world(() => outcome)
    expect(await talk(seen)).toEqual({kind: 'silent', why})
    expect(slept(seen)).toBe(120_000)
  })

  test('no call gets more time than is left', async () => {
    const seen = world((_question, attempt) => (attempt === 1 ? {kind: 'busy', retryAfterMs: 30_000} : done))
    await talk(seen)
    expect(seen.asked.map((question) => question.timeoutMs)).toEqual([120_000, 90_000])
  })

  test('no call gets more than five minutes', async () => {
    const seen = world(() => done)
    await talk(seen, START + 900_000)
    expect(seen.asked.map((question) => question.timeoutMs)).toEqual([300_000])
  })
})
