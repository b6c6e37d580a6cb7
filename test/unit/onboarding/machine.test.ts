import * as fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import type {OnboardingFact, OnboardingEvent, OnboardingTerms} from '../../../src/onboarding/events.ts'
import {advance, replay} from '../../../src/onboarding/machine.ts'
import {describe as said, isClosed, isUnbound, nextAct, writesInDoubt} from '../../../src/onboarding/state.ts'
import type {OnboardingStep, Onboarding} from '../../../src/onboarding/state.ts'
import type {TokenRef} from '../../../src/rotation/index.ts'
import {unlessRefused} from '../../support/refusal.ts'

const terms: OnboardingTerms = {
  onboarding: 'onb0000001',
  agent: 'agent-new',
  user: 'agent-new',
  account: {email: 'agent-new@noreply.invalid', visibility: undefined, restricted: undefined},
  memberships: [
    {kind: 'collaborator', repo: 'acme/core', permission: 'write'},
    {kind: 'team', organisation: 'acme', team: 'agents'},
  ],
  workspace: 'agent-new',
  spec: {},
  secretKey: 'GITEA_TOKEN',
  profile: 'engineer',
  scopes: ['read:issue'],
  repo: 'acme/core',
  label: 'approved',
  via: 'a2a',
  approval: 'wait',
  waive: {},
}
const room = {id: 'w1', name: 'agent-new'}
const planned: OnboardingFact = {type: 'planned', terms}
const fresh = (id: number): TokenRef => ({id, name: `patrol.agent-new.20261122.onb-${id}`, lastEight: `0000000${id}`})
const older: TokenRef = {id: 90, name: 'somebody made this', lastEight: '00000090'}

/** Every fact that could be tried in a state, legal or not. */
function conceivable(onboarding: Onboarding): OnboardingFact[] {
  const next = fresh(10 + onboarding.mints)
  const ids = onboarding.minted.map(({id}) => id)
  const candidate = 'candidate' in onboarding ? onboarding.candidate : undefined
  const name = onboarding.phase === 'minting' ? onboarding.name : next.name
  return [
    {type: 'replanned', terms: {...terms, user: 'agent-newer'}},
    {type: 'replanned', terms: {...onboarding.terms, label: 'ready'}},
    {type: 'user_found', id: 5, login: 'agent-new'},
    {type: 'user_intended', login: 'agent-new'},
    {type: 'user_created', id: 5, login: 'agent-new'},
    {type: 'user_refused', code: 'X'},
    {type: 'user_settled', id: 5},
    {type: 'user_settled', id: null},
    ...[0, 1, 2].flatMap((index): OnboardingFact[] => [
      {type: 'member_found', index, had: 'write'},
      {type: 'join_intended', index},
      {type: 'joined', index},
      {type: 'join_refused', index, code: 'X'},
    ]),
    {type: 'workspace_absent'},
    {type: 'workspace_found', workspace: room},
    {type: 'mint_intended', name: next.name},
    {type: 'minted', token: next},
    {type: 'mint_refused', code: 'X'},
    {type: 'yielded', to: older},
    {type: 'abort_requested', keep: onboarding.sent.slice()},
    {type: 'abort_requested', keep: []},
    {type: 'closed'},
    {type: 'mint_settled', name, token: next},
    {type: 'mint_settled', name, token: null},
    {type: 'probed', granted: []},
    {type: 'candidate_rejected', missing: [], unknown: []},
    ...ids.map((token): OnboardingFact => ({type: 'value_lost', token})),
    {type: 'create_intended', name: 'agent-new'},
    {type: 'created', workspace: room},
    {type: 'create_refused', code: 'X'},
    {type: 'create_settled', workspace: null, stored: false},
    {type: 'create_settled', workspace: room, stored: false},
    {type: 'create_settled', workspace: room, stored: true},
    {type: 'online', updatedAt: 't1'},
    {type: 'proof_failed', reasons: ['x']},
    {type: 'overtaken'},
    ...[older, ...onboarding.minted].map((token): OnboardingFact => ({type: 'works', token, updatedAt: 't1'})),
    {type: 'rotation_intended', rotation: 'rot1'},
    {type: 'rotation_ended', proven: true},
    {type: 'rotation_ended', proven: false},
    {type: 'proven', lastEight: candidate?.lastEight ?? 'none'},
    ...ids.flatMap((token): OnboardingFact[] => [
      {type: 'discard_intended', token},
      {type: 'discarded', token},
      {type: 'token_left', token, seen: {id: token, name: 'x', lastEight: '99999999'}},
    ]),
    {type: 'orphan_found', token: fresh(80)},
    {type: 'access_intended', known: []},
    {type: 'access_minted', prefix: 'abcdefgh'},
    {type: 'access_settled', left: []},
    {type: 'completed'},
  ]
}

