import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {OnboardingDeps} from '../../../src/onboarding/index.ts'
import {ONBOARDING} from '../../../src/onboarding/run.ts'
import {leavingOf} from '../../../src/story/run.ts'
import type {OnboardingFact} from '../../../src/onboarding/events.ts'
import {replay} from '../../../src/onboarding/machine.ts'
import type {Onboarding} from '../../../src/onboarding/state.ts'
import {NAME, newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'

const SCOPES = [...newcomer().scopes]
const room = {id: 'w1', name: NAME}
const ours = {id: 11, name: 'patrol.agent-new.20261122.onb1', lastEight: '00000011'}
const minted: OnboardingFact[] = [
  {type: 'user_found', id: 5, login: NAME},
  {type: 'workspace_absent'},
  {type: 'mint_intended', name: ours.name},
  {type: 'minted', token: ours},
]
const rotating: OnboardingFact[] = [
  {type: 'user_found', id: 5, login: NAME},
  {type: 'workspace_found', workspace: room},
  {type: 'rotation_intended', rotation: 'rot1'},
]
const replayed = (facts: readonly OnboardingFact[]): Onboarding => {
  const terms = {...newcomer({memberships: []}), onboarding: 'onb1'}
  return replay([{type: 'planned' as const, terms}, ...facts].map((fact, at) => ({...fact, at})))!
}

describe('what the ledger learns', () => {
  const online: OnboardingFact[] = [
    ...minted,
    {type: 'probed', granted: []},
    {type: 'create_intended', name: NAME},
    {type: 'created', workspace: room},
    {type: 'online', updatedAt: 't1'},
  ]
  const learns = (facts: OnboardingFact[]) => {
    const onboarding = replayed(facts)
    return ONBOARDING.learns(onboarding, {...facts.at(-1)!, at: 99})
  }
  const added = {kind: 'minted', user: NAME, token: ours, scopes: SCOPES, at: 99}
  const deployed = (token: number, lastEight: string, secretUpdatedAt: string | undefined) => ({
    kind: 'deployed',
    deployment: {agent: NAME, workspace: room.id, user: NAME, token, lastEight, secretUpdatedAt, at: 99},
  })

  const placed = (id: string | undefined) => ({
    kind: 'placed',
    placement: {
      agent: NAME,
      user: NAME,
      workspace: {id, name: NAME, external: false},
      secretKey: 'GITEA_TOKEN',
      token: {id: ours.id, lastEight: ours.lastEight},
      how: 'created',
      rotation: undefined,
      at: 99,
    },
  })

  const heard = (id: number) => {
    const {placement} = placed(room.id)
    return {kind: 'placed', placement: {...placement, token: {...placement.token, id}, how: 'heard'}}
  }

  it.each<[string, OnboardingFact[], unknown[]]>([
    ['a mint', minted, [added]],
    ['a workspace that is about to be made', online.slice(0, -2), [placed(undefined)]],
    ['one that was', online.slice(0, -1), [placed(room.id)]],
    [
      'one that turned out to be',
      [...online.slice(0, -2), {type: 'create_settled', workspace: room, stored: true}],
      [placed(room.id)],
    ],
    [
      'one that is somebody else’s',
      [...online.slice(0, -2), {type: 'create_settled', workspace: room, stored: false}],
      [],
    ],
    ['a mint that was found', [...minted.slice(0, 3), {type: 'mint_settled', name: ours.name, token: ours}], [added]],
    [
      'a mint that was lost',
      [...minted.slice(0, 3), {type: 'mint_settled', name: ours.name, token: null}],
      [{kind: 'announced', announcement: {agent: NAME, user: NAME, name: ours.name, at: 99, handingOver: false}}],
    ],
    [
      'a mint that came late',
      [...rotating, {type: 'rotation_ended', proven: true}, {type: 'orphan_found', token: ours}],
      [added, {kind: 'settled', user: NAME, name: ours.name}],
    ],
    [
      'a deletion',
      [
        ...minted,
        {type: 'value_lost', token: 11},
        {type: 'discard_intended', token: 11},
        {type: 'discarded', token: 11},
      ],
      [{kind: 'revoked', user: NAME, token: 11, at: 99}],
    ],
    ['a proof', [...online, {type: 'proven', lastEight: '00000011'}], [deployed(11, '00000011', 't1'), heard(11)]],
    [
      'a proof without the time of the secret',
      [...online.slice(0, -1), {type: 'online', updatedAt: null}, {type: 'proven', lastEight: '00000011'}],
      [deployed(11, '00000011', undefined), heard(11)],
    ],
    [
      'an agent that works',
      [...rotating.slice(0, 2), {type: 'works', token: {...ours, id: 4}, updatedAt: 't2'}],
      [deployed(4, '00000011', 't2'), heard(4)],
    ],
    ['a rotation, which has told it itself', [...rotating, {type: 'rotation_ended', proven: true}], []],
    ['anything else', minted.slice(0, 1), []],
  ])('of %s', (_, facts, changes) => {
    expect(learns(facts)).toEqual(changes)
  })
})

describe('an error that ends a run', () => {
  const left = (facts: OnboardingFact[], error: Error) => {
    const state = replayed(facts)
    return leavingOf(ONBOARDING, {state, found: state}, error)
  }

  it('of ours is not touched', () => {
    const error = new TypeError('a mistake')
    expect(left([], error)).toBe(error)
  })

  it('before the first write keeps its kind', () => {
    expect(left([], new OpsError('GITEA_UNREACHABLE', 'Gitea is away.'))).toMatchObject({
      code: 'GITEA_UNREACHABLE',
      category: 'unavailable',
      message: 'Gitea is away. Nothing was changed.',
      suggestions: ['patrol onboard agent-new'],
      ref: 'docs/runbooks/onboarding-incomplete.md',
    })
  })

  it('says once that nothing was changed', () => {
    expect(left([], new OpsError('USER_REFUSED', 'No. Nothing was changed.'))).toMatchObject({
      message: 'No. Nothing was changed.',
    })
  })

  it('that says nothing was changed may go on saying so, as long as that is so', () => {
    expect(left(minted.slice(0, 1), new OpsError('MEMBERSHIP_REFUSED', 'No. Nothing was changed.'))).toMatchObject({
      category: 'refused',
      message: expect.stringMatching(/^No\. Nothing was changed\. The user agent-new is there/),
    })
  })

  it.each<[string, OnboardingFact[]]>([
    ['something was made', minted],
    ['something may have been made', [{type: 'user_intended', login: NAME}]],
  ])('after %s is incomplete, and does not claim that nothing was changed', (_, facts) => {
    const error = left(facts, new OpsError('GITEA_UNREACHABLE', 'Gitea is away. Nothing was changed.'))
    expect(error).toMatchObject({category: 'incomplete'})
    expect(String(error)).toMatch(/Gitea is away\. (?:The|Whether the) user/)
    expect(String(error)).not.toContain('Nothing was changed')
  })

  it.each([
    ['INTERRUPTED', 'interrupted'],
    ['APPROVAL_PENDING', 'pending'],
  ] as const)('by %s stays that', (code, category) => {
    expect(left(minted, new OpsError(code, 'Stopped.'))).toMatchObject({category})
  })

  it('of an onboarding that is closed keeps its kind', () => {
    const closed: OnboardingFact[] = [
      ...minted.slice(0, 3),
      {type: 'mint_settled', name: ours.name, token: null},
      {type: 'abort_requested', keep: []},
      {type: 'closed'},
    ]
    expect(left(closed, new OpsError('YIELDED', 'Another was first.'))).toMatchObject({category: 'refused'})
    expect(left(closed.slice(0, -1), new OpsError('YIELDED', 'Another was first.'))).toMatchObject({
      category: 'incomplete',
    })
  })

  it('with lines of its own gets the state on another', () => {
    expect(left([], new OpsError('PROOF_FAILED', 'It fails:\n- one'))).toMatchObject({
      message: 'It fails:\n- one\nNothing was changed.',
    })
  })

  it('keeps its own page, and advice that leads somewhere', () => {
    const suggestions = [
      'patrol rotation list',
      'patrol rotation resume',
      'see patrol rotation list',
      'patrol rotation resume rot1',
      'patrol onboard agent-new',
    ]
    expect(left([], new OpsError('ROTATION_OPEN', 'Open.', {suggestions, ref: 'docs/x.md'}))).toMatchObject({
      suggestions: ['see patrol rotation list', 'patrol rotation resume rot1', 'patrol onboard agent-new'],
      ref: 'docs/x.md',
    })
  })
})

describe('the lease of a run', () => {
  it('is renewed before every write, and a run that lost it does not act', async () => {
    using world = await NewcomerWorld.open()
    const renewals: string[] = []
    const lost = ({leases}: OnboardingDeps): Partial<OnboardingDeps> => ({
      leases: {
        ...leases,
        renew: async (...asked) => {
          renewals.push(world.calls.at(-1)!)
          if (renewals.length === 3) throw new OpsError('LEASE_LOST', 'Somebody else is at it.')
          return leases.renew(...asked)
        },
      },
    })
    await expect(world.run(newcomer(), lost)).rejects.toMatchObject({code: 'LEASE_LOST'})
    expect(renewals).toHaveLength(3)
    expect(world.writes).toEqual(['createAccount', 'addCollaborator'])
  })
})

describe('a warning in the middle of a run', () => {
  it.each([true, false])('is told at once to whoever listens (%s), else with the result', async (listens) => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-after', newcomer())
    world.listens = listens
    const {warnings} = await world.run(newcomer({secretKey: 'OTHER'}))
    const warning =
      'patrol.yaml says something else of agent-new by now; this onboarding ends as it was begun. To begin anew: patrol onboarding abort agent-new.'
    expect(world.warned).toBe(listens ? warning : '')
    expect(warnings.includes(warning)).toBe(!listens)
  })
})

it('a run tells of its acts, and of no phases: these are not followed', async () => {
  using world = await NewcomerWorld.open()
  const heard = new Set<string>()
  await world.run(newcomer(), {on: ({kind}) => void heard.add(kind)})
  expect(heard).toContain('act')
  expect(heard).not.toContain('phase')
})
