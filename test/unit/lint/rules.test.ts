import {describe, expect, test} from 'vitest'
import {LINT_RULES, lintRule} from '../../../src/lint/index.ts'
import type {LintOptions} from '../../../src/lint/types.ts'
import {SEVERITIES} from '../../../src/fleet/types.ts'
import {findingsIn, lineAndRule, rulesIn} from './linting.ts'

describe('the table of rules', () => {
  test('is sorted by severity, has no id twice, and every rule has its page', () => {
    const ranks = LINT_RULES.map(({severity}) => SEVERITIES.indexOf(severity))
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
    expect(new Set(LINT_RULES.map(({id}) => id)).size).toBe(LINT_RULES.length)
    for (const rule of LINT_RULES) {
      expect(rule.ref).toBe(rule.id)
      expect(lintRule(rule.id)).toBe(rule)
    }
  })
})

describe('scopes', () => {
  const mint = (scopes: string) => `gitea admin user generate-access-token --username a --scopes ${scopes}\n`

  test('a scope of a category that does not exist is named with the real one', async () => {
    const [finding] = await findingsIn('a.sh', mint('read:pull-request'))
    expect(finding).toMatchObject({
      rule: 'scope-unknown',
      message: 'There is no scope "read:pull-request": pull requests belong to "repository".',
      fix: 'Write read:repository.',
    })
  })

  test.each([
    ['public_repo', 'stands for two'],
    ['sudo', 'stands for a dangerous one'],
    ['read:sandwich', 'stands for none'],
  ])('%s is not mended, for it %s', async (name) => {
    const [finding] = await findingsIn('a.sh', mint(name))
    expect(finding).toMatchObject({rule: 'scope-unknown', edit: undefined})
  })

  test('where no name is near, the fix names all that there are', async () => {
    const [finding] = await findingsIn('a.sh', mint('read:sandwich'))
    expect(finding?.fix).toBe(
      'Write all, public-only, or read:… or write:… with one of: activitypub, admin, misc, notification, organization, package, issue, repository, user.',
    )
  })

  test('a chosen profile measures every list; a declared one those below its comment', async () => {
    const script = `${mint('read:issue')}# patrol-lint: profile reviewer\n${mint('write:issue,write:repository,read:user')}`
    expect(await rulesIn('a.sh', script)).toEqual([])
    expect((await findingsIn('a.sh', script, {profile: 'engineer'})).map(lineAndRule)).toEqual([
      '1 scope-missing',
      '3 scope-excess',
    ])
  })

  test('a scope that is only misspelt is not missing as well', async () => {
    const script = mint('read:issues,write:repository,read:user')
    expect(await rulesIn('a.sh', script, {profile: 'engineer'})).toEqual(['scope-unknown'])
  })

  test('a list that is partly unknown is not measured', async () => {
    expect(await rulesIn('a.sh', mint('"read:issue,$MORE"'), {profile: 'engineer'})).toEqual([])
  })

  test('a declared profile that nobody knows is said so', async () => {
    const [finding] = await findingsIn('a.sh', '# patrol-lint: profile enginer\n')
    expect(finding?.message).toBe('There is no profile "enginer", so nothing is measured by it.')
  })

  test.each([
    ['sudo -u git gitea --config /etc/app.ini admin user generate-access-token -u a', ['scopes-none']],
    ['./gitea admin user generate-access-token -u a --scopes=', ['scopes-none']],
    ['kubectl exec forge-0 -- forgejo admin user generate-access-token -u a', ['scopes-none']],
    ['ssh forge "gitea admin user generate-access-token -u a"', ['scopes-none']],
    ['gitea admin user generate-access-token -u a --scopes=all', ['scope-dangerous']],
    ['gitea admin user create --username a --access-token --access-token-scopes read:issue', []],
    ['gitea admin user create --username a', []],
    ['docker exec -u git gitea gitea admin user generate-access-token --username "$AGENT" --raw', ['scopes-none']],
    ['gitea admin user generate-access-token -u "$1" -t "$2"', ['scopes-none']],
    ['gitea admin user generate-access-token -u a "$@"', []],
    ['gitea admin user generate-access-token -u a $OPTIONS', []],
    ['ssh forge gitea admin user generate-access-token -u a', ['scopes-none']],
    ['ssh forge gitea admin user generate-access-token -u a --scopes read:issues', ['scope-unknown']],
  ])('%s', async (command, rules) => {
    expect(await rulesIn('a.sh', `${command}\n`)).toEqual(rules)
  })

  test.each([
    ['of OpenID Connect', 'scopes: [openid, profile, email, read:user]'],
    ['of another service', 'github:\n  scopes: [repo, read:org]'],
    ['in a variable of another service', 'env:\n  OAUTH_SCOPES: read:org,user:email'],
  ])('scopes %s are none of Gitea’s', async (_, text) => {
    expect(await rulesIn('a.yaml', `# gitea\n${text}\n`)).toEqual([])
    expect(await rulesIn('a.yaml', `# gitea\nscopes: [repo, read:org]\n`)).toEqual(['scope-unknown', 'scope-unknown'])
  })

  test.each([
    ['a local value', 'locals {\n  agent_scopes = ["read:issues"]\n}\n'],
    ['a variable’s default', 'variable "scopes" {\n  default = ["read:issues"]\n}\n'],
    ['an expression', 'resource "gitea_token" "a" {\n  scopes = concat(local.more, ["read:issues"])\n}\n'],
    ['a set', 'resource "gitea_token" "a" {\n  scopes = toset(["read:issues"])\n}\n'],
  ])('in Terraform the names in %s are looked at', async (_, text) => {
    expect(await rulesIn('a.tf', `# gitea\n${text}`)).toEqual(['scope-unknown'])
  })

  test('of the lists of one expression each stands for itself', async () => {
    const text = (first: string) =>
      `# gitea\n# patrol-lint: profile engineer\nlocals {\n  scopes = var.x ? ["${first}"] : ["write:issue", "read:user"]\n}\n`
    expect(await rulesIn('a.tf', text('read:issue'))).toEqual([])
    expect(await rulesIn('a.tf', text('read:issues'))).toEqual(['scope-unknown'])
  })

  test('a reference to scopes elsewhere is no empty list; an empty set is', async () => {
    const token = (scopes: string) => `resource "gitea_token" "a" {\n  scopes = ${scopes}\n}\n`
    expect(await rulesIn('a.tf', token('var.scopes'))).toEqual([])
    expect(await rulesIn('a.tf', token('toset([])'))).toEqual(['scopes-none'])
  })

  test.each([
    ['a placeholder', 'Gitea: `write:C` includes `read:C`.\n'],
    ['a word that means other things too', '# Gitea\n\n- `repo`: the repository\n- `all`: everything\n'],
    [
      'a name that the text calls wrong',
      'Gitea has no such scope as `read:pull`, and `read:comment` does not exist.\n',
    ],
    ['a scope that is explained', 'Gitea:\n\n- `write:issue` includes `read:issue`\n- `read:user` is for lists\n'],
    ['a scope that is warned of', 'Gitea:\n\n- `read:issue`\n- `all` must never be given to an agent\n'],
    ['an old name beside its new one', 'Gitea:\n\n| old | new |\n|---|---|\n| `read:org` | `read:organization` |\n'],
    ['an old name that is told so', 'In Gitea `read:org` is now `read:organization`.\n'],
    ['a scope of GitHub’s', 'Gitea mirrors need `read:org` on GitHub.\n'],
    ['a name of somebody else’s', 'The other forge wants `read:org`.\n'],
  ])('%s in prose is no scope', async (_, text) => {
    expect(await rulesIn('a.md', text)).toEqual([])
  })

  test.each([
    ['Ask Gitea for `read:pull`.\n', ['scope-unknown']],
    ['Gitea:\n\n- `read:issue` / `write:issue` (both)\n- `read:user`\n', ['scope-redundant']],
    ['Gitea:\n\n- `read:issue`, not `read:pull`\n- `read:user`, with `read:org`\n', ['scope-unknown']],
    ['Gitea:\n\n| scope |\n|---|\n| `read:org` |\n', ['scope-unknown']],
    ['For Gitea:\n\n- `read:issue`\n- `write:admin`\n', ['scope-dangerous']],
    ['For Gitea:\n\n- lists need `read:issue`\n- the operator has `write:admin`\n', []],
  ])('in prose: %j', async (text, rules) => {
    expect(await rulesIn('a.md', text)).toEqual(rules)
  })

  test('the profiles of patrol.yaml are judged as scopes, and their mistakes not told twice', async () => {
    const text = 'profiles:\n  swarm:\n    scopes: [read:issues, write:admin, read:user]\n'
    const complaint = {place: {line: 3, column: 14}, at: 'profiles.swarm.scopes.0', message: 'no such scope'}
    const other = {place: {line: 1, column: 1}, at: '', message: '"gitea" is missing'}
    const findings = await findingsIn('patrol.yaml', text, {checkInventory: () => [complaint, other]})
    expect(findings.map(lineAndRule)).toEqual(['1 inventory-invalid', '3 scope-unknown', '3 scope-dangerous'])
    expect(findings[0]?.message).toBe('"gitea" is missing.')
  })
})

