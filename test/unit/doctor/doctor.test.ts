import {describe, expect, test} from 'vitest'
import {examine} from '../../../src/doctor/doctor.ts'
import type {AdminPort, DoctorPorts} from '../../../src/doctor/ports.ts'
import {OpsError} from '../../../src/errors.ts'
import {forgeOf} from '../../../src/forge.ts'

const NOW = Date.UTC(2026, 10, 22)

function ports(changes: Partial<DoctorPorts> = {}): DoctorPorts {
  return {
    config: {
      file: '/p/patrol.yaml',
      secret: 'GITEA_TOKEN',
      agents: [{name: 'a', workspace: 'a'}],
      work: {repos: [], label: 'approved'},
    },
    gitea: async () => ({url: 'https://g.example', forge: async () => forgeOf('1.22.6'), serverDate: async () => NOW}),
    admin: async () => ({
      user: 'root',
      kind: 'password',
      hasCodes: false,
      account: async () => ({isAdmin: true}),
      listTokens: async () => [],
      mayMint: async () => ({kind: 'yes'}),
      hasLabel: async () => true,
    }),
    platform: async () => ({
      url: 'https://p.example',
      org: undefined,
      health: async () => ({clockSkewMs: 0}),
      workspaces: async () => [{id: '1', name: 'a', kind: 'workspace'}],
      release: async () => ({gitSha: undefined, organisation: undefined}),
      mayWithhold: async () => false,
      organisation: async () => undefined,
    }),
    state: async () => ({path: '/s', unfinished: async () => ({rotations: 0, onboardings: 0})}),
    now: () => NOW,
    ...changes,
  }
}

const gitea = (version: string | undefined, serverDate: number | undefined = NOW) => ({
  gitea: async () => ({
    url: 'https://g.example',
    forge: async () => forgeOf(version),
    serverDate: async () => serverDate,
  }),
})

