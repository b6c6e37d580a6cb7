import {request} from 'node:http'
import type {AgentBehaviour} from '../types.ts'

/** What an agent says: text for people around the line that was asked for, or an error of the agent itself. */
export type AgentReply = {text: string} | {error: string}

/** What an agent knows when it is asked. */
export interface Mind {
  behaviour: AgentBehaviour['kind']
  env: Readonly<Record<string, string>>
  /** The one Gitea on loopback that it sends its token to; any server on loopback without it. */
  giteaUrl: string | undefined
}

interface Task {
  nonce: string
  issues: string
  pulls: string
  label: string
  secret: string
}

const TIMEOUT_MS = 10_000
const BODY_LIMIT = 4 * 1024 * 1024

/** Does what a message asks, in the agent's own manner. Messages that ask for no smoke test get small talk. */
export async function respond(mind: Mind, message: string): Promise<AgentReply> {
  if (mind.behaviour === 'error') return {error: 'model provider answered 529: overloaded'}
  const task = parse(message)
  if (!task) return {text: 'Noted. I have nothing else to report right now.'}
  const token = mind.env[task.secret] ?? ''
  switch (mind.behaviour) {
    case 'liar':
      return {text: chat(line(task.nonce, {issues: 200, pulls: 200, approved: [9001, 9002], token}))}
    case 'mute':
      return {
        text: 'I looked at the repository and everything seems to be in order.\nLet me know if I can help further!',
      }
    case 'forgetful':
      return {text: chat(line(`${task.nonce.slice(0, -1)}x`, await look(mind, task, token)))}
    case 'leaky':
      return {text: `My token is ${token}.\n${chat(line(task.nonce, await look(mind, task, token)))}`}
    default:
      return {text: chat(line(task.nonce, await look(mind, task, token)))}
  }
}

interface AgentSight {
  issues: number
  pulls: number
  approved: number[]
  token: string
}

async function look(mind: Mind, task: Task, token: string): Promise<AgentSight> {
  const [issues, pulls] = await Promise.all([get(mind, task.issues, token), get(mind, task.pulls, token)])
  return {issues: issues.status, pulls: pulls.status, approved: numbersWithLabel(issues.body, task.label), token}
}

/** The server drops labels that it does not know from the filter, so each item is looked at. A denial is no list. */
function numbersWithLabel(body: string, label: string): number[] {
  const items = parseList(body).filter((item) => item.labels?.some((own) => own.name === label))
  return items.map((item) => item.number).toSorted((a, b) => a - b)
}

function parseList(body: string): {number: number; labels?: {name: string}[]}[] {
  try {
    const value = JSON.parse(body)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

function line(nonce: string, {issues, pulls, approved, token}: AgentSight): string {
  const numbers = approved.length > 0 ? approved.join(',') : 'none'
  return `patrol-smoke ${nonce} issues=${issues} pulls=${pulls} approved=${numbers} token=${token.slice(-8) || 'none'}`
}

function chat(result: string): string {
  return `Sure! I made both requests with the credential from my environment.\n\n${result}\n\nAnything else I can do for you?`
}

function parse(message: string): Task | undefined {
  const nonce = /^\s*Nonce: (\S+)\s*$/m.exec(message)?.[1]
  const [issues, pulls] = [...message.matchAll(/^\s*GET (\S+)\s*$/gm)].map((found) => found[1])
  if (!nonce || !issues || !pulls) return undefined
  const label =
    /own labels contain "(.*)"\.$/m.exec(message)?.[1] ?? URL.parse(issues)?.searchParams.get('labels') ?? ''
  return {nonce, issues, pulls, label, secret: /^\s*Secret: (\S+)\s*$/m.exec(message)?.[1] ?? 'GITEA_TOKEN'}
}

/** Status 0 where nothing was sent or nothing came back. */
async function get(mind: Mind, address: string, token: string): Promise<{status: number; body: string}> {
  const url = URL.parse(address)
  const nothing = {status: 0, body: ''}
  if (!url || !mayAsk(mind, url)) return nothing
  const {promise, resolve} = Promise.withResolvers<{status: number; body: string}>()
  const headers = {accept: 'application/json', ...(token && {authorization: `token ${token}`})}
  const sent = request(url, {headers, timeout: TIMEOUT_MS, agent: false}, (response) => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      body += chunk
      if (body.length > BODY_LIMIT) response.destroy()
    })
    response.on('close', () => resolve({status: response.statusCode ?? 0, body}))
  })
  sent.on('timeout', () => sent.destroy())
  sent.on('error', () => resolve(nothing))
  sent.end()
  return promise
}

/** The agent's token goes nowhere but to loopback, and to the named Gitea's port where one is named. */
function mayAsk({giteaUrl}: Mind, url: URL): boolean {
  if (url.protocol !== 'http:' || !['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) return false
  return giteaUrl === undefined || URL.parse(giteaUrl)?.port === url.port
}