describe('calls', () => {
  const api = 'https://git.example.org/api/v1'
  const about = '# the Gitea server\n'

  test('a comment on a pull request is told both of the routes that there are', async () => {
    const [finding] = await findingsIn('a.sh', `${about}curl -f -X POST -d @c ${api}/repos/a/b/pulls/7/comments\n`)
    expect(finding).toMatchObject({rule: 'route-unknown', at: {start: {line: 2}}})
    expect(finding?.message).toContain('it answers 405')
    expect(finding?.fix).toContain('POST /repos/a/b/issues/7/comments (write:issue)')
    expect(finding?.fix).toContain('POST /repos/a/b/pulls/7/reviews (write:repository)')
  })

  test.each([
    ['', ['route-unknown']],
    [' on Gitea 1.27', []],
    [' from Forgejo 15 on', []],
    [' (forgejo v11)', []],
    [' on Forgejo', ['route-unknown']],
  ])('a sentence that names a route%s is judged unless it speaks of a release', async (release, rules) => {
    expect(await rulesIn('a.md', `Ask Gitea: \`GET /api/v1/no/such/route\`${release}.\n`)).toEqual(rules)
  })

  test('the version decides what is answered and what there is', async () => {
    const comment = `${about}curl -f -X POST -d @c ${api}/repos/a/b/pulls/7/comments\n`
    const [old] = await findingsIn('a.sh', comment, {version: '1.21'})
    expect(old?.message).toContain('it answers 404')
    const token = `${about}curl -f ${api}/token\n`
    expect(await rulesIn('a.sh', token, {version: '1.25'})).toEqual(['route-unknown'])
    expect(await rulesIn('a.sh', token, {version: '1.27'})).toEqual([])
  })

  test.each([
    [`curl -X POST ${api}/user/repos -d @r`, ['write-unchecked']],
    [`curl -d @r ${api}/user/repos`, ['write-unchecked']],
    [`http POST ${api}/user/repos name=x`, ['write-unchecked']],
    [`wget --post-file r ${api}/user/repos`, []],
    [`curl -w '%{http_code}' -d @r ${api}/user/repos`, []],
    [`curl -d @r ${api}/user/repos | grep -q full_name`, []],
    [`curl -s -d @r ${api}/user/repos | jq -r .id`, ['write-unchecked']],
    [`curl -s ${api}/user/repos | jq length`, ['status-hidden']],
    [`curl -sf ${api}/user/repos | jq '.[0].id'`, ['smoke-proves-nothing']],
    [`curl -sf ${api}/user/repos | jq -er '.[0].id'`, []],
    [`curl -s https://example.org/other | jq .`, []],
    [`curl -f '${api}/repos/a/b/issues?labels=x'`, ['label-filter-unverified']],
    [`curl -f '${api}/repos/a/b/issues?labels=x&type=issues'`, []],
    [`curl -f '${api}/repos/a/b/issues?limit=50'`, ['list-first-page']],
    [`curl -f '${api}/repos/a/b/issues?limit=50&page=1'`, []],
    [`curl -f ${api}/user/repos/x/y/z`, ['route-unknown']],
    [`curl -f -H @h ${api}/users/a/tokens`, []],
    [`curl -f -H 'Authorization: token <t>' ${api}/users/a/tokens`, ['mint-not-possible']],
    [
      `curl -f -u "root:$P" -H 'Authorization: token <t>' ${api}/users/a/tokens # patrol-lint: ignore secret-visible-in-ps -- x`,
      [],
    ],
    [`if curl -sf -o /dev/null ${api}/user; then echo; fi`, ['liveness-needs-scope']],
    [`curl -f ${api}/user >/dev/null`, ['liveness-needs-scope']],
    [`curl -sf ${api}/user | jq -e .login`, []],
    // Others have an /api/v1 too.
    ['curl -d @x http://alertmanager/api/v1/alerts', []],
    ['curl -s http://localhost:9090/api/v1/query?query=up | jq .', []],
    ['curl -f -X POST http://localhost:9090/api/v1/admin/tsdb/delete_series', []],
    ['curl -f http://git.example.org/api/v1/query', ['route-unknown']],
    ['curl -f "$GITEA_URL/api/v1/query"', ['route-unknown']],
    ['curl -f "$U/api/v1$REST"', []],
  ])('%s', async (command, rules) => {
    expect(await rulesIn('a.sh', `${about}${command}\n`)).toEqual(rules)
  })
})