describe('a check-up', () => {
  test.each([
    [1, 0, '/s is sound; 1 rotation is unfinished', 'patrol rotation list --unfinished'],
    [0, 1, '/s is sound; 1 onboarding is unfinished', 'patrol onboard --list'],
    [2, 3, '/s is sound; 2 rotations and 3 onboardings are unfinished', 'patrol onboard --list'],
  ])('tells of %i rotations and %i onboardings', async (rotations, onboardings, message, fix) => {
    const state = async () => ({path: '/s', unfinished: async () => ({rotations, onboardings})})
    const {checks, exit} = await examine(ports({state}))
    expect(checks.at(-1)).toMatchObject({area: 'state', state: 'note', message, fix})
    expect(exit).toBe(0)
  })

  test('of a sound set-up finds nothing', async () => {
    const {checks, exit} = await examine(ports())
    expect(checks.every(({state}) => state === 'ok')).toBe(true)
    expect(exit).toBe(0)
  })

  test.each([
    [undefined, undefined, 'ok', 'no organisation is named'],
    [undefined, 'bbb', 'ok', 'no organisation is named'],
    ['aaa', undefined, 'ok', 'the server does not tell'],
    ['AAA', 'aaa', 'ok', 'the organisation is right'],
    ['aaa', 'bbb', 'problem', 'the organisation that answers is bbb, patrol.yaml names aaa'],
  ])('holds the organisation %s against %s, which answers', async (org, answers, state, said) => {
    const sound = await ports().platform!()
    const platform = async () => ({...sound, org, organisation: async () => answers})
    const {checks, exit} = await examine(ports({platform}))
    const check = checks.find(({area, what}) => area === 'platform' && what === 'credential')
    expect(check).toMatchObject({state, message: expect.stringContaining(said)})
    expect(exit).toBe(state === 'ok' ? 0 : 3)
  })

  test.each([
    ['GITEA_TOKEN', false, 'ok', 'agents read their token from GITEA_TOKEN'],
    ['GITEA_TOKEN', true, 'note', 'set `secret: GIT_HTTP_PASSWORD` in patrol.yaml'],
  ])('says where %s may not arrive, where the server may keep it: %s', async (secret, may, state, said) => {
    const {config, platform: open} = ports()
    const sound = await open!()
    const platform = async () => ({...sound, mayWithhold: async () => may})
    const {checks, exit} = await examine(ports({config: {...config!, secret}, platform}))
    expect(checks.find(({what}) => what === 'secret')).toMatchObject({state, message: expect.stringContaining(said)})
    expect(exit).toBe(0)
  })

  test.each([
    ['workspace', 'ok', 'workspaces tell their kind, so the concierge can be told (build abc1234)'],
    [undefined, 'note', 'workspaces tell no kind, so writes need --allow-unknown-kind (build abc1234)'],
  ])('names a release by what it shows, not by a month: kind %s', async (kind, state, message) => {
    const sound = await ports().platform!()
    const release = async () => ({gitSha: 'abc1234', organisation: undefined})
    const platform = async () => ({...sound, release, workspaces: async () => [{id: 'w', name: 'dev-a', kind}]})
    const {checks} = await examine(ports({platform}))
    expect(checks.find(({what}) => what === 'release')).toMatchObject({state, message})
  })

  describe('looks where agents find their work', () => {
    const look = async (repos: readonly string[], admin: Partial<AdminPort>) => {
      const {config, admin: open} = ports()
      const asked: string[] = []
      const port: AdminPort = {...(await open!()), ...admin}
      const hasLabel = (repo: string, label: string) => (asked.push(`${repo} ${label}`), port.hasLabel(repo, label))
      const changed = {config: {...config!, work: {repos, label: 'approved'}}, admin: async () => ({...port, hasLabel})}
      const {checks, exit} = await examine(ports(changed))
      return {asked, exit, check: checks.find(({what}) => what === 'work')}
    }
    const missing = (repo: string) => Promise.reject(new OpsError('REPO_NOT_FOUND', {repo}))

    test.each<[string, (repo: string) => Promise<boolean>, number, object]>([
      ['and finds it', async () => true, 0, {state: 'ok', message: 'o/a, o/b: "approved" is there'}],
      [
        'and names the repositories that are not there',
        async (repo) => (repo === 'o/b' ? missing(repo) : true),
        3,
        {
          state: 'problem',
          message: 'no repository o/b is shown to root: agents find no work there, and proofs fail',
          code: 'REPO_NOT_FOUND',
          fix: expect.stringContaining('right name into patrol.yaml'),
        },
      ],
      [
        'and where the label is missing',
        async (repo) => repo === 'o/b',
        3,
        {
          state: 'problem',
          message: 'no label "approved" to filter issues by in o/a: agents find no work there, and proofs fail',
          code: 'LABEL_NOT_FOUND',
          fix: 'Create the label there, or set "label" in patrol.yaml',
        },
      ],
      [
        'and both',
        async (repo) => (repo === 'o/b' ? missing(repo) : false),
        3,
        {
          message: expect.stringMatching(/^no repository o\/b .*; no label "approved" .* in o\/a: /),
          code: 'REPO_NOT_FOUND',
        },
      ],
      [
        'where its token may not, it says so',
        () => Promise.reject(new OpsError('ADMIN_SCOPE', {user: 'root', why: 'no', required: []})),
        0,
        {state: 'note', message: 'whether there is "approved" in o/a, o/b could not be told'},
      ],
      [
        'where nothing answers, that is the problem',
        () => Promise.reject(new OpsError('GITEA_UNREACHABLE', {why: 'It is away.'})),
        5,
        {state: 'problem', code: 'GITEA_UNREACHABLE'},
      ],
    ])('%s', async (_, hasLabel, exit, check) => {
      const looked = await look(['o/a', 'o/b'], {hasLabel})
      expect(looked).toMatchObject({exit, check, asked: ['o/a approved', 'o/b approved']})
    })

    test.each([
      [false, 20, 'o/0, o/1, '],
      [true, 1, 'o/0: '],
    ])('with codes (%s) asks for %i of many at most, and says that it did', async (hasCodes, most, names) => {
      const repos = Array.from({length: 25}, (_, index) => `o/${index}`)
      const {asked, check} = await look(repos, {hasCodes})
      expect(asked).toHaveLength(most)
      expect(check).toMatchObject({
        state: 'note',
        message: expect.stringMatching(`^${names}.*; ${25 - most} more were not looked at$`),
      })
    })

    test('nowhere, where nothing is named', async () => {
      expect(await look([], {})).toMatchObject({exit: 0, asked: [], check: undefined})
    })
  })

  test('says nothing of a secret that always arrives', async () => {
    const {checks} = await examine(ports({config: {...ports().config!, secret: 'GIT_HTTP_PASSWORD'}}))
    expect(checks.map(({what}) => what)).not.toContain('secret')
  })

  test('names the proxy in use, for each server that is asked through one', async () => {
    const through = async <Port>(open: (() => Promise<Port>) | undefined) => ({
      ...(await open!()),
      proxy: 'http://proxy.example:3128',
    })
    const direct = ports()
    const proxied = {gitea: () => through(direct.gitea), platform: () => through(direct.platform)}
    const {checks, exit} = await examine(ports(proxied))
    const said = checks.filter(({what}) => what === 'proxy').map(({area, state, message}) => ({area, state, message}))
    const told = (area: string, url: string) => ({
      area,
      state: 'note',
      message: `${url} is asked through the proxy http://proxy.example:3128, which the environment names`,
    })
    expect(said).toEqual([told('gitea', 'https://g.example'), told('platform', 'https://p.example')])
    expect(exit).toBe(0)
  })

  test.each([
    ['11.0.15+gitea-1.22.0', 'ok', 'https://g.example is Forgejo 11.0.15: scopes are found'],
    ['1.22.6', 'ok', 'https://g.example is Gitea 1.22.6: scopes are found'],
    ['9.1-acme', 'note', 'https://g.example is a server that calls itself "9.1-acme"; probing finds out what it needs'],
    ['2.0.0', 'note', 'is a server that calls itself "2.0.0"'],
    [undefined, 'note', 'does not tell its version to strangers'],
    ['', 'note', 'does not tell its version to strangers'],
  ])('names the forge that says %j of itself', async (version, state, said) => {
    const {checks, exit} = await examine(ports(gitea(version)))
    const check = checks.find(({area, what}) => area === 'gitea' && what === 'version')
    expect(check).toMatchObject({state, message: expect.stringContaining(said)})
    expect(exit).toBe(0)
  })

  test.each([
    [{kind: 'yes'}, 'ok', 'the credential may mint and delete tokens', undefined, 0],
    [
      {kind: 'no'},
      'problem',
      'lacks write:user',
      'Give the administrator a token with write:user, or use the password',
      3,
    ],
    [{kind: 'unknown'}, 'note', 'could not be told; Forgejo since 11.0.4 wants a password for it', undefined, 0],
    [
      {kind: 'password', server: 'Forgejo 15.0.3'},
      'problem',
      'Forgejo 15.0.3 mints and deletes tokens with a password only; the token of root can do neither',
      'Put the password of root under "gitea.admin" in patrol.yaml, in place of "token"',
      3,
    ],
  ] as const)('says of minting (%j) whether it will go', async (may, state, said, fix, exit) => {
    const sound = await ports().admin!()
    const checkUp = await examine(ports({admin: async () => ({...sound, kind: 'token', mayMint: async () => may})}))
    const check = checkUp.checks.find(({what}) => what === 'minting')
    expect(check).toMatchObject({state, message: expect.stringContaining(said)})
    expect([check?.fix, checkUp.exit]).toEqual([fix, exit])
  })

  test.each([
    ['1.20.6', 'one by one'],
    ['1.23.8', 'denials list'],
    ['1.27.0', 'when asked'],
    ['1.23.0+dev-12-gabc', 'denials list'],
    ['7.0.8+gitea-1.21.11', 'one by one'],
    ['1.19.4', 'too old'],
  ])('knows the dialect of %s', async (version, said) => {
    const {checks} = await examine(ports(gitea(version)))
    expect(checks.find(({what}) => what === 'version')?.message).toContain(said)
  })

  test.each([
    [31_000, 'problem', '31 s ahead of', 3],
    [-45_000, 'problem', '45 s behind', 3],
    [29_000, 'ok', 'agrees', 0],
  ] as const)('compares the clocks: %i ms is a %s', async (skew, state, said, exit) => {
    const checkUp = await examine(ports(gitea('1.22.6', NOW + skew)))
    const clock = checkUp.checks.find(({area, what}) => area === 'gitea' && what === 'clock')
    expect(clock).toMatchObject({state, message: expect.stringContaining(said)})
    expect(checkUp.exit).toBe(exit)
  })

  test('stops a part where its door is shut, tells the others, and takes the gravest exit', async () => {
    const shut = new OpsError('GITEA_UNREACHABLE', 'no answer', {suggestions: ['patrol doctor', 'ping g']})
    const rejected = new OpsError('ADMIN_REJECTED', 'wrong password', {ref: 'docs/runbooks/x.md'})
    const {checks, exit} = await examine(
      ports({
        gitea: async () => ({url: 'x', forge: () => Promise.reject(shut), serverDate: () => Promise.reject(shut)}),
        admin: () => Promise.reject(rejected),
      }),
    )
    expect(checks.filter(({area}) => area === 'gitea')).toEqual([
      {
        area: 'gitea',
        what: 'version',
        state: 'problem',
        message: 'no answer',
        fix: 'ping g',
        code: 'GITEA_UNREACHABLE',
      },
    ])
    expect(checks.filter(({area}) => area === 'admin')).toEqual([
      expect.objectContaining({code: 'ADMIN_REJECTED', ref: 'x'}),
    ])
    expect(checks.filter(({area}) => area === 'platform').length).toBeGreaterThan(3)
    expect(exit).toBe(4)
  })

  test('what is not configured is a note with what to type, never a pass', async () => {
    const {checks} = await examine(ports({admin: undefined, platform: undefined}))
    for (const area of ['admin', 'platform']) {
      expect(checks.filter((check) => check.area === area)).toEqual([
        expect.objectContaining({state: 'note', fix: 'patrol init'}),
      ])
    }
  })

  test('our own mistakes and interrupts are no finding', async () => {
    for (const fault of [new TypeError('x'), new OpsError('INTERRUPTED', 'stop')]) {
      await expect(examine(ports({state: () => Promise.reject(fault)}))).rejects.toBe(fault)
    }
  })

  test.each([
    ['a', {state: 'note', message: 'no workspace yet for a', fix: 'patrol onboard a'}, 0],
    ['elsewhere', {state: 'problem', message: 'no workspace for a', code: 'WORKSPACE_NOT_FOUND'}, 3],
  ])('of a workspace %s that is not there', async (workspace, told, exit) => {
    const sound = await ports().platform!()
    const found = await examine(
      ports({
        config: {file: '/p/patrol.yaml', secret: 'GITEA_TOKEN', agents: [{name: 'a', workspace}]},
        platform: async () => ({...sound, workspaces: async () => []}),
      }),
    )
    expect(found.checks.find(({what}) => what === 'fleet')).toMatchObject(told)
    expect(found.exit).toBe(exit)
  })
})
