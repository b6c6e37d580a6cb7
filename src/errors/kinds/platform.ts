import {again, run, say} from '../advice.ts'
import {kind, nothing, text, type Texts} from '../kind.ts'

const UNREACHABLE = 'docs/runbooks/platform-unreachable.md'
const STUCK = 'docs/runbooks/restart-stuck.md'
const LATER = [again('run the command again in a minute'), run`patrol doctor`]

/** What was asked, and of which platform. */
type PlatformCall<More extends string = never> = Texts<'url' | 'method' | 'path' | More>

function call({method, path}: Pick<PlatformCall, 'method' | 'path'>): string {
  return `${method} ${path.split('?')[0]}`
}

function noJson({url, ...asked}: PlatformCall, why: string): string {
  return `${call(asked)} at ${url} was not answered by the platform's API: ${why}.`
}

/** The platform, its workspaces and their secrets. */
export const PLATFORM = {
  PLATFORM_UNREACHABLE: kind('unavailable', {
    meaning: 'No connection to the platform, or it broke before an answer came.',
    ref: UNREACHABLE,
    says: text`The platform at ${'url'} gave no usable answer: ${'why'}`,
    advice: [run`patrol doctor`, say('check `platform.url` in patrol.yaml')],
  }),
  PLATFORM_NOT_JSON: kind('unavailable', {
    meaning: 'Something other than the platform API answered: a web page, an edge, an empty refusal.',
    ref: UNREACHABLE,
    state: nothing('done by this request'),
    says: {
      organisation: (asked: PlatformCall) => [
        noJson(asked, 'an empty 404, which is how it turns away a wrong organisation'),
        say('check `platform.org` in patrol.yaml'),
      ],
      origin: (asked: PlatformCall) => [
        noJson(asked, "an empty 403, which is how it turns away an origin that is not the server's own address"),
        say('set `platform.url` in patrol.yaml to the address that the server itself uses'),
      ],
      redirect: ({status, ...asked}: PlatformCall & {status: number}) => [
        noJson(asked, `a redirect (HTTP ${status}), which is not followed with a credential`),
        say('set `platform.url` in patrol.yaml to the final address'),
      ],
      page: ({status, orgIdSent, ...asked}: PlatformCall & {status: number; orgIdSent: boolean}) => [
        noJson(
          asked,
          `a web page (HTTP ${status}): the route does not exist there, or an edge before it kept the request`,
        ),
        say(`check \`platform.url\`${orgIdSent ? '' : ' and set `platform.org`'} in patrol.yaml; the URL has no path`),
      ],
      body: ({status, body, ...asked}: PlatformCall<'body'> & {status: number}) => [
        noJson(asked, `HTTP ${status} with ${body}`),
        say('check `platform.url` in patrol.yaml'),
      ],
    },
    advice: [run`patrol doctor`],
  }),
  TENANT_HEADER_MISSING: kind('unavailable', {
    meaning: 'The platform serves several organisations and was not told which one is meant.',
    ref: UNREACHABLE,
    says: text`The platform at ${'url'} does not know which organisation is meant: the header X-Molecule-Org-Id is missing.`,
    advice: [say('set `platform.org` in patrol.yaml to the UUID of your organisation'), run`patrol doctor`],
  }),
  PLATFORM_TOKEN_REJECTED: kind('auth', {
    meaning: 'The platform answered 401 to our token, twice.',
    ref: 'docs/runbooks/admin-credential-rejected.md',
    says: ({url, hint, ...asked}: PlatformCall<'hint'>) =>
      `The platform at ${url} rejects our token for ${call(asked)}${hint}.`,
    advice: [run`patrol doctor`, say('check the reference under `platform.token` in patrol.yaml')],
  }),
  PLATFORM_RATE_LIMITED: kind('unavailable', {
    meaning: 'The platform answers 429 and asks to wait longer than we do.',
    ref: UNREACHABLE,
    says: text`The platform at ${'url'} takes no more requests for now; it asks to wait ${'wait'}.`,
    state: nothing('done by this request'),
    advice: [again('wait a minute and run the command again')],
  }),
  PLATFORM_UNAVAILABLE: kind('unavailable', {
    meaning: 'The platform answered with a server error; it may be back shortly.',
    ref: UNREACHABLE,
    says: ({url, status, ...asked}: PlatformCall & {status: number}) =>
      `The platform at ${url} answered ${call(asked)} with HTTP ${status}.`,
    advice: LATER,
  }),
  PLATFORM_UNEXPECTED: kind('unavailable', {
    meaning: 'The platform gave an answer that its contract does not have.',
    ref: UNREACHABLE,
    says: ({url, status, what, ...asked}: PlatformCall<'what'> & {status: number}) =>
      `The platform at ${url} answered ${call(asked)} with HTTP ${status}: ${what}.`,
    advice: [run`patrol doctor`],
  }),
  WORKSPACE_NOT_FOUND: kind('usage', {
    meaning: 'No workspace of this id or name; the nearest names are given.',
    says: {
      id: ({id}: Texts<'id'>) => [
        `The platform has no workspace with the id ${id.toLowerCase()}.`,
        run`patrol doctor`,
        say('check the workspace of the agent in patrol.yaml'),
      ],
      name: ({name, near}: Texts<'name'> & {near: readonly string[]}) => [
        `No workspace is named "${name}" (names are case-sensitive).`,
        near.length > 0 ? say(`did you mean ${near.map((each) => `"${each}"`).join(' or ')}?`) : run`patrol doctor`,
      ],
      removed: text`The platform at ${'url'} says that the workspace ${'id'} is removed.`,
    },
  }),
  WORKSPACE_AMBIGUOUS: kind('usage', {
    meaning: 'Several workspaces bear this name; their ids are listed.',
    says: ({name, found}: Texts<'name'> & {found: readonly Texts<'id' | 'status'>[]}) =>
      `${found.length} workspaces are named "${name}": ${found.map(({id, status}) => `${id} (${status})`).join(', ')}.`,
    state: nothing('changed'),
    advice: [say('put the id of the right one into patrol.yaml as the workspace of the agent')],
  }),
  WORKSPACE_REFUSED: kind('refused', {
    meaning: 'The platform did not create the workspace.',
    ref: 'docs/runbooks/onboarding-incomplete.md',
    // platform: some of its errors are sentences that end with a full stop (june13, MODEL_REQUIRED).
    says: ({name, why}: Texts<'name' | 'why'>) =>
      `The platform creates no workspace "${name}": ${why.replace(/\.$/, '')}.`,
    state: {leaves: 'untouched', says: 'None was created.'},
    advice: [say('check "onboarding.workspace" in patrol.yaml'), run`patrol doctor`],
  }),
  SECRET_KEY_INVALID: kind('usage', {
    meaning: 'The name of a workspace secret is not that of an environment variable. Nothing was sent.',
    says: text`"${'key'}" is not the name of an environment variable.`,
    state: nothing('sent'),
    advice: [say('use letters, digits and underscores, such as GITEA_TOKEN')],
  }),
  SECRET_VALUE_INVALID: kind('usage', {
    meaning: 'A secret value is empty, or holds a NUL or a line break. Nothing was sent.',
    says: text`The value for ${'key'} is empty or holds a NUL or a line break.`,
    state: nothing('sent'),
    advice: [say('check that its file or variable holds exactly one line')],
  }),
  SECRET_NOT_SAVED: kind('unavailable', {
    meaning: 'The platform says that it did not store the secret; the old value stays.',
    says: text`The platform did not store ${'key'} in workspace ${'id'}: ${'why'}.`,
    state: {leaves: 'untouched', says: 'The old value stays.'},
    advice: LATER,
  }),
  RESTART_BLOCKED: kind('refused', {
    meaning: 'The platform does not restart the workspace while a parent is paused.',
    ref: STUCK,
    says: text`The platform does not restart ${'id'}: ${'why'}.`,
    advice: [say('resume the parent workspace in the canvas')],
  }),
  RESTART_UNAVAILABLE: kind('unavailable', {
    meaning: 'The platform has no way to restart workspaces now. Nothing was restarted.',
    ref: STUCK,
    says: text`The platform did not restart ${'id'}: ${'why'}.`,
    state: {leaves: 'untouched', says: 'The old process still runs.'},
    advice: [say('restart the workspace in the canvas'), run`patrol doctor`],
  }),
}