describe('a token in the header, where tokens are listed, minted and deleted', () => {
  const api = 'https://git.example.org/api/v1'
  const calls = {
    list: `curl -f -H 'Authorization: token <t>' ${api}/users/a/tokens`,
    mint: `curl -f -H 'Authorization: token <t>' -d @r ${api}/users/a/tokens`,
    delete: `curl -f -X DELETE -H 'Authorization: bearer <t>' ${api}/users/a/tokens/3`,
  }
  const refusedOn = async (options: Partial<LintOptions>) => {
    const found = await Promise.all(
      Object.entries(calls).map(async ([call, text]) => [call, await rulesIn('a.sh', `# Gitea\n${text}\n`, options)]),
    )
    return found.filter(([, rules]) => rules?.includes('mint-not-possible')).map(([call]) => call)
  }

  test.each<[string, Partial<LintOptions>, string[]]>([
    ['Gitea 1.22', {version: '1.22'}, ['list', 'mint', 'delete']],
    ['Gitea 1.27', {version: '1.27'}, ['list', 'mint', 'delete']],
    ['Forgejo 7', {version: 'forgejo-7'}, ['list', 'mint', 'delete']],
    ['Forgejo 11', {version: 'forgejo-11'}, ['mint', 'delete']],
    ['Forgejo 15', {version: 'forgejo-15'}, ['mint', 'delete']],
    ['a Forgejo between 7 and 11, of which nobody knows', {version: 'forgejo-7', nearest: true}, ['mint', 'delete']],
  ])('is refused by %s where it is', async (_, options, refused) => {
    expect(await refusedOn(options)).toEqual(refused)
  })

  test('is replaced by what that release takes', async () => {
    const fixOn = async (version: LintOptions['version']) =>
      (await findingsIn('a.sh', `# Gitea\n${calls.delete}\n`, {version})).map(({message, fix}) => `${message} ${fix}`)
    expect(await fixOn('1.22')).toEqual([expect.stringContaining('or with a token of write:user')])
    expect(await fixOn('forgejo-11')).toEqual([expect.stringMatching(/only a password .* a token in .* is refused/)])
    const page = '# For each user\n\nSign in as that user and press Settings → Applications → Generate New Token.\n'
    const [byPage] = await findingsIn('a.md', page, {version: 'forgejo-15'})
    expect(byPage?.fix).toContain('on the server: forgejo admin user generate-access-token')
  })
})

