import {describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {audit, choose, collect} from '../../../src/fleet/index.ts'
import type {AuditPorts, AuditReport} from '../../../src/fleet/index.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {rotation} from './cases/case.ts'
import {
  ago,
  auditOf,
  audited,
  DAY,
  ENGINEER,
  inventory,
  lifeless,
  member,
  NOW,
  portsOf,
  recorded,
  report,
  row,
  value,
} from './world.ts'
import type {Member, World} from './world.ts'

const GONE = 'f0000000-0000-4000-8000-00000000000f'
const OURS = row('patrol.dev-a.20261101.abcdefghij', '0000beef', {id: 1})
const LAPTOP = row('laptop', '0000feed', {id: 77})

/** Its token lacks a scope, so that a rotation is called for; besides whatever stands in the way of that. */
const lacking =
  (change: (m: Member) => void) =>
  (m: Member): void => {
    const held = ENGINEER.filter((scope) => scope !== 'read:issue')
    m.rows[0]!.scopes = [...held]
    m.probe = report(m.user, m.rows[0]!.lastEight, held)
    change(m)
  }

async function fixOf(rule: string, change: (m: Member) => void, world: Partial<World> = {}) {
  const {findings} = await auditOf(change, world)
  const found = findings.find((finding) => finding.rule === rule)
  return {fix: found?.fix, note: found?.note}
}

const rotate = 'patrol rotate dev-a'
const onboard = 'patrol onboard dev-a'
const operator = (m: Member) => void (m.scopes = [...ENGINEER, 'write:admin'])
const ADMIN_OUT = 'first take write:admin out of the profile engineer'

test('where nothing stands in the way nothing is said', async () => {
  expect(
    await fixOf(
      'scope-missing',
      lacking(() => {}),
    ),
  ).toEqual({fix: rotate, note: undefined})
})

describe('a rotation that a guard would refuse has beside it what to do about that:', () => {
  test.each<[string, (m: Member) => void, string, Partial<World>?]>([
    ['a profile of dangerous scopes', operator, `${ADMIN_OUT}, or add --allow-dangerous-scopes`],
    [
      'a site administrator',
      (m) => void (m.account!.isAdmin = true),
      'first take the rights of an administrator from u-dev-a on the server, or add --allow-site-admin',
    ],
    [
      'one that its own token tells of',
      (m) => void (m.probe.identity!.isAdmin = true),
      'first take the rights of an administrator from u-dev-a on the server, or add --allow-site-admin',
      {sources: 'probe'},
    ],
    [
      'an organisation',
      (m) => void (m.account!.organisation = true),
      'first give the agent a user of its own in patrol.yaml: u-dev-a is an organisation',
    ],
    [
      'an account that is not active',
      (m) => void (m.account!.active = false),
      'let u-dev-a sign in again first: no token of it works',
      {sources: 'listing'},
    ],
    [
      'one that may not sign in',
      (m) => void (m.account!.prohibitLogin = true),
      'let u-dev-a sign in again first: no token of it works',
      {sources: 'listing'},
    ],
    [
      'one that has to change its password, which a probe shows',
      (m) => void (m.probe = lifeless('00001001', 'blocked', 'You must change your password.')),
      'let u-dev-a sign in again first: no token of it works',
    ],
    [
      'the administrator whose credential mints',
      () => {},
      'first use another administrator as admin in patrol.yaml: patrol works with the credential of u-dev-a',
      {adminUser: 'U-Dev-A'},
    ],
    [
      'a platform that does not tell the concierge',
      (m) => void (m.workspaceRow!.kind = undefined),
      'make sure that its workspace is not the concierge, which the platform does not tell, and add --allow-unknown-kind',
    ],
    [
      'the workspace in which patrol runs',
      () => {},
      'on another machine: patrol runs inside its workspace',
      {ownWorkspace: 'id-dev-a'},
    ],
    [
      'a paused workspace',
      (m) => void (m.workspaceRow!.status = 'paused'),
      'resume its workspace in the canvas first: it is paused',
    ],
    [
      'a token of its name that is not on record',
      (m) => void m.rows.push(OURS),
      `look first where ${OURS.name} was minted, for there is no record of it here, or add --allow-foreign-rotation`,
    ],
    [
      'several of them',
      (m) => void m.rows.push(OURS, {...OURS, id: 2, name: `${OURS.name}k`, lastEight: '0000beee'}),
      `look first where ${OURS.name}, ${OURS.name}k were minted, for there is no record of it here, or add --allow-foreign-rotation`,
    ],
  ])('%s', async (_, change, note, world) => {
    expect(await fixOf('scope-missing', lacking(change), world)).toEqual({fix: rotate, note})
  })

  test('all of it, where there is more than one thing', async () => {
    const both = (m: Member) => (operator(m), void (m.account!.isAdmin = true))
    const {note} = await fixOf('scope-missing', lacking(both))
    expect(note?.split('; ')).toEqual([expect.stringMatching(/site-admin$/), expect.stringMatching(/-scopes$/)])
  })

  test('a paused workspace above its own, however far, and around which it may go', async () => {
    const above = (id: string, parentId: string | undefined, status = 'online') => {
      return {id, name: id, status, kind: 'workspace', lastSampleError: undefined, parentId}
    }
    const below = (parentId: string) => lacking((m) => void (m.workspaceRow!.parentId = parentId))
    const workspaces = [above('top', undefined, 'paused'), above('mid', 'top'), above('a', 'b'), above('b', 'a')]
    expect(await fixOf('scope-missing', below('mid'), {workspaces})).toEqual({
      fix: rotate,
      note: 'resume top in the canvas first: it is above its workspace, and paused',
    })
    expect(await fixOf('scope-missing', below('a'), {workspaces})).toEqual({fix: rotate, note: undefined})
    const external = lacking((m) => void Object.assign(m.workspaceRow!, {parentId: 'top', runtime: 'external'}))
    expect((await fixOf('scope-missing', external, {workspaces})).note).toBe(
      'then its operator restarts it: it is external',
    )
  })

  test('two agents in one workspace, the one by its id', async () => {
    const twin = member('dev-b', 2, (m) => {
      m.workspace = GONE
      m.workspaceRow = undefined
    })
    const first = member(
      'dev-a',
      1,
      lacking((m) => void (m.workspaceRow!.id = GONE)),
    )
    const {agents} = await audited({members: [first, twin]})
    expect(agents[0]?.findings.find(({rule}) => rule === 'scope-missing')).toMatchObject({
      fix: rotate,
      note: 'first settle that dev-b has the same workspace, the one by its id and the other by its name; give each its own',
    })
  })
})

test('a platform that does not answer is nothing to be settled', async () => {
  const first = member(
    'dev-a',
    1,
    lacking(() => {}),
  )
  const ports = portsOf({members: [first]})
  ports.platform!.workspaces = () => Promise.reject(new OpsError('PLATFORM_UNEXPECTED', 'Not now.'))
  const {agents} = await collect(audit(choose(inventory([first])), ports))
  expect(agents[0]?.findings.map(({fix, note}) => [fix, note])).toEqual([[rotate, undefined]])
})

describe('a dangerous scope that the profile itself asks for', () => {
  test('is mended by no waiver', async () => {
    const holding = (m: Member) => {
      operator(m)
      m.rows[0]!.scopes = [...m.scopes]
    }
    expect(await fixOf('scope-dangerous', holding, {sources: 'listing'})).toEqual({fix: rotate, note: ADMIN_OUT})
  })

  test('and the rest that stands in the way is said as ever', async () => {
    const holding = (m: Member) => {
      m.rows[0]!.scopes = ['all']
      m.account!.isAdmin = true
    }
    expect((await fixOf('scope-dangerous', holding, {sources: 'listing'})).note).toMatch(/, or add --allow-site-admin$/)
  })
})

describe('a reference to what is no token of its user', () => {
  const TAKE_OUT = 'first take "token:" of dev-a out of patrol.yaml: what it refers to is no token of u-dev-a'
  const astray = (m: Member) => void (m.held = value('0000cafe'))

  test('has to go before a rotation', async () => {
    const foreign = (m: Member) => {
      astray(m)
      m.reported = '0000cafe'
      m.probe = report('u-dev-b', '0000cafe', ENGINEER)
    }
    const {findings} = await auditOf(foreign, {ask: true})
    expect(findings.find(({rule}) => rule === 'deployed-unknown')).toMatchObject({
      fix: rotate,
      note: TAKE_OUT,
    })
  })

  test('also where the agent names one that is', async () => {
    expect(await fixOf('scope-missing', lacking(astray), {ask: true, sources: 'listing'})).toEqual({
      fix: rotate,
      note: TAKE_OUT,
    })
  })

  test('but is left aside by itself where it is dead', async () => {
    const dead = (m: Member) => {
      astray(m)
      m.probe = lifeless('0000cafe', 'dead', 'gone')
    }
    expect(await fixOf('token-dead', dead)).toEqual({fix: rotate, note: undefined})
  })
})

test('of several tokens none is named to replace where the reference gave one that died', async () => {
  const dead = (m: Member) => {
    m.held = value('0000cafe')
    m.rows.push(LAPTOP)
    m.probe = lifeless('0000cafe', 'dead', 'gone')
  }
  expect(await fixOf('token-dead', dead)).toEqual({fix: rotate, note: undefined})
})

describe('a token of its name that is not on record', () => {
  const proven = {agent: 'dev-a', workspace: 'id-dev-a', user: 'u-dev-a', token: 0x1001, lastEight: '00001001'}
  const used = (at: string) => (m: Member) => {
    m.rows.push({...OURS, lastUsedAt: at})
    m.deployment = {...proven, secretUpdatedAt: m.secretAt, at: NOW - DAY}
  }

  test('and was used since the agent was proven on another one, takes two flags', async () => {
    expect((await fixOf('scope-missing', lacking(used(ago(0.5))))).note).toMatch(
      /, or add --allow-foreign-rotation and --allow-unproven-holders$/,
    )
    expect((await fixOf('scope-missing', lacking(used(ago(2))))).note).toMatch(/, or add --allow-foreign-rotation$/)
    const written = lacking((m) => (used(ago(0.5))(m), void (m.secretAt = ago(0.1))))
    expect((await fixOf('scope-missing', written)).note).toMatch(/, or add --allow-foreign-rotation$/)
  })

  test('is the deployed one where a rotation takes it for that', async () => {
    const only = lacking((m) => {
      Object.assign(m.rows[0]!, {name: OURS.name})
    })
    expect(await fixOf('scope-missing', only)).toEqual({fix: rotate, note: undefined})
    const asProven = lacking((m) => {
      Object.assign(m.rows[0]!, {name: OURS.name})
      m.rows.push(LAPTOP)
      m.held = undefined
      m.deployment = {...proven, secretUpdatedAt: m.secretAt, at: NOW - DAY}
    })
    expect(await fixOf('scope-missing', asProven, {sources: 'listing'})).toEqual({fix: rotate, note: undefined})
  })

  test('is what it was proven on, whatever the reference gives, as long as its secret stays as it was', async () => {
    const beside = lacking((m) => {
      m.rows.push(OURS)
      m.deployment = {...proven, token: 1, lastEight: OURS.lastEight, secretUpdatedAt: m.secretAt, at: NOW - DAY}
    })
    expect(await fixOf('scope-missing', beside)).toEqual({fix: rotate, note: undefined})
    const since = (m: Member) => (beside(m), void (m.secretAt = ago(0.1)))
    expect((await fixOf('scope-missing', since)).note).toMatch(/ --allow-foreign-rotation$/)
    const gone = (m: Member) => {
      beside(m)
      m.rows[1] = {...OURS, lastEight: '0000beee', lastUsedAt: ago(0.1)}
    }
    expect((await fixOf('scope-missing', gone)).note).toMatch(/, or add --allow-foreign-rotation$/)
    // A row of the workspace that is not there proves nothing.
    const unread = (m: Member) => (beside(m), void Object.assign(m, {secretAt: undefined}))
    const unknown = (m: Member) => (unread(m), void (m.deployment!.secretUpdatedAt = undefined))
    expect((await fixOf('scope-missing', unknown)).note).toMatch(/, or add --allow-foreign-rotation$/)
  })

  test('keeps a new workspace from being made as well', async () => {
    const homeless = lacking((m) => {
      m.rows.push(OURS)
      m.workspaceRow = undefined
    })
    expect(await fixOf('scope-missing', homeless)).toEqual({
      fix: onboard,
      note: expect.stringMatching(/^look first where .*, or add --allow-foreign-rotation$/),
    })
  })
})

describe('of several tokens, where only the agent itself tells which one it runs on,', () => {
  const silent = lacking((m) => {
    m.held = undefined
    m.rows.push(LAPTOP)
  })

  test('a rotation is told so', async () => {
    expect(await fixOf('scope-missing', silent, {ask: true, sources: 'listing'})).toEqual({
      fix: `${rotate} --supersede 4097`,
      note: 'it says that it runs on …00001001',
    })
  })

  test('and where it miscounts, it is asked once more about the others', async () => {
    const wrong = (m: Member) => (silent(m), void (m.reported = '0000cafe'))
    expect(await fixOf('several-live-tokens', wrong, {ask: true, sources: 'listing'})).toEqual({
      fix: 'patrol audit dev-a --ask-agents',
      note: undefined,
    })
  })

  test('and where it miscounts, the person has to', async () => {
    const wrong = (m: Member) => (silent(m), void (m.reported = '0000cafe'))
    expect(await fixOf('deployed-unknown', wrong, {ask: true, sources: 'listing'})).toEqual({
      fix: rotate,
      note: 'with --supersede and the id of each token that it is to replace: nothing tells which one it runs on',
    })
  })
})

describe('a workspace that is gone', () => {
  const gone = (workspace: string) => (m: Member) => {
    m.workspace = workspace
    m.workspaceRow = undefined
  }

  test('is made anew by its name alone', async () => {
    expect(await fixOf('workspace-missing', gone('w-dev-a'))).toEqual({
      fix: onboard,
      note: 'or give it the right workspace in patrol.yaml',
    })
    expect(await fixOf('scope-missing', lacking(gone('w-dev-a')))).toEqual({fix: onboard, note: undefined})
  })

  test('and was named by its id has to get a name', async () => {
    const name =
      'first give it the name of a workspace in patrol.yaml: the one with that id is gone, and one is made by name'
    expect(await fixOf('workspace-missing', gone(GONE))).toEqual({
      fix: onboard,
      note: `${name}; or give it the right workspace in patrol.yaml`,
    })
    expect(await fixOf('scope-missing', lacking(gone(GONE)))).toEqual({fix: onboard, note: name})
  })

  test('and has an id in its name is made by that', async () => {
    for (const name of [`room ${GONE}`, `${GONE} room`])
      expect(await fixOf('scope-missing', lacking(gone(name)))).toEqual({fix: onboard, note: undefined})
  })

  test('and is listed as removed has to be another one', async () => {
    const removed = lacking((m) => void (m.workspaceRow!.status = 'removed'))
    expect(await fixOf('scope-missing', removed)).toEqual({
      fix: onboard,
      note: 'first give it the name of another workspace in patrol.yaml: this one was removed',
    })
  })

  test('stands behind a profile that no user gets', async () => {
    expect(await fixOf('workspace-missing', (m) => (operator(m), gone('w-dev-a')(m)))).toEqual({
      fix: onboard,
      note: `${ADMIN_OUT}, or add --allow-dangerous-scopes; or give it the right workspace in patrol.yaml`,
    })
  })
})

describe('what a new token would be confined to', () => {
  const lean: Scope[] = ['read:issue', 'write:repository']
  const confined = (m: Member, ...repositories: string[]) => {
    m.scopes = lean
    Object.assign(m.rows[0]!, {scopes: [...lean], repositories})
  }
  const NAME_IT =
    'first name org/app under "repositories" of the profile engineer: the new token would not reach it, and it is where the agent finds its work'
  const listing = {sources: 'listing'} as const

  test('has to hold its work, also what it keeps of the old one', async () => {
    expect(await fixOf('repository-missing', (m) => confined(m, 'org/other'), listing)).toEqual({
      fix: rotate,
      note: NAME_IT,
    })
    const excess = (m: Member) => {
      confined(m, 'org/other', 'org/more')
      m.repositories = ['org/other']
    }
    expect(await fixOf('repository-excess', excess, listing)).toEqual({fix: rotate, note: NAME_IT})
    const fine = (m: Member) => {
      confined(m, 'org/other')
      m.repositories = ['org/app']
    }
    expect(await fixOf('repository-missing', fine, listing)).toEqual({fix: rotate, note: undefined})
    const reading = (m: Member) => {
      confined(m, 'org/other')
      m.scopes = ['read:issue', 'read:repository']
    }
    expect(await fixOf('scope-excess', reading, listing)).toEqual({fix: rotate, note: undefined})
  })

  test('has to hold what it reads where a probe finds that shut', async () => {
    const shut = (paths: readonly ('issues' | 'pulls')[]) => (m: Member) => {
      confined(m, 'org/other')
      m.scopes = ['read:issue', 'read:repository']
      m.probe = report(m.user, m.rows[0]!.lastEight, lean)
      for (const path of paths) m.probe.repo![path] = {...m.probe.repo![path], outcome: 'confinement'}
    }
    for (const paths of [['issues'], ['pulls']] as const)
      expect(await fixOf('repository-missing', shut(paths))).toEqual({fix: rotate, note: NAME_IT})
    expect(await fixOf('scope-excess', shut([]))).toEqual({fix: rotate, note: undefined})
  })

  test('may have no scope that no confined token has', async () => {
    const wide = (m: Member) => {
      Object.assign(m.rows[0]!, {repositories: 'all'})
      m.repositories = ['org/app']
    }
    expect(await fixOf('could-be-confined', wide, listing)).toEqual({
      fix: rotate,
      note: 'first take read:user out of the profile engineer, or say "repositories: all" there: the server gives it to no token that is confined to repositories',
    })
  })

  test('does not matter where the server confines none', async () => {
    const plain = lacking((m) => void (m.repositories = ['org/other']))
    expect(await fixOf('scope-missing', plain, listing)).toEqual({fix: rotate, note: undefined})
  })
})

describe('what is stored anew is what the agent runs on already', () => {
  const older = (m: Member) => void (m.secretAt = ago(9))

  test.each<[string, (m: Member) => void, string]>([
    ['as it is', () => {}, 'patrol push dev-a'],
    ['unless nothing gives it', (m) => void (m.held = undefined), rotate],
    ['unless it is short of its profile', lacking(() => {}), rotate],
    ['unless it reaches public things only', (m) => void m.rows[0]!.scopes.push('public-only'), rotate],
  ])('%s', async (_, change, fix) => {
    const {findings} = await auditOf((m) => (older(m), change(m)))
    expect(findings.find(({rule}) => rule === 'secret-older-than-token')).toMatchObject({fix})
  })
})

test('the concierge is restarted in the canvas', async () => {
  const failed = (m: Member) => void Object.assign(m.workspaceRow!, {kind: 'platform', status: 'failed'})
  expect(await fixOf('workspace-failed', failed)).toEqual({
    fix: undefined,
    note: 'restart it in the canvas: it is the concierge',
  })
})

test('a token is minted for the concierge only where its user is there', async () => {
  const userless = (m: Member) => {
    m.workspaceRow!.kind = 'platform'
    m.account = undefined
    m.rows.length = 0
    m.held = undefined
  }
  expect(await fixOf('token-dead', userless)).toEqual({
    fix: 'patrol mint dev-a --output-file dev-a.token',
    note: expect.stringMatching(/^first make the user u-dev-a on the server; then store it in the canvas, /),
  })
})

describe('an unfinished onboarding', () => {
  const world = {onboarding: ['dev-a']}
  const first = {fix: onboard, note: 'its onboarding is unfinished'}

  test('is finished before a rotation', async () => {
    expect(
      await fixOf(
        'scope-missing',
        lacking(() => {}),
        world,
      ),
    ).toEqual(first)
    expect(
      await fixOf(
        'scope-missing',
        lacking(() => {}),
        {onboarding: ['dev-b']},
      ),
    ).toEqual({fix: rotate})
  })

  test('and before a revocation', async () => {
    const left = (m: Member) => {
      m.rows.push(OURS)
      m.recorded.push(recorded('u-dev-a', OURS))
    }
    const asked = {ask: true, sources: 'listing'} as const
    expect(await fixOf('token-orphan', left, asked)).toEqual({fix: 'patrol revoke dev-a --id 1', note: undefined})
    expect(await fixOf('token-orphan', left, {...world, ...asked})).toEqual(first)
  })
})

describe('a rotation that has stopped', () => {
  const rotations = [rotation('r1', false)]

  test('is gone on with as its workspace lets it', async () => {
    const asleep = lacking((m) => void (m.workspaceRow!.status = 'hibernated'))
    expect(await fixOf('scope-missing', asleep, {rotations})).toEqual({
      fix: 'patrol rotation resume dev-a',
      note: 'wake its workspace first: it is hibernated',
    })
    expect((await fixOf('scope-missing', lacking(operator), {rotations})).note).toBeUndefined()
  })

  test('ends before the workspace that is gone is made anew, unless the onboarding began it', async () => {
    const gone = (m: Member) => void (m.workspaceRow = undefined)
    expect(await fixOf('scope-missing', lacking(gone), {rotations})).toEqual({
      fix: 'patrol rotation abort dev-a',
      note: 'its rotation is unfinished, and ends so where its user or its workspace is gone; then type: patrol onboard dev-a',
    })
    expect(await fixOf('scope-missing', lacking(gone), {rotations, onboarding: ['dev-a']})).toEqual({fix: onboard})
    expect(
      await fixOf('scope-missing', lacking(gone), {rotations: [{...rotation('r1', false), phase: 'proven'}]}),
    ).toEqual({fix: onboard})
  })
})

describe('a credential of ours that is rejected is mended before anything else:', () => {
  const rejecting = async (change: (ports: AuditPorts) => void): Promise<AuditReport> => {
    const dead = member('dev-a', 1, (m) => {
      m.probe = lifeless('00001001', 'dead', 'gone')
      m.workspaceRow!.status = 'failed'
    })
    const ports = portsOf({members: [dead]})
    change(ports)
    return collect(audit(choose(inventory([dead])), ports))
  }
  const fixes = ({agents}: AuditReport) => agents[0]?.findings.map(({rule, fix, note}) => [rule, fix, note])

  test("the administrator's", async () => {
    const refused = () => Promise.reject(new OpsError('ADMIN_REJECTED', 'The password is wrong.'))
    const judged = await rejecting((ports) => void (ports.listing = {users: refused, user: refused, tokens: refused}))
    expect(fixes(judged)).toEqual([
      ['token-dead', 'patrol doctor', expect.stringMatching(/^first mend the administrator's credential, /)],
      ['workspace-failed', 'patrol restart dev-a', undefined],
    ])
  })

  test("the platform's", async () => {
    const judged = await rejecting((ports) => {
      ports.platform!.workspaces = () => Promise.reject(new OpsError('PLATFORM_TOKEN_REJECTED', 'No.'))
    })
    expect(fixes(judged)).toEqual([
      ['token-dead', 'patrol doctor', expect.stringMatching(/^first mend the token of the platform, /)],
    ])
  })
})