const tryFact = (onboarding: Onboarding, fact: OnboardingFact, at: number): Onboarding | undefined =>
  unlessRefused(() => advance(onboarding, {...fact, at}))

/** What a run would journal that meets no trouble, from wherever it stands; undefined where it can do nothing. */
function smooth(act: OnboardingStep, onboarding: Onboarding): OnboardingFact | undefined {
  const next = fresh(10 + onboarding.mints)
  switch (act.act) {
    case 'account':
      return {type: 'user_found', id: 5, login: 'agent-new'}
    case 'settle_account':
      return {type: 'user_settled', id: 5}
    case 'join':
      return {type: 'member_found', index: act.index, had: 'write'}
    case 'look':
      return {type: 'workspace_absent'}
    case 'mint':
      return {type: 'mint_intended', name: next.name}
    case 'settle_mint':
      return {type: 'mint_settled', name: act.name, token: null}
    case 'probe':
      return {type: 'probed', granted: []}
    case 'create':
      return {type: 'create_intended', name: 'agent-new'}
    case 'settle_create':
      return {type: 'create_settled', workspace: room, stored: true}
    case 'await_online':
      return {type: 'online', updatedAt: 't1'}
    case 'prove':
      return {type: 'proven', lastEight: act.candidate.lastEight}
    case 'take_over':
      return act.rotation === undefined
        ? {type: 'works', token: older, updatedAt: 't1'}
        : {type: 'rotation_ended', proven: true}
    case 'discard':
      return onboarding.discarding === undefined
        ? {type: 'discard_intended', token: act.token.id}
        : {type: 'discarded', token: act.token.id}
    case 'close':
      return {type: 'closed'}
    case 'finish':
      return onboarding.access ? {type: 'access_settled', left: []} : {type: 'completed'}
    default:
      return undefined
  }
}

const drawn = <T>(all: readonly T[], choice: number): T | undefined => all[choice % Math.max(1, all.length)]

/** A journal of random legal facts; in front of a law it is walked fact by fact. */
const journals = fc.array(fc.nat({max: 10_000}), {minLength: 1, maxLength: 60, size: 'max'}).map((choices) => {
  const events: OnboardingEvent[] = [{...planned, at: 0}]
  let onboarding = replay(events)!
  for (const [index, choice] of choices.entries()) {
    const legal = (): OnboardingFact[] => conceivable(onboarding).filter((fact) => tryFact(onboarding, fact, index + 1))
    // Left to chance alone, few journals would ever come far.
    const forward =
      onboarding.phase === 'minting'
        ? {type: 'minted' as const, token: fresh(10 + onboarding.mints)}
        : smooth(nextAct(onboarding), onboarding)
    const fact = choice % 2 === 0 ? forward : drawn(legal(), choice)
    if (!fact) break
    events.push({...fact, at: index + 1})
    onboarding = advance(onboarding, events.at(-1)!)
  }
  return events
})

function states(events: readonly OnboardingEvent[]): Onboarding[] {
  let onboarding: Onboarding | undefined
  return events.map((event) => (onboarding = advance(onboarding, event)))
}

const userBefore = (events: readonly OnboardingEvent[], index: number): string =>
  replay(events.slice(0, index))!.terms.user

const law = (check: (events: OnboardingEvent[]) => void) => () =>
  fc.assert(fc.property(journals, check), {numRuns: 100})