describe('the platform', () => {
  const secrets = 'curl -f -X POST "$P/workspaces/$W/secrets"'

  test.each([
    [`${secrets} -d '{"key": "K", "value": "v"}'`, []],
    [`${secrets} -d '{"K": "v"}'`, ['secret-body-wrong']],
    [`${secrets} -d 'key=K&value=v'`, ['secret-body-wrong']],
    [`${secrets} -d "$BODY"`, []],
    [`${secrets} -d @body.json`, []],
    [`${secrets} -d @- <<EOF\n{"K": "v"}\nEOF`, ['secret-body-wrong']],
    [`echo '{"K": "v"}' | ${secrets} -d @-`, ['secret-body-wrong']],
    [`jq -n --arg v "$V" '{GITEA_TOKEN: $v}' | ${secrets} -d @-`, ['secret-body-wrong']],
    [`jq -n --arg v "$V" '{"key": "GITEA_TOKEN", value: $v}' | ${secrets} -d @-`, []],
    [`${secrets} -d @b -H "Authorization: Bearer <admin-token>"`, ['admin-token-write']],
    [`${secrets} -d @b -H "Authorization: Bearer <admin-token>" | grep '"status":"saved"'`, []],
    [`cat /configs/secrets.d/GITEA_TOKEN`, []],
    [`${secrets} -d @b; cat /configs/secrets.d/GITEA_TOKEN`, ['secret-file-unfed']],
    [`curl -f -X PUT "$P/settings/secrets" -d '{"key": "GITEA_TOKEN", "value": "v"}'`, ['global-secret-forbidden']],
    [`curl -f -X POST "$P/workspaces/$W/restart"`, ['restart-unproven']],
    [`curl -f -X POST "$P/workspaces/$W/restart"; curl -f "$P/workspaces/$W"`, []],
    [`${secrets} -d @b; curl -f -X POST "$P/workspaces/$W/restart"; curl -f "$P/workspaces/$W"`, ['restart-blind']],
  ])('%s', async (command, rules) => {
    expect(await rulesIn('a.sh', `${command}\n`)).toEqual(rules)
  })
})

