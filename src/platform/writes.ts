import type {HttpAnswer, AnswerForm, WriteContract} from '../http.ts'
import {excerpt} from '../secret.ts'
import {CREATED, field, NOOP, PENDING, RESTARTING, SAVED, SCHEDULE_CREATED, TOKEN_MINTED} from './shapes.ts'

/**
 * What the platform documents of each write that patrol sends: its own error bodies, word for word (releases april to aug14:
 * internal/handlers, internal/middleware). The 500s that stand here are those that it gives before anything is committed.
 */

/** Said of keys of model providers, alone and in a create. */
const VENDOR_KEY = /^direct vendor key writes are blocked /

/** `POST /workspaces/:id/secrets` (handlers/secrets.go); 202 stores nothing and waits for a person. */
export const PUT_SECRET: WriteContract = {
  accepted: [shaped(200, SAVED), shaped(202, PENDING)],
  refused: [
    says(400, 'invalid workspace ID', 'invalid request body', VENDOR_KEY),
    {status: 403, fits: (answer) => codeOf(answer) === 'CONCIERGE_SELF_WRITE_BLOCKED'},
    says(500, 'failed to encrypt secret', 'failed to save secret', 'approval gate failed'),
  ],
}

/** `POST /workspaces/:id/approvals/:approval/withdraw` (handlers/approvals.go; june28 and later). */
export const WITHDRAW_APPROVAL: WriteContract = {
  accepted: [is(200, 'withdrawn')],
  refused: [
    says(403, 'not the requester'),
    says(404, 'approval not found'),
    says(409, 'approval not pending (already decided or withdrawn)'),
    says(500, 'failed to withdraw'),
  ],
}

/** `POST /workspaces/:id/restart` (handlers/workspace_restart.go). */
export const RESTART: WriteContract = {
  accepted: [shaped(200, RESTARTING), shaped(200, NOOP)],
  refused: [
    says(400, 'invalid JSON body'),
    says(404, 'workspace not found'),
    says(409, /^parent workspace ".*" is paused/s),
    says(500, 'lookup failed'),
    says(503, 'provisioner not available'),
  ],
}

/** Why no workspace is made (handlers/workspace.go, workspace_reparent.go), found out before there is a row. */
const NO_WORKSPACE: readonly string[] = [
  'RUNTIME_UNRESOLVED',
  'RUNTIME_UNSUPPORTED',
  'MODEL_REQUIRED',
  'UNREGISTERED_MODEL_FOR_RUNTIME',
  'DERIVED_PROVIDER_NOT_IN_REGISTRY',
  'MISSING_BYOK_CREDENTIAL',
  'WORKSPACE_REPARENT_PARENT_NOT_FOUND',
  'WORKSPACE_REPARENT_ORG_UNRESOLVABLE',
]

/**
 * `POST /workspaces` (handlers/workspace.go). Of the limit of a hosted organisation only the 409 is documented, and that its
 * text says so: a sentence about limits that goes on is a gateway's. Where the template is not liked the row stands already: an empty 200 (april), 422 TEMPLATE_UNAVAILABLE
 * (june28) or MISSING_REQUIRED_ENV (aug14) are a doubt.
 */
export const CREATE_WORKSPACE: WriteContract = {
  accepted: [shaped(201, CREATED)],
  refused: [
    says(
      400,
      /^invalid (?:workspace (?:payload|fields|directory|access)|template)$/,
      'parent_id is not a valid UUID',
      VENDOR_KEY,
    ),
    {status: 403, fits: (answer) => codeOf(answer) === 'WORKSPACE_REPARENT_CROSS_ORG'},
    says(409, /^workspace name already in use; /, /^workspace limit (?:reached|exceeded)$/i),
    {status: 422, fits: (answer) => NO_WORKSPACE.includes(codeOf(answer))},
    says(500, 'failed to create workspace', /^failed to (?:encrypt|save) secret: /),
  ],
}

/** `POST /workspaces/:id/tokens` (handlers/tokens.go). */
export const MINT_TOKEN: WriteContract = {
  accepted: [shaped(201, TOKEN_MINTED)],
  refused: [
    says(400, 'invalid workspace id'),
    says(429, /^maximum \d+ active tokens per workspace$/),
    says(500, 'failed to create token'),
  ],
}

