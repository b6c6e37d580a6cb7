import {z} from 'zod'
import type {Reply} from './ask.ts'

const repository = z.object({id: z.number(), name: z.string(), owner: z.string(), full_name: z.string()})
const token = z.object({
  id: z.number(),
  name: z.string(),
  scopes: z.array(z.string()).nullable(),
  sha1: z.string(),
  token_last_eight: z.string(),
  created_at: z.string().optional(),
  last_used_at: z.string().optional(),
  /** Forgejo 15. */
  repositories: z.array(repository.strict()).nullable().optional(),
})
const issue = z.object({
  id: z.number(),
  number: z.number(),
  title: z.string(),
  state: z.string(),
  pull_request: z.object({}).nullish(),
  labels: z.array(z.object({id: z.number(), name: z.string()})),
})

/** A token as a mint or a list shows it. */
export type Token = z.infer<typeof token>

export const tokenOf = (reply: Reply) => token.strict().parse(reply.json)
export const tokensOf = (reply: Reply) => z.array(token.strict()).parse(reply.json)
export const issuesOf = (reply: Reply) => z.array(issue).parse(reply.json)
export const idOf = (reply: Reply) => z.object({id: z.number()}).parse(reply.json).id
export const versionOf = (reply: Reply) => z.object({version: z.string()}).parse(reply.json).version
/** The `url` that every error carries. */
export const urlOf = (reply: Reply) => z.object({url: z.string()}).parse(reply.json).url
