import type {GiteaRepo, GiteaSeed, GiteaTeam, SeedUser} from '../../../src/simulator/types.ts'
import {ask, inParallel, type Reply} from './ask.ts'
import {PASSWORD} from './fixture.ts'
import {idOf, tokenOf} from './shapes.ts'

/** Name and password of a site admin who may create the fixture. */
export type Admin = readonly [name: string, password: string]

/**
 * Brings a real server into the state that a seed declares, through its API alone. Users are not created twice: names
 * must be new. Returns the values of the tokens, by login and token name, for a real server chooses them itself.
 */
export async function realise(url: string, admin: Admin, seed: GiteaSeed): Promise<Map<string, string>> {
  const api = apiOf(url)
  const values = new Map<string, string>()
  await inParallel(seed.users, async (user) => {
    await createUser(api, admin, user)
    let madeAt = user.tokens?.[0]?.createdAt
    for (const token of user.tokens ?? []) {
      // A server sorts tokens by the second in which they were made.
      if (token.createdAt !== madeAt) await new Promise((resolve) => setTimeout(resolve, 1100))
      madeAt = token.createdAt
      const minted = await api('POST', `/users/${user.login}/tokens`, {
        basic: [user.login, PASSWORD],
        json: {name: token.name, scopes: token.scopes},
      })
      values.set(`${user.login}/${token.name}`, tokenOf(minted).sha1)
    }
  })
  for (const org of seed.orgs ?? []) {
    const json = {username: org.name, visibility: org.visibility ?? 'public'}
    const basic = [org.owners?.[0] ?? admin[0], PASSWORD] as const
    await api('POST', '/orgs', {basic, json})
    for (const name of org.labels ?? []) {
      await api('POST', `/orgs/${org.name}/labels`, {basic, json: {name, color: '#445566'}})
    }
  }
  await inParallel(seed.repos ?? [], (repo) => createRepo(api, repo, ownerOf(seed, repo)), 3)
  for (const org of seed.orgs ?? []) {
    const basic = [org.owners?.[0] ?? admin[0], PASSWORD] as const
    for (const team of org.teams ?? []) await createTeam(api, basic, org.name, team)
  }
  for (const user of seed.users) await setState(api, admin, user)
  return values
}

type Api = ReturnType<typeof apiOf>

function apiOf(url: string) {
  return async (method: string, path: string, asking: Parameters<typeof ask>[3]): Promise<Reply> => {
    const reply = await ask(url, method, `/api/v1${path}`, asking)
    if (reply.status < 300) return reply
    throw new Error(`fixture: ${method} ${path} answered ${reply.status}: ${reply.text}`)
  }
}

async function createUser(api: Api, admin: Admin, user: SeedUser) {
  const former = user.formerly?.[0]
  const name = former ?? user.login
  const json = {
    username: name,
    email: `${name}@contract.invalid`,
    password: user.password,
    must_change_password: false,
    visibility: user.visibility ?? 'public',
  }
  await api('POST', '/admin/users', {basic: admin, json})
  if (former !== undefined) {
    await api('POST', `/admin/users/${former}/rename`, {basic: admin, json: {new_username: user.login}})
  }
  if (user.isAdmin === true) {
    await api('PATCH', `/admin/users/${name}`, {basic: admin, json: {login_name: name, source_id: 0, admin: true}})
  }
}

async function setState(api: Api, admin: Admin, {login, active, prohibitLogin, mustChangePassword}: SeedUser) {
  if (active !== false && prohibitLogin !== true && mustChangePassword !== true) return
  const json = {
    login_name: login,
    source_id: 0,
    active: active ?? true,
    prohibit_login: prohibitLogin ?? false,
    must_change_password: mustChangePassword ?? false,
    ...(mustChangePassword === true ? {password: PASSWORD} : {}),
  }
  await api('PATCH', `/admin/users/${login}`, {basic: admin, json})
}

async function createTeam(api: Api, basic: Admin, org: string, team: GiteaTeam) {
  const {name, permission, units = ['code', 'issues', 'pulls'], members = [], repos = []} = team
  const map = Object.fromEntries(units.map((unit) => [`repo.${unit}`, permission]))
  const json = {
    name,
    permission,
    includes_all_repositories: repos === 'all',
    ...(permission === 'admin' ? {} : {units_map: map}),
  }
  const at = `/teams/${idOf(await api('POST', `/orgs/${org}/teams`, {basic, json}))}`
  for (const login of members) await api('PUT', `${at}/members/${login}`, {basic})
  for (const repo of repos === 'all' ? [] : repos) await api('PUT', `${at}/repos/${org}/${repo}`, {basic})
}

function ownerOf(seed: GiteaSeed, repo: GiteaRepo): string {
  return seed.orgs?.find((org) => org.name === repo.owner)?.owners?.[0] ?? repo.owner
}

async function createRepo(api: Api, repo: GiteaRepo, owner: string) {
  const basic = [owner, PASSWORD] as const
  const first = repo.formerly?.[0] ?? repo.name
  const at = `/repos/${repo.owner}/${first}`
  const json = {name: first, private: repo.private ?? false, auto_init: repo.empty !== true, default_branch: 'main'}
  await api('POST', repo.owner === owner ? '/user/repos' : `/orgs/${repo.owner}/repos`, {basic, json})
  const labels = new Map<string, number>()
  for (const name of repo.labels ?? []) {
    const made = await api('POST', `${at}/labels`, {basic, json: {name, color: '#00aabb'}})
    labels.set(name, idOf(made))
  }
  for (const [index, issue] of (repo.issues ?? []).entries()) {
    const body = {title: issue.title, labels: (issue.labels ?? []).map((label) => labels.get(label))}
    const kind = issue.pull === true ? 'pulls' : 'issues'
    if (issue.pull === true) {
      const file = {content: btoa(issue.title), message: issue.title, branch: 'main', new_branch: `change-${index}`}
      await api('POST', `${at}/contents/change-${index}.txt`, {basic, json: file})
      await api('POST', `${at}/pulls`, {basic, json: {...body, head: `change-${index}`, base: 'main'}})
    } else await api('POST', `${at}/issues`, {basic, json: body})
    if (issue.state === 'closed') {
      await api('PATCH', `${at}/${kind}/${index + 1}`, {basic, json: {state: 'closed'}})
    }
  }
  for (const {login, permission} of repo.collaborators ?? []) {
    await api('PUT', `${at}/collaborators/${login}`, {basic, json: {permission}})
  }
  const changes = {
    ...(repo.hasIssues === false ? {has_issues: false} : {}),
    ...(repo.hasPulls === false ? {has_pull_requests: false} : {}),
    ...(first === repo.name ? {} : {name: repo.name}),
    ...(repo.archived === true ? {archived: true} : {}),
  }
  if (Object.keys(changes).length > 0) await api('PATCH', at, {basic, json: changes})
}
