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

/** A server's refusal, as somebody pasted it. */
export interface PastedDenial {
  kind: 'denial'
  required: readonly Scope[]
  /** What the token holds, where the server tells (gitea 1.23 and newer). */
  held: readonly Scope[] | undefined
}

/** Any other message of a server. */
export interface PastedAnswer {
  kind: 'refusal'
  answer: FoundAnswer
}

export type Pasted = PastedCall | PastedDenial | PastedAnswer

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
