import {HOLE} from '../../syntax/types.ts'
import type {HttpCall, StaticText} from '../../syntax/types.ts'
import type {FindingDraft, Judge} from '../draft.ts'
import {bodyOf, jqObject} from '../read/body.ts'
import {pairsOf, readJson} from '../read/json.ts'
import {hostOf, pathOf} from '../read/url.ts'
import type {FileStretch} from '../excerpt.ts'
import type {ReadRequest, Script} from '../reading.ts'
import type {Edit} from '../types.ts'
import {sentencesOf} from './prose.ts'
import {readable} from './routes.ts'

type Command = NonNullable<ReadRequest['command']>

/** Calls of the platform: secrets, restarts, workspace tokens. */
export const judgePlatform: Judge = function* ({requests, passages, text: file}) {
  let saved: ReadRequest | undefined
  for (const [index, request] of requests.entries()) {
    const path = pathOf(request.url)
    if (isRead(request)) saved = undefined
    if (!isPlatform(path)) continue
    if (request.command) yield* headersMissing(request, request.command)
    if (isSecretWrite(request)) {
      saved = request
      if (request.command) {
        yield* bodyWrong(request, request.command)
        yield* byAdmin(request, request.command)
      }
    }
    if (isRestart(request)) {
      if (saved) yield blind(request)
      if (!requests.slice(index + 1).some(isRead)) yield unproven(request)
      saved = undefined
    }
    yield* tokenAssumed(request, requests.slice(0, index))
    if (request.method === 'POST' && /^\/workspaces\/[^/]+\/schedules\/[^/]+\/run$/.test(path)) yield tick(request.at)
  }
  // Timers and event loops tick, too.
  const aboutAgents = /\b(?:agent|workspace|robot)/i.test(file)
  for (const passage of aboutAgents ? passages : []) {
    if (sentencesOf(passage).some(({text}) => triggersTick(text))) yield tick(passage.at)
  }
}

function isPlatform(path: string): boolean {
  return /^\/(?:workspaces|settings\/secrets|admin\/secrets|admin\/workspaces)(?:\/|$)/.test(path)
}

const isGlobal = (path: string) => /^\/(?:settings|admin)\/secrets$/.test(path)

/** Whether a request stores a secret, for one workspace or for all. */
export function isSecretWrite({method, url}: ReadRequest): boolean {
  const path = pathOf(url)
  return (method === 'POST' || method === 'PUT') && (/^\/workspaces\/[^/]+\/secrets$/.test(path) || isGlobal(path))
}

function isRestart({method, url}: ReadRequest): boolean {
  return method === 'POST' && /^\/workspaces\/[^/]+\/restart$/.test(pathOf(url))
}

/** Whether a request looks at a workspace's state. */
function isRead({method, url}: ReadRequest): boolean {
  return method === 'GET' && /^\/(?:workspaces\/[^/]+(?:\/state)?|workspaces|events\/[^/]+)$/.test(pathOf(url))
}

/** The token's keys of all git forges; where one is global, the platform aborts provisioning. */
export const FORGE_KEYS: readonly string[] = [
  'GITEA_TOKEN',
  'GITHUB_TOKEN',
  'GH_TOKEN',
  'GITLAB_TOKEN',
  'GL_TOKEN',
  'BITBUCKET_TOKEN',
]