/** `DELETE /workspaces/:id/tokens/:row` (handlers/tokens.go). */
export const REVOKE_TOKEN: WriteContract = {
  accepted: [is(200, 'revoked')],
  refused: [says(404, 'token not found or already revoked'), says(500, 'failed to revoke token')],
}

/**
 * `POST /workspaces/:id/schedules` (handlers/schedules.go; aug14: schedules_proxy.go, chat_files.go). 503 "scheduler
 * starting, retry" is none of these: it comes after tries of which one may have arrived.
 */
export const CREATE_SCHEDULE: WriteContract = {
  accepted: [shaped(201, SCHEDULE_CREATED)],
  refused: [
    says(400, 'cron_expr and prompt are required', /^invalid timezone: /, 'invalid request body'),
    says(404, 'schedule backend error', 'workspace not found'),
    says(422, /^workspace has no callback URL /),
    says(500, 'failed to create schedule'),
    says(503, /^workspace re-registering/, 'workspace url not registered yet'),
  ],
}

/** `DELETE /workspaces/:id/schedules/:sid` (handlers/schedules.go). */
export const DELETE_SCHEDULE: WriteContract = {
  accepted: [is(200, 'deleted')],
  refused: [
    says(404, 'schedule not found', 'schedule backend error', 'workspace not found'),
    says(503, /^workspace re-registering/, 'workspace url not registered yet'),
  ],
}

/** By which the platform rejects our credential, and not an agent behind it. */
export const UNAUTHORISED_TEXTS: readonly string[] = [
  'missing workspace auth token',
  'invalid workspace auth token',
  'missing workspace ID',
  'admin auth required',
  'invalid admin auth token',
  'missing caller auth token',
  'invalid caller auth token',
]

/** Our token is not taken (middleware/wsauth_middleware.go, handlers/a2a_proxy_helpers.go). */
export const UNAUTHORISED: AnswerForm = says(401, ...UNAUTHORISED_TEXTS)

/** The limiter's own 429 (middleware/ratelimit.go); one of a gateway, or an agent's passed through, is another matter. */
export const LIMITED: AnswerForm = {
  status: 429,
  fits: (answer) => errorOf(answer) === 'rate limit exceeded' && typeof of(answer, 'retry_after') === 'number',
}

/** The store behind it is away, which the middleware finds out before any handler. */
export const STORE_AWAY: AnswerForm = {status: 503, fits: (answer) => codeOf(answer) === 'platform_unavailable'}

const NO_TENANT: AnswerForm = {status: 400, fits: (answer) => codeOf(answer) === 'TENANT_ORG_HEADER_REQUIRED'}

/** What stands before every handler. */
export const GUARDS: readonly AnswerForm[] = [
  UNAUTHORISED,
  LIMITED,
  STORE_AWAY,
  NO_TENANT,
  says(403, "org token not authorized for this workspace's org"),
]

/** The platform's own errors are a line, with a name in it at most; what is longer is an echo of something else. */
const LONGEST_ERROR = 500

/** `error` of the platform's error body, cut; empty where there is none. */
export function errorOf(answer: HttpAnswer): string {
  const error = of(answer, 'error')
  return typeof error === 'string' ? excerpt(error, LONGEST_ERROR) : ''
}

/** `code` of the platform's error body; empty where there is none. */
export function codeOf(answer: HttpAnswer): string {
  const code = of(answer, 'code')
  return typeof code === 'string' ? code : ''
}

function of(answer: HttpAnswer, name: string): unknown {
  return field(answer.json(), name)
}

function says(status: number, ...texts: readonly (string | RegExp)[]): AnswerForm {
  const fits = (answer: HttpAnswer): boolean =>
    texts.some((text) => (typeof text === 'string' ? errorOf(answer) === text : text.test(errorOf(answer))))
  return {status, fits}
}

function is(status: number, word: string): AnswerForm {
  return {status, fits: (answer) => of(answer, 'status') === word}
}

function shaped(status: number, shape: {safeParse(body: unknown): {success: boolean}}): AnswerForm {
  return {status, fits: (answer) => shape.safeParse(answer.json()).success}
}
