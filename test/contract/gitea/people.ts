import {randomBytes} from 'node:crypto'
import {expect} from 'vitest'
import {z} from 'zod'
import {messageOf, type Asking, type Reply} from './ask.ts'
import {PASSWORD} from './fixture.ts'
import type {Server} from './target.ts'

/** Asks with a token that has every scope, of whoever is named. */
export async function askAs(server: Server, login: string, method: string, path: string, asking: Asking = {}) {
  return server.api(method, path, {token: await server.token(login, 'all'), ...asking})
}

/** A user of their own for a test, so that nothing depends on order; made by the administrator. */
export async function newcomer(server: Server, more: Record<string, unknown> = {}): Promise<string> {
  const login = `${server.who.bob}-${randomBytes(4).toString('hex')}`
  const email = `${login}@contract.invalid`
  const json = {username: login, email, password: PASSWORD, must_change_password: false, ...more}
  const made = await askAs(server, server.who.chief, 'POST', '/admin/users', {json})
  expect([made.status, messageOf(made)]).toEqual([201, ''])
  return login
}

/** The text for a user who does not exist, looked up by name. */
export function noUser({dialect}: Server, name: string): string {
  return `user does not exist [uid: 0, name: ${name}${dialect.since(22) ? '' : ', keyid: 0'}]`
}

const people = z.array(z.object({id: z.number(), login: z.string()}))

export const loginsOf = (reply: Reply): string[] => people.parse(reply.json).map(({login}) => login)
export const permissionOf = (reply: Reply): string => z.object({permission: z.string()}).parse(reply.json).permission