function* bodyWrong(request: ReadRequest, {call, script}: Command): Iterable<FindingDraft> {
  const made = jqObject(call, script)
  if (made) {
    if (!(made.keys.includes('key') && made.keys.includes('value'))) yield wrong(request, script.where(made.program.at))
    return
  }
  const body = bodyOf(call, script)
  if (!body) return
  const text = script.resolve(body)
  const pairs = pairsOf(readJson(text))
  if (!pairs && (text.includes(HOLE) || /^\s*\{/.test(text))) return
  const at = script.where(body.at)
  const key = pairs?.find(([name]) => name === 'key')?.[1]
  const right = key !== undefined && pairs?.some(([name]) => name === 'value') === true
  const names = right && typeof key === 'string' ? [key] : (pairs?.map(([name]) => name) ?? [])
  const git = names.find((name) => FORGE_KEYS.includes(name))
  if (isGlobal(pathOf(request.url)) && git !== undefined) yield forbidden(git, at)
  if (!right) yield wrong(request, at, plainPair(body, script))
}

function wrong({method, url}: ReadRequest, at: FileStretch, edit?: Edit): FindingDraft {
  const target = isGlobal(pathOf(url)) ? 'global secrets' : 'secrets'
  return {
    rule: 'secret-body-wrong',
    at,
    message: `The ${target} route wants {"key": …, "value": …}; this body is answered with 400 and nothing is stored.`,
    fix: 'Send {"key": "NAME", "value": "VALUE"}. Or: patrol push AGENT',
    ...(edit && {edit}),
    kind: `${method} ${readable(pathOf(url))}`,
  }
}

/** `{"NAME": "VALUE"}` in its quotes, on one line or several: the name becomes the key's value. */
function plainPair({at}: StaticText, script: Script): Edit | undefined {
  const source = script.excerpt.text.slice(at.from, at.to)
  const pair = /^(["']?\s*\{\s*)(\\?")(\w+)\2(\s*:)\s*\2(?:[^"\\]|\\(?!"))*\2\s*\}\s*["']?$/.exec(source)
  const [, head = '', quote = '', name = '', colon = ''] = pair ?? []
  if (!pair || name === 'key' || name === 'value') return undefined
  const from = at.from + head.length
  const to = from + quote.length * 2 + name.length + colon.length
  if (!script.excerpt.exact(from, to)) return undefined
  const said = (word: string) => `${quote}${word}${quote}`
  return {...script.where({from, to}), text: `${said('key')}: ${said(name)}, ${said('value')}:`}
}

function forbidden(key: string, at: FileStretch): FindingDraft {
  return {
    rule: 'global-secret-forbidden',
    at,
    message: `${key} as a global secret: the platform aborts provisioning of every workspace that would get it.`,
    fix: 'Store it per workspace (patrol push AGENT), and delete the global one.',
    kind: key,
  }
}

function* byAdmin(request: ReadRequest, {call, script}: Command): Iterable<FindingDraft> {
  if (isGlobal(pathOf(request.url))) return
  const header = call.headers.find((word) => {
    const source = script.excerpt.text.slice(word.at.from, word.at.to)
    return /^["']?authorization:/i.test(source) && /admin/i.test(source)
  })
  const handled = script.shell.commands.some(({words}) =>
    words.some(({text}) => /\b202\b|pending_approval|\bsaved\b/.test(text)),
  )
  if (!header || handled || call.showsStatus) return
  yield {
    rule: 'admin-token-write',
    at: script.where(header.at),
    message:
      'With the admin token this may be answered with 202 (nothing is stored until a person approves) or, for the concierge, 403.',
    fix: 'Take only 200 with "status":"saved" for stored, or write with a token of the workspace itself. Or: patrol push AGENT',
    kind: `${request.method} secrets`,
  }
}

function* headersMissing(request: ReadRequest, {call, script}: Command): Iterable<FindingDraft> {
  const host = hostOf(request.url)
  if (host === undefined || !/(?:^|\.)moleculesai\.app$/.test(host) || host.startsWith('git.')) return
  const names = headersOf(call, script)
  if (!names) return
  const missing = ['Origin', 'X-Molecule-Org-Id'].filter((name) => !names.has(name.toLowerCase()))
  if (missing.length === 0) return
  yield {
    rule: 'platform-header-missing',
    at: request.at,
    message: `Without ${missing.join(' and ')} the hosted edge may answer with a web page or an empty 404 instead of the API.`,
    fix: `Send ${missing.map((name) => (name === 'Origin' ? `Origin: ${originOf(request.url)}` : `${name}: <the organisation's UUID>`)).join(' and ')}.`,
    kind: `${request.method} ${readable(pathOf(request.url))}`,
  }
}

/** The names of all headers; undefined where some come from a file or a variable. */
function headersOf(call: HttpCall, script: Script): Set<string> | undefined {
  const texts = call.headers.map((text) => script.resolve(text))
  if (texts.some((text) => /^[@\uFFFC]/.test(text))) return undefined
  return new Set(texts.map((text) => text.split(':', 1)[0]!.trim().toLowerCase()))
}

const originOf = (url: string) => /^https?:\/\/[^/]+/i.exec(url)?.[0] ?? 'https://HOST'

function blind({at}: ReadRequest): FindingDraft {
  return {
    rule: 'restart-blind',
    at,
    message:
      'Right behind a secret write this may be the second restart: some releases restart by themselves, others drop this one.',
    fix: 'Read the workspace first: where it is "provisioning" already, wait instead. Or: patrol restart AGENT',
    kind: 'restart',
  }
}

function unproven({at}: ReadRequest): FindingDraft {
  return {
    rule: 'restart-unproven',
    at,
    message:
      'Nothing behind this restart reads the workspace: it may be a noop, and the old process may go on with the old secret.',
    fix: 'Poll GET /workspaces/ID until it is online with a smaller uptime_seconds than before. Or: patrol restart AGENT',
    kind: 'restart',
  }
}

function* tokenAssumed(request: ReadRequest, earlier: readonly ReadRequest[]): Iterable<FindingDraft> {
  const path = pathOf(request.url)
  if (request.method !== 'POST') return
  const say = (message: string, fix: string, kind: string): FindingDraft => ({
    rule: 'workspace-token-assumed',
    at: request.at,
    message,
    fix,
    kind,
  })
  if (/^\/workspaces\/[^/]+\/external\/rotate$/.test(path)) {
    yield say(
      'This revokes every token of the workspace first, and answers 400 unless its runtime is external.',
      'Mint another: POST /admin/workspaces/ID/tokens or POST /workspaces/ID/tokens. Or: patrol onboard AGENT',
      'external/rotate',
    )
  }
  const reader = request.command?.next
  if (path === '/workspaces' && reader?.words.some(({text}) => text.includes('auth_token'))) {
    yield say(
      'The answer need not hold auth_token, and provisioning may revoke the one it holds.',
      'Wait for online, test it with GET /workspaces/ID/state, and mint one where it is absent. Or: patrol onboard AGENT',
      'auth_token',
    )
  }
  const created = earlier.findLastIndex((other) => other.method === 'POST' && pathOf(other.url) === '/workspaces')
  if (/^\/workspaces\/[^/]+\/tokens$/.test(path) && created !== -1 && !earlier.slice(created + 1).some(isRead)) {
    yield say(
      'A token minted before the workspace’s first registration can make that registration fail with 401.',
      'Wait until the workspace is online, then mint. Or: patrol onboard AGENT',
      'early',
    )
  }
}

function triggersTick(text: string): boolean {
  return (
    /\btrigger(?:s|ing)?\b[^.]*\b(?:tick|idle loop)\b/i.test(text) &&
    !/\b(?:no|not|cannot|can['’]t|never|nothing|by (?:sending|asking|messaging))\b/i.test(text)
  )
}

function tick(at: FileStretch): FindingDraft {
  return {
    rule: 'tick-not-triggerable',
    at,
    message: 'The platform has no call that makes an agent tick, so this step proves nothing.',
    fix: 'Send the agent a message that makes it list the issues, and read its answer: patrol smoke AGENT',
    kind: 'tick',
  }
}