describe('the laws of an onboarding', () => {
  it(
    'every prefix of every journal leads to an end',
    law((events) => {
      let onboarding = replay(events)!
      // Values do not outlive the process that held them.
      if (onboarding.phase === 'minted') {
        onboarding = advance(onboarding, {type: 'value_lost', token: onboarding.candidate.id, at: 99})
      }
      for (let steps = 0; !isClosed(onboarding); steps++) {
        expect({steps, stands: said(onboarding), endless: steps > 60}).toMatchObject({endless: false})
        let fact = smooth(nextAct(onboarding), onboarding)
        if (onboarding.phase === 'minting' && steps > 0) fact = {type: 'minted', token: fresh(10 + onboarding.mints)}
        expect(fact).toBeDefined()
        onboarding = advance(onboarding, {...fact!, at: 100 + steps})
      }
    }),
  )

  it(
    'at most one write is in doubt at a time',
    law((events) => {
      for (const onboarding of states(events)) expect(writesInDoubt(onboarding).length).toBeLessThanOrEqual(1)
    }),
  )

  it(
    'no workspace is created without a probed token, and none while a create is in doubt',
    law((events) => {
      for (const [index, event] of events.entries()) {
        if (event.type !== 'create_intended') continue
        const before = replay(events.slice(0, index))!
        expect(before).toMatchObject({phase: 'minted', probed: true})
      }
    }),
  )

  it(
    'only tokens that it minted are deleted, and none that a workspace may hold before another is proven or it is ended',
    law((events) => {
      for (const [index, event] of events.entries()) {
        if (event.type !== 'discard_intended') continue
        const before = replay(events.slice(0, index))!
        expect(before.minted.map(({id}) => id)).toContain(event.token)
        const free = ['proven', 'closing'].includes(before.phase)
        expect(before.sent.includes(event.token) && !free).toBe(false)
        expect(before.phase === 'proven' && before.token?.id === event.token).toBe(false)
      }
    }),
  )

  it(
    'no token is left behind at the end but the one that serves',
    law((events) => {
      const onboarding = replay(events)!
      if (!isClosed(onboarding) || onboarding.phase !== 'completed') return
      expect(onboarding.minted.filter(({id}) => id !== onboarding.token?.id)).toEqual([])
    }),
  )

  it(
    'who and what is made changes only while no token of it is alive',
    law((events) => {
      for (const [index, event] of events.entries()) {
        const early = event.type !== 'replanned' || isUnbound(replay(events.slice(0, index))!)
        expect(early || (event.type === 'replanned' && event.terms.user === userBefore(events, index))).toBe(true)
      }
    }),
  )

  it(
    'who says that nothing was changed knows of no change and doubts none',
    law((events) => {
      for (const onboarding of states(events)) {
        if (said(onboarding) !== 'Nothing was changed.') continue
        expect({wrote: onboarding.wrote, minted: onboarding.minted, doubts: writesInDoubt(onboarding)}).toEqual({
          wrote: false,
          minted: [],
          doubts: [],
        })
      }
    }),
  )

  it('is told in words in every phase, and these journals reach each', () => {
    const phases = new Set<string>()
    fc.assert(
      fc.property(journals, (events) => {
        for (const onboarding of states(events)) {
          phases.add(onboarding.phase)
          expect(said(onboarding)).toMatch(/^\S.*\.$/)
        }
      }),
      {numRuns: 200, seed: 5},
    )
    const all = ['planned', 'creating_user', 'joining', 'preparing', 'minting', 'minted', 'creating', 'created']
    const ends = ['online', 'taking_over', 'proven', 'completed', 'refused']
    expect([...phases]).toEqual(expect.arrayContaining([...all, ...ends]))
  })
})

describe('whether anything was changed', () => {
  it.each<[string, boolean, OnboardingFact[]]>([
    [
      'a user who was refused',
      false,
      [
        {type: 'user_intended', login: 'x'},
        {type: 'user_refused', code: 'X'},
      ],
    ],
    [
      'a user who never came',
      false,
      [
        {type: 'user_intended', login: 'x'},
        {type: 'user_settled', id: null},
      ],
    ],
    [
      'a user who came late',
      true,
      [
        {type: 'user_intended', login: 'x'},
        {type: 'user_settled', id: 5},
      ],
    ],
    [
      'a membership that was refused',
      false,
      [
        {type: 'user_found', id: 5, login: 'x'},
        {type: 'join_intended', index: 0},
        {type: 'join_refused', index: 0, code: 'X'},
      ],
    ],
    [
      'a membership that came late',
      true,
      [
        {type: 'user_found', id: 5, login: 'x'},
        {type: 'join_intended', index: 0},
        {type: 'member_found', index: 0, had: 'write'},
      ],
    ],
  ])('%s: %s', (_, wrote, facts) => {
    expect(replay([planned, ...facts].map((fact, at) => ({...fact, at})))?.wrote).toBe(wrote)
  })
})

describe('a journal that makes no sense', () => {
  it.each<[string, OnboardingFact[]]>([
    ['begins in the middle', [{type: 'user_intended', login: 'x'}]],
    ['is planned twice', [planned, planned]],
    ['goes on after its end', []],
  ])('that %s is refused', (_, facts) => {
    const end: OnboardingFact[] = [
      {type: 'planned', terms: {...terms, memberships: []}},
      {type: 'user_found', id: 5, login: 'x'},
      {type: 'workspace_found', workspace: room},
      {type: 'works', token: older, updatedAt: null},
      {type: 'completed'},
      {type: 'completed'},
    ]
    const events = (facts.length > 0 ? facts : end).map((fact, at) => ({...fact, at}))
    expect(() => replay(events)).toThrow(expect.objectContaining({code: 'JOURNAL_UNREADABLE'}))
  })
})