describe('instructions', () => {
  const page = 'press Settings → Applications → Generate New Token'

  test.each([
    [`# For each user\n\nSign in as that user and ${page}.\n`, ['mint-not-possible']],
    [`# For each user\n\nThere is no such page as Settings → Applications for them.\n`, []],
    [`# For yourself\n\nSign in and ${page}.\n\n# Others\n\nThe site admin does it.\n`, []],
    ['# A\n\nTrigger the agent’s next tick.\n', ['tick-not-triggerable']],
    ['# A\n\nThe timer triggers the next tick.\n', []],
    ['# A\n\nGitea: `GET /user` tells whether the token is alive.\n', ['liveness-needs-scope']],
    ['# A\n\nGitea answers 403 if the scope is missing.\n', []],
    ['# A\n\nFrom Gitea a 403 means that the scope is missing.\n', ['denial-overread']],
    ['# A\n\nFrom Gitea a 403 means a missing scope, or missing rights. The body says which.\n', []],
    ['# A\n\nGitea: warn if the probe returns 403.\n', ['denial-overread']],
    ['# A\n\nTrigger a tick by sending the agent a message.\n', []],
    [`# A\n\nA site admin may ${page} for his own account.\n`, []],
    ['# Gitea\n\nUse `POST /api/v1/repos/{owner}/{repo}/pulls/{n}/comments` to comment.\n', ['route-unknown']],
    ['# Gitea\n\nUse `POST /api/v1/repos/{owner}/{repo}/issues/{n}/comments` to comment.\n', []],
    ['# Gitea\n\nThere is no `POST /api/v1/repos/a/b/pulls/1/comments`.\n', []],
    ['# Gitea\n\n`POST /api/v1/repos/a/b/pulls/1/comments` is answered with 405.\n', []],
    ['# Gitea\n\nFrom 1.27 on, `GET /api/v1/token` shows it.\n', []],
    ['# A\n\nGitea answers 403 if the scope is missing, and its message says so.\n', []],
  ])('%j', async (text, rules) => {
    expect(await rulesIn('a.md', text)).toEqual(rules)
  })
})

describe('fingerprints', () => {
  const fault = 'curl -X POST https://git.example.org/api/v1/user/repos -d @r\n'

  test('stay when lines move, and differ between two faults of one kind and between files', async () => {
    const [before] = await findingsIn('a.sh', fault)
    const moved = await findingsIn('a.sh', `# new\n\n${fault}${fault}`)
    const [elsewhere] = await findingsIn('b.sh', fault)
    expect(moved[0]?.fingerprint).toBe(before?.fingerprint)
    expect(new Set([...moved, elsewhere].map((finding) => finding?.fingerprint)).size).toBe(3)
  })
})
