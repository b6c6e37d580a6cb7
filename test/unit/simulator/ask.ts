import {startGitea} from '../../../src/simulator/gitea/index.ts'
import type {GiteaSeed, ForgeVersion, RunningGitea} from '../../../src/simulator/types.ts'

export {GITEA_VERSIONS as VERSIONS} from '../../../src/simulator/types.ts'

export interface Got {
  status: number
  type: string
  headers: Headers
  text: string
  /** The parsed body; undefined when it is not JSON. */
  json: unknown
  /** The body's fields where it is one object, its rows where it is a list; else empty. */
  fields: Record<string, unknown>
  rows: Record<string, unknown>[]
  message: string | undefined
}

export interface Ask {
  headers?: Record<string, string>
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is. */
  raw?: string
}

/** One request below `/api/v1`, redirects not followed. */
export async function ask(gitea: {url: string}, method: string, path: string, asked: Ask = {}): Promise<Got> {
  const {headers = {}, body, raw} = asked
  const json = body === undefined ? undefined : JSON.stringify(body)
  const init: RequestInit = {
    method,
    redirect: 'manual',
    headers: {...(json !== undefined && {'content-type': 'application/json'}), ...headers},
    ...((raw ?? json) !== undefined && {body: raw ?? json}),
  }
  const response = await fetch(`${gitea.url}/api/v1${path}`, init)
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  const parsed: unknown = type.includes('json') && text !== '' ? JSON.parse(text) : undefined
  const rows: Record<string, unknown>[] = Array.isArray(parsed) ? parsed.map(fieldsOf) : []
  const fields = fieldsOf(parsed)
  const message = typeof fields['message'] === 'string' ? fields['message'] : undefined
  return {status: response.status, type, headers: response.headers, text, json: parsed, fields, rows, message}
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? {...value} : {}
}

/** A made-up token value; different numbers give different last eights. */
export const value = (n: number): string => 'a'.repeat(32) + String(n).padStart(8, '0')

export const byToken = (token: string): Record<string, string> => ({authorization: `token ${token}`})
export const byBasic = (name: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})

export const PASSWORD = 'not-a-real-password'
export const ADMIN = byBasic('root', PASSWORD)

/** One administrator (id 1), one user with these token scopes (id 2, token id 1), and what else the test wants. */
export function seedWith(scopes: string[], more: Partial<GiteaSeed> = {}): GiteaSeed {
  return {
    users: [
      {login: 'root', password: PASSWORD, isAdmin: true},
      {login: 'Mira', password: PASSWORD, tokens: [{name: 'agent', value: value(1), scopes}]},
      ...(more.users ?? []),
    ],
    ...(more.orgs && {orgs: more.orgs}),
    ...(more.repos && {repos: more.repos}),
    ...(more.settings && {settings: more.settings}),
  }
}

const running: RunningGitea[] = []

/** Starts a simulator that `stopAll` ends. */
export async function start(seed: GiteaSeed, version: ForgeVersion = '1.22.6'): Promise<RunningGitea> {
  const gitea = await startGitea(seed, {version})
  running.push(gitea)
  return gitea
}

export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((gitea) => gitea.close()))
}
