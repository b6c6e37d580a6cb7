import type {FoundAnswer} from './answers.ts'
import {apiPath} from './catalogue.ts'
import type {Scope} from './vocabulary.ts'

/** One call of Gitea's API, as somebody pasted it. */
export interface PastedCall {
  kind: 'call'
  method: string
  /** Whether the text said the method; a bare URL is taken for a GET. */
  methodSaid: boolean
  /** Below `/api/v1`, without query. */
  path: string
  /** The status that a log line tells. */
  status: number | undefined
  /** How many more calls stand in the same text, such as a piece of a log. */
  more: number
}

/** A request to git over HTTP or to a registry of packages: none of the API, and a token needs a scope for it too. */
export interface PastedRequest {
  kind: 'git' | 'package'
  /** Undefined where the text does not say whether it fetches or pushes; a registry's login does neither. */
  reach: 'read' | 'write' | 'login' | undefined
  status: number | undefined
  more: number
}

/** What was asked of a server. */
export type PastedAsk = PastedCall | PastedRequest

/** A server's refusal, as somebody pasted it. */
export interface PastedDenial {
  kind: 'denial'
  required: readonly Scope[]
  /** What the token holds, where the server tells (gitea 1.23 and newer). */
  held: readonly Scope[] | undefined
  /** What was asked, where it stands beside the refusal. */
  beside?: PastedAsk | undefined
}

/** Any other message of a server. */
export interface PastedAnswer {
  kind: 'refusal'
  answer: FoundAnswer
  beside?: PastedAsk | undefined
}

export type Pasted = PastedAsk | PastedDenial | PastedAnswer

/** What was asked of the server, whether or not its answer was pasted too. */
export function askIn(pasted: Pasted): PastedAsk | undefined {
  return pasted.kind === 'denial' || pasted.kind === 'refusal' ? pasted.beside : pasted
}

/** The call of the API among what was pasted. */
export function callIn(pasted: Pasted): PastedCall | undefined {
  const ask = askIn(pasted)
  return ask?.kind === 'call' ? ask : undefined
}

/** The scopes that git and the registries ask for; the lesser one where it is not known whether it fetches or pushes. */
export function requestScopes({kind, reach}: PastedRequest): Scope[] {
  const category = kind === 'git' ? 'repository' : 'package'
  return [reach === 'write' ? `write:${category}` : `read:${category}`]
}

/** A method that the API knows, in any case. */
export const METHOD = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/i

/**
 * A call from the words METHOD and PATH. The path may be a whole URL, or begin with or without `/api/v1`. Undefined where
 * there is no path of the API in it, such as for a page of the web interface.
 */
export function callOf(method: string, target: string): PastedCall | undefined {
  if (!METHOD.test(method)) return METHOD.test(target) ? callOf(target, method) : undefined
  const path = pathOf(target)
  return path === undefined
    ? undefined
    : {kind: 'call', method: method.toUpperCase(), methodSaid: true, path, status: undefined, more: 0}
}

function pathOf(target: string): string | undefined {
  const below = apiPath(target)
  if (below !== undefined) return below
  if (/^[a-z][a-z\d+.-]*:/i.test(target)) return undefined
  const path = `/${target.trim().replace(/[?#].*$/s, '')}`.replaceAll(/\/{2,}/g, '/').replace(/(.)\/$/, '$1')
  return path
}

/** Whether a text carries a credential as it is: what is only named (`$TOKEN`) is none. */
export function holdsCredential(text: string): boolean {
  return (
    /authorization:\s*(?:token|bearer|basic)\s+[^\s$"'`]{8,}/i.test(text) ||
    /[?&](?:access_)?token=[^\s$"'`&]{8,}/i.test(text)
  )
}
