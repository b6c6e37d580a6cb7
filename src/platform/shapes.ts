import * as z from 'zod/mini'

const text = z.nullish(z.string())
const count = z.nullish(z.number())

/** A workspace, from the admin list or on its own; the two differ in which optional fields they have. */
export const WORKSPACE = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  runtime: text,
  kind: text,
  parent_id: text,
  active_tasks: count,
  uptime_seconds: count,
  url: text,
  last_sample_error: text,
})

export const SECRET_ROWS = z.array(
  z.object({key: z.string(), scope: z.enum(['workspace', 'global']), updated_at: z.string()}),
)

export const GLOBAL_SECRETS = z.array(z.object({key: z.string()}))

export const APPROVALS = z.array(z.object({id: z.string(), status: z.string()}))

export const PENDING = z.object({
  status: z.literal('pending_approval'),
  approval_id: z.string().check(z.minLength(1)),
  reason: text,
})

export const SAVED = z.object({status: z.literal('saved')})

export const RESTARTING = z.object({status: z.literal('provisioning')})

export const NOOP = z.object({status: z.literal('noop'), runtime: text, message: text})

export const TOKENS = z.object({
  tokens: z.nullish(z.array(z.object({id: z.string(), prefix: z.string(), last_used_at: text}))),
})

/** The first eight characters are what the list shows of a token. */
export const TOKEN_MINTED = z.object({auth_token: z.string().check(z.minLength(16))})

/** A new workspace; its own token stands here or, for an external one, with its connection. */
export const CREATED = z.object({
  id: z.string().check(z.minLength(1)),
  auth_token: text,
  connection: z.nullish(z.object({auth_token: text})),
})

export const SECRET_VALUES = z.record(z.string(), z.unknown())

export const EVENTS = z.array(
  z.object({
    id: z.union([z.string(), z.number()]),
    event_type: z.string(),
    created_at: z.string(),
    payload: z.nullish(z.record(z.string(), z.unknown())),
  }),
)

export const SCHEDULES = z.array(
  z.object({id: z.string(), name: text, run_count: count, last_status: text, created_at: text}),
)

export const SCHEDULE_CREATED = z.object({id: z.string().check(z.minLength(1))})

export const QUEUED = z.object({
  queued: z.nullish(z.boolean()),
  status: text,
  queue_id: z.optional(z.unknown()),
  delivery_mode: text,
})

export const QUEUE_ROW = z.object({status: z.string(), response_body: z.optional(z.unknown())})

/** A row of the activity list; bodies stay opaque here, for they may hold secrets. */
export const ACTIVITY = z.array(
  z.object({
    activity_type: z.string(),
    status: text,
    request_body: z.optional(z.unknown()),
    response_body: z.optional(z.unknown()),
  }),
)

/** One field of a body of any shape; undefined where there is none. */
export function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
}
